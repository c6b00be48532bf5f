//! `[storage.NAME]`: storage besides the hosts' own disks. A kind that would destroy volumes, or that no release of an
//! Enterprise Linux has, is known here only to be refused with the reason.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use serde_spanned::Spanned;

use super::plain;
use crate::config::of_storage::OfStorage;
use crate::config::problem::{Form, Store, Value};
use crate::config::section::Section;
use crate::config::what::What;
use crate::id::{NodeName, StorageName};
use crate::rack::{
    ClusterFs, Iscsi, Lun, LunUser, Nfs, NfsOption, NfsVersion, Portal, SharedMount, Storage,
};
use crate::word::{Export, MountPoint, Target, Wwid};

/// TCP connections where the file does not say, and as many as the kernel takes (nfs(5)).
const NCONNECT: u32 = 1;
const NCONNECT_RANGE: RangeInclusive<u32> = 1..=16;

#[derive(Clone, Copy)]
enum Kind {
    Nfs,
    Iscsi,
    Shared,
    Clvm,
}

const KINDS: [(&str, Kind); 4] = [
    ("nfs", Kind::Nfs),
    ("iscsi", Kind::Iscsi),
    ("shared-mount-point", Kind::Shared),
    ("clvm", Kind::Clvm),
];

const VERSIONS: [(&str, NfsVersion); 2] = [("4.1", NfsVersion::V41), ("4.2", NfsVersion::V42)];

const OPTIONS: [(&str, NfsOption); 5] = [
    ("noatime", NfsOption::Noatime),
    ("nodev", NfsOption::Nodev),
    ("noexec", NfsOption::Noexec),
    ("nosuid", NfsOption::Nosuid),
    ("ro", NfsOption::Ro),
];

/// OCFS2 has no driver in any kernel of an Enterprise Linux.
const FILE_SYSTEMS: [(&str, Option<ClusterFs>); 3] = [
    ("gfs2", Some(ClusterFs::Gfs2)),
    ("cephfs", Some(ClusterFs::Cephfs)),
    ("ocfs2", None),
];

pub(in crate::config) enum Draft {
    Nfs(Box<NfsDraft>),
    Iscsi(IscsiDraft),
    Shared(SharedDraft),
    /// Its kind was missing, unknown or refused.
    Unknown,
}

pub(in crate::config) struct NfsDraft {
    server: Option<Spanned<IpAddr>>,
    export: Option<Spanned<Export>>,
    mount: Option<Spanned<MountPoint>>,
    version: NfsVersion,
    nconnect: u32,
    options: Vec<Spanned<NfsOption>>,
}

pub(in crate::config) struct IscsiDraft {
    portals: Vec<Spanned<Portal>>,
    target: Option<Spanned<Target>>,
    luns: Vec<LunDraft>,
}

pub(in crate::config) struct LunDraft {
    pub(in crate::config) wwid: Option<Spanned<Wwid>>,
    pub(in crate::config) user: Option<Spanned<LunUser>>,
}

pub(in crate::config) struct SharedDraft {
    path: Option<Spanned<MountPoint>>,
    pub(in crate::config) file_system: Option<Spanned<ClusterFs>>,
}

impl Draft {
    pub(in crate::config) fn read(mut section: Section<'_>) -> Self {
        section.require(&["kind"]);
        let kind = section.choice("kind", What::Storage(OfStorage::Kind), &KINDS);
        match kind.as_ref().map(Spanned::get_ref) {
            Some(Kind::Nfs) => Self::Nfs(Box::new(NfsDraft::read(&mut section))),
            Some(Kind::Iscsi) => Self::Iscsi(IscsiDraft::read(&mut section)),
            Some(Kind::Shared) => Self::Shared(SharedDraft::read(&mut section)),
            Some(Kind::Clvm) => {
                let at = kind.map_or(section.at, |kind| kind.span().start);
                section.report.add(at, Store::Clvm);
                section.anything();
                Self::Unknown
            }
            None => {
                section.anything();
                Self::Unknown
            }
        }
    }

    /// Where it is on a host, if anywhere.
    pub(in crate::config) fn mount(&self) -> Option<&Spanned<MountPoint>> {
        match self {
            Self::Nfs(nfs) => nfs.mount.as_ref(),
            Self::Shared(shared) => shared.path.as_ref(),
            Self::Iscsi(_) | Self::Unknown => None,
        }
    }

    /// LUNs of it; only iSCSI has any.
    pub(in crate::config) fn luns(&self) -> &[LunDraft] {
        match self {
            Self::Iscsi(iscsi) => &iscsi.luns,
            Self::Nfs(_) | Self::Shared(_) | Self::Unknown => &[],
        }
    }

