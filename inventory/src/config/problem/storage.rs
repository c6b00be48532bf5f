//! What can be wrong with storage: two writers of one LUN, a file system that a release lacks, hosts that would not all
//! have it.

use crate::id::{NodeName, OsName, ProfileName, StorageName};
use crate::word::{MountPoint, Wwid};

/// A fault of storage. `also` is the line of the other place, where two collide.
#[derive(Debug, Clone, PartialEq, Eq)]
#[rustfmt::skip]
#[expect(missing_docs, reason = "the fields are what the sentence of `english` names")]
pub enum Store {
    /// A LUN with two writers and no lock manager between them.
    TwoWriters { wwid: Wwid, also: usize },
    /// A LUN of a storage that its host does not use.
    NotUsed { node: NodeName, profile: ProfileName, storage: StorageName },
    /// A LUN for something that is no cluster file system.
    NotShared { storage: StorageName, also: usize },
    /// GFS2 on a release that lacks it.
    NoGfs2 { storage: StorageName, os: OsName },
    /// OCFS2, which no kernel of an Enterprise Linux has.
    Ocfs2,
    /// LVM on a LUN that several hosts see.
    Clvm,
    /// More or fewer portals than one or two.
    PortalCount { count: usize },
    /// Two storages of one profile at one place.
    MountTaken { mount: MountPoint, by: StorageName },
    /// iSCSI without a date for the names of initiators.
    NoDate { storage: StorageName },
}

impl Store {
    /// The stable code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::TwoWriters { .. } => "two-writers",
            Self::NotUsed { .. } => "lun-not-used",
            Self::NotShared { .. } => "lun-not-shared",
            Self::NoGfs2 { .. } => "no-gfs2",
            Self::Ocfs2 => "no-ocfs2",
            Self::Clvm => "no-clvm",
            Self::PortalCount { .. } => "portal-count",
            Self::MountTaken { .. } => "duplicate-mount",
            Self::NoDate { .. } => "no-iqn-date",
        }
    }

    /// See [`super::Problem::is_absence`].
    pub(super) fn is_absence(&self) -> bool {
        match self {
            Self::NotUsed { .. } | Self::NoDate { .. } => true,
            Self::TwoWriters { .. }
            | Self::NotShared { .. }
            | Self::NoGfs2 { .. }
            | Self::Ocfs2
            | Self::Clvm
            | Self::PortalCount { .. }
            | Self::MountTaken { .. } => false,
        }
    }
}
