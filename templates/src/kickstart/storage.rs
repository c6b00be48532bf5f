//! Storage clients of a host, as the kickstart makes them: NFS in `/etc/fstab`, an iSCSI initiator of its own name that
//! logs in at every start, multipath for its LUNs and nothing else. No CHAP: its secret would cross the network in the clear.

use std::net::IpAddr;

use inventory::id::StorageName;
use inventory::rack::{Iscsi, Nfs, Node, Portal, Rack, Storage};
use inventory::word::{MountPoint, Target, Wwid};

/// How long mounting may take, seconds: a server that is off keeps whoever looks there waiting, and nobody else.
const MOUNT_S: u32 = 30;

pub(crate) struct HostStorage<'a> {
    pub(super) mounts: Vec<Mount<'a>>,
    /// Its iSCSI name, where it is a client.
    pub(super) initiator: Option<String>,
    pub(super) sessions: Vec<Session<'a>>,
    /// LUNs of its own that it sees by two paths; none if there is nothing for multipath to do.
    pub(super) wwids: Vec<&'a Wwid>,
    pub(super) has_multipath: bool,
}

/// A line of fstab.
pub(super) struct Mount<'a> {
    pub(super) source: String,
    pub(super) point: &'a MountPoint,
    pub(super) options: String,
}

/// A portal to log in to.
pub(super) struct Session<'a> {
    pub(super) target: &'a Target,
    pub(super) portal: &'a Portal,
}

impl<'a> HostStorage<'a> {
    pub(crate) fn of(rack: &'a Rack, node: &Node) -> Self {
        let storages = rack.storages_of(node);
        let is_given = |iscsi: &'a Iscsi| {
            let luns = iscsi.luns.iter();
            let luns = luns.filter(|lun| iscsi.is_multipath() && rack.is_given(lun, node));
            luns.map(|lun| &lun.wwid)
        };
        Self {
            mounts: nfs(&storages).map(mount).collect(),
            initiator: rack.initiator(node),
            sessions: iscsi(&storages).flat_map(sessions).collect(),
            wwids: iscsi(&storages).flat_map(is_given).collect(),
            has_multipath: iscsi(&storages).any(Iscsi::is_multipath),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.mounts.is_empty() && self.initiator.is_none()
    }

    /// Packages that it needs.
    pub(super) fn packages(&self) -> Vec<String> {
        let needs = [
            (!self.mounts.is_empty(), "nfs-utils"),
            (self.initiator.is_some(), "iscsi-initiator-utils"),
            (self.has_multipath, "device-mapper-multipath"),
        ];
        needed(&needs)
    }

    /// Units of the distribution that it needs.
    pub(super) fn units(&self) -> Vec<String> {
        needed(&[
            (self.initiator.is_some(), "iscsid"),
            (self.has_multipath, "multipathd"),
        ])
    }

    /// Units that the kickstart itself writes.
    pub(crate) fn own_units(&self) -> Vec<String> {
        needed(&[(self.initiator.is_some(), "hinode-iscsi")])
    }
}

fn needed(things: &[(bool, &str)]) -> Vec<String> {
    let needed = things.iter().filter(|(is_needed, _)| *is_needed);
    needed.map(|(_, name)| (*name).to_owned()).collect()
}

type Storages<'a> = [(&'a StorageName, &'a Storage)];

fn nfs<'a>(storages: &Storages<'a>) -> impl Iterator<Item = &'a Nfs> {
    storages.iter().filter_map(|(_, storage)| match storage {
        Storage::Nfs(nfs) => Some(nfs),
        Storage::Iscsi(_) | Storage::SharedMountPoint(_) => None,
    })
}

fn iscsi<'a>(storages: &Storages<'a>) -> impl Iterator<Item = &'a Iscsi> {
    storages.iter().filter_map(|(_, storage)| match storage {
        Storage::Iscsi(iscsi) => Some(iscsi),
        Storage::Nfs(_) | Storage::SharedMountPoint(_) => None,
    })
}

/// Mounted when somebody first looks there: a server that is off does not keep the host from starting, and nothing is
/// ever written into the empty folder below.
fn mount(nfs: &Nfs) -> Mount<'_> {
    // The family goes by this (nfs(5)).
    let proto = match nfs.server {
        IpAddr::V4(_) => "proto=tcp",
        IpAddr::V6(_) => "proto=tcp6",
    };
    let mut options = vec![
        format!("vers={}", nfs.version.number()),
        proto.to_owned(),
        "hard".to_owned(),
        format!("nconnect={}", nfs.nconnect),
    ];
    options.extend(nfs.options.iter().map(|option| option.name().to_owned()));
    options.extend(["_netdev", "nofail", "x-systemd.automount"].map(str::to_owned));
    options.push(format!("x-systemd.mount-timeout={MOUNT_S}s"));
    Mount {
        source: nfs.source(),
        point: &nfs.mount,
        options: options.join(","),
    }
}

fn sessions(iscsi: &Iscsi) -> impl Iterator<Item = Session<'_>> {
    iscsi.portals.iter().map(|portal| Session {
        target: &iscsi.target,
        portal,
    })
}
