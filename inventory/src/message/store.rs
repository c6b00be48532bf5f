//! Messages about the data store and the appliance itself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::{Epoch, MediumId, Sha256};
use crate::media::Voucher;

/// About the data store and the appliance itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum Store {
    /// The appliance started.
    Started {
        /// Its version.
        version: String,
        /// The epoch of its data.
        epoch: Epoch,
    },
    /// The rack file was loaded.
    RackApplied {
        /// Its new revision.
        revision: u64,
        /// Number of nodes in it.
        nodes: usize,
    },
    /// A secret was set.
    SecretSet,
    /// Somebody was shown the passphrases of a node's disks.
    PassphraseShown,
    /// An installation medium was imported.
    MediumImported {
        /// What it is called from now on.
        id: MediumId,
        /// Its digest.
        sha256: Sha256,
        /// Who says that it is what it says.
        voucher: Voucher,
    },
    /// A package repository was imported.
    RepositoryImported {
        /// What it is called from now on.
        id: MediumId,
        /// Its digest.
        sha256: Sha256,
        /// How many packages.
        packages: usize,
        /// Fingerprints of the keys that signed them.
        keys: BTreeSet<String>,
    },
    /// An installation medium was removed.
    MediumRemoved {
        /// What it was called.
        id: MediumId,
    },
    /// The bytes of an installation medium were read through.
    MediumVerified {
        /// Which.
        id: MediumId,
        /// Whether they are those that were imported.
        is_whole: bool,
    },
    /// A key that may vouch for installation media is kept.
    ReleaseKeyKept {
        /// Its fingerprint.
        fingerprint: String,
    },
}
