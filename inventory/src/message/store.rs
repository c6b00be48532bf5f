//! Messages about the data store and the appliance itself.

use serde::{Deserialize, Serialize};

use crate::id::Epoch;

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
}
