//! The kinds of value that describe storage: what a fault calls each, and the rule it keeps.

use crate::word::{Alphabet, kind};

/// A kind of value that describes storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is described by its own entry below")]
#[rustfmt::skip]
pub enum OfStorage {
    Name, Host, Kind, Version, Option, Connections, Export, MountPoint, Portal, Target, Wwid, FileSystem, IqnDate,
}

impl OfStorage {
    /// Part of a code, noun and rule, as those of [`super::What`].
    #[rustfmt::skip]
    pub(super) fn entry(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Name => ("storage", "a storage", "the NAME of a [storage.NAME]"),
            Self::Host => ("node", "a node", "the `name` of a [[node]]"),
            Self::Kind => ("storage-kind", "a kind of storage", "how hosts reach it"),
            Self::Version => ("nfs-version", "a version of NFS", "4.1 or 4.2"),
            Self::Option => ("nfs-option", "a mount option that may be chosen", "an option; hard is always set, and soft never"),
            Self::Connections => ("nconnect", "a number of connections", "how many TCP connections"),
            Self::Export => ("export", "an exported folder", kind::Export::RULE),
            Self::MountPoint => ("mount-point", "a mount point", kind::MountPoint::RULE),
            Self::Portal => ("portal", "a portal", "an address, with a port if it is not 3260, as 10.0.30.5"),
            Self::Target => ("target", "an iSCSI target", kind::Target::RULE),
            Self::Wwid => ("wwid", "a LUN", kind::Wwid::RULE),
            Self::FileSystem => ("file-system", "a cluster file system", "what is mounted there"),
            Self::IqnDate => ("iqn-date", "a month of a naming authority", kind::IqnDate::RULE),
        }
    }
}
