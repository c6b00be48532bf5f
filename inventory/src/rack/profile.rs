//! Profiles of the rack file: what a node of a kind gets.

use serde::{Deserialize, Serialize};

use super::DiskLayout;
use crate::id::{NetworkName, OsName};
use crate::word::{KernelArg, LinkName, Package};

/// What a node of a kind gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The OS.
    pub os: OsName,
    /// How its system disks are laid out.
    pub disk: DiskLayout,
    /// Bridges of the host network.
    pub bridges: Vec<Bridge>,
    /// Kernel arguments of the installed system.
    pub kernel_args: Vec<KernelArg>,
    /// Packages besides those of the OS.
    pub packages: Vec<Package>,
    /// How long a node may take from power-on to its boot script, and from there to its kickstart, before it is started
    /// once more; seconds.
    pub boot_patience_s: u32,
}

/// A bridge of the host network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bridge {
    /// Kernel name, at most 15 characters, for example `cloudbr0`.
    pub name: LinkName,
    /// The network under it. The node's management network arrives untagged, every other one tagged.
    pub network: NetworkName,
}
