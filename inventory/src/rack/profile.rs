//! Profiles of the rack file: what a node of a kind gets.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Bond, DiskLayout, System};
use crate::fragment::Fragment;
use crate::id::{NetworkName, OsName, RepoName, StorageName};
use crate::word::{KernelArg, LinkName, Package};

/// What a node of a kind gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The OS.
    pub os: OsName,
    /// How its system disks are laid out.
    pub disk: DiskLayout,
    /// How the ports of a node become one; without it only the one that it boots from is used.
    #[serde(default)]
    pub bond: Option<Bond>,
    /// Bridges of the host network.
    pub bridges: Vec<Bridge>,
    /// How the installed system is set up.
    #[serde(default)]
    pub system: System,
    /// The operator's own part of the kickstart.
    #[serde(default)]
    pub kickstart: Option<Fragment>,
    /// Kernel arguments of the installed system.
    pub kernel_args: Vec<KernelArg>,
    /// Packages besides those of the OS.
    pub packages: Vec<Package>,
    /// Repositories besides those of the OS.
    #[serde(default)]
    pub repos: BTreeSet<RepoName>,
    /// Storage besides its own disks.
    #[serde(default)]
    pub storage: BTreeSet<StorageName>,
    /// How long a node may take from power-on to its boot script, and from there to its kickstart, before it is started
    /// once more; seconds.
    pub boot_patience_s: u32,
    /// An Ansible playbook on the appliance that is run for a node once it is registered and verified.
    #[serde(default)]
    pub playbook: Option<PathBuf>,
}

/// A bridge of the host network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bridge {
    /// Kernel name, at most 15 characters, for example `cloudbr0`.
    pub name: LinkName,
    /// The network under it. The node's management network arrives untagged, every other one tagged.
    pub network: NetworkName,
    /// What the cloud controller sends over it: its traffic label of these kinds is the bridge's name.
    #[serde(default)]
    pub traffic: Vec<Traffic>,
    /// Networks whose VLANs the controller tags itself, on the port below this bridge.
    #[serde(default)]
    pub trunks: Vec<NetworkName>,
    /// Whether it speaks the spanning tree protocol. It has one port, so it closes no loop by itself.
    #[serde(default)]
    pub stp: bool,
}

/// What a cloud controller sends over a bridge (traffic types of `CloudStack`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Traffic {
    /// Between controller, hosts and system VMs.
    Management,
    /// Addresses of the outside.
    Public,
    /// Of guests, each network in a VLAN of its own.
    Guest,
    /// Secondary storage.
    Storage,
}