    /// Who uses its LUNs.
    pub(in crate::config) fn users(&self) -> impl Iterator<Item = &Spanned<LunUser>> {
        self.luns().iter().filter_map(|lun| lun.user.as_ref())
    }

    pub(in crate::config) fn finish(self) -> Option<Storage> {
        Some(match self {
            Self::Nfs(nfs) => Storage::Nfs(nfs.finish()?),
            Self::Iscsi(iscsi) => Storage::Iscsi(iscsi.finish()?),
            Self::Shared(shared) => Storage::SharedMountPoint(SharedMount {
                path: shared.path?.into_inner(),
                file_system: shared.file_system?.into_inner(),
            }),
            Self::Unknown => return None,
        })
    }
}

impl NfsDraft {
    fn read(section: &mut Section<'_>) -> Self {
        section.require(&["server", "export", "mount"]);
        let nconnect = section.integer("nconnect", What::Storage(OfStorage::Connections));
        if let Some(nconnect) = &nconnect {
            section.in_range(
                What::Storage(OfStorage::Connections),
                nconnect,
                NCONNECT_RANGE,
            );
        }
        let version = section.choice("version", What::Storage(OfStorage::Version), &VERSIONS);
        Self {
            server: section.word("server", What::Ip),
            export: section.word("export", What::Storage(OfStorage::Export)),
            mount: section.word("mount", What::Storage(OfStorage::MountPoint)),
            version: version.map_or(NfsVersion::V42, Spanned::into_inner),
            nconnect: nconnect.map_or(NCONNECT, Spanned::into_inner),
            options: section.choices("options", What::Storage(OfStorage::Option), &OPTIONS),
        }
    }

    fn finish(self) -> Option<Nfs> {
        Some(Nfs {
            server: self.server?.into_inner(),
            export: self.export?.into_inner(),
            mount: self.mount?.into_inner(),
            version: self.version,
            nconnect: self.nconnect,
            options: plain(self.options),
        })
    }
}

impl IscsiDraft {
    fn read(section: &mut Section<'_>) -> Self {
        section.require(&["portals", "target"]);
        let kind = What::Storage(OfStorage::Portal);
        let portals = section.words::<Portal>("portals", kind);
        let count = section
            .value("portals")
            .and_then(|value| Some((value.span().start, value.get_ref().as_array()?.len())));
        if let Some((at, count)) = count.filter(|(_, count)| !(1..=2).contains(count)) {
            section.report.add(at, Store::PortalCount { count });
        }
        if let [one, other] = portals.as_slice()
            && one.get_ref() == other.get_ref()
        {
            let problem = Value::Twice {
                what: kind,
                text: other.get_ref().to_string(),
                also: section.report.line(one.span().start),
            };
            section.report.add(other.span().start, problem);
        }
        let luns = section.sections("luns").into_iter();
        Self {
            portals,
            target: section.word("target", What::Storage(OfStorage::Target)),
            luns: luns.map(LunDraft::read).collect(),
        }
    }

    fn finish(self) -> Option<Iscsi> {
        let luns = self.luns.into_iter().map(|lun| {
            Some(Lun {
                wwid: lun.wwid?.into_inner(),
                user: lun.user?.into_inner(),
            })
        });
        Some(Iscsi {
            portals: plain(self.portals),
            target: self.target?.into_inner(),
            luns: luns.collect::<Option<_>>()?,
        })
    }
}

impl LunDraft {
    fn read(mut section: Section<'_>) -> Self {
        section.require(&["wwid"]);
        let host = section.word::<NodeName>("host", What::Name);
        let shared = section.word::<StorageName>("shared", What::Name);
        let is_one = section.has("host") != section.has("shared");
        if !is_one {
            let (keys, table) = (["host", "shared"], section.name.clone());
            section.report.add(section.at, Form::OneOf { keys, table });
        }
        let host = host.map(|it| Spanned::new(it.span(), LunUser::Host(it.into_inner())));
        let shared = shared.map(|it| Spanned::new(it.span(), LunUser::Shared(it.into_inner())));
        Self {
            wwid: section.word("wwid", What::Storage(OfStorage::Wwid)),
            user: host.or(shared),
        }
    }
}

impl SharedDraft {
    fn read(section: &mut Section<'_>) -> Self {
        section.require(&["path", "file_system"]);
        let kind = What::Storage(OfStorage::FileSystem);
        let chosen = section.choice("file_system", kind, &FILE_SYSTEMS);
        if let Some(none) = chosen.as_ref().filter(|chosen| chosen.get_ref().is_none()) {
            section.report.add(none.span().start, Store::Ocfs2);
        }
        Self {
            path: section.word("path", What::Storage(OfStorage::MountPoint)),
            file_system: chosen.and_then(|it| Some(Spanned::new(it.span(), (*it.get_ref())?))),
        }
    }
}
