//! A trial of a node: what it was before, what the installer saw of it, and what of that is not as the rack file says.
//!
//! The job begins a trial and judges it, the boot services add its report. Nothing here touches what is known of installs:
//! a node that was tried is as new, or as installed, as it was before. After a power cut it is as last stored.

mod hardware;
mod judge;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::arm::Texts;
use crate::id::{JobId, NodeName, OsName, Token};
use crate::net::{Vlan, VlanSet};
use crate::node::Report;
use crate::store::{Record, Table};

pub use hardware::{Cpu, Disk, Hardware, Level, Port, Transport};
pub use judge::{Finding, Wanted, What, judge};

/// The last trial of a node, under way or over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The node.
    pub node: NodeName,
    /// The job of the trial.
    pub job: JobId,
    /// With the installer of this OS.
    pub os: OsName,
    /// Whether the machine ran before, and is to run again.
    pub ran: bool,
    /// What its switch port carried before, if that was changed.
    pub port: Option<PortBefore>,
    /// What the installer reported.
    pub report: Option<Report>,
    /// Whether the installer is known to run no more: from then on the machine is not switched off again.
    pub is_left: bool,
    /// What the last trial that was judged found; of an earlier job until this one is.
    pub seen: Option<Seen>,
}

impl Record for Trial {
    const TABLE: Table = Table::Trials;
    type Key = NodeName;
    fn key(&self) -> NodeName {
        self.node.clone()
    }
}

/// What a switch port carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum PortBefore {
    /// Untagged frames of one VLAN.
    Access {
        /// That VLAN.
        vlan: Vlan,
    },
    /// Tagged frames.
    Trunk {
        /// The VLAN of untagged frames.
        native: Option<Vlan>,
        /// All of its VLANs.
        allowed: VlanSet,
    },
}

/// What a trial found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// When it was reported.
    pub at: Timestamp,
    /// The OS whose installer looked.
    pub os: OsName,
    /// All it saw.
    pub hardware: Hardware,
    /// What was asked for, one by one.
    pub findings: Vec<Finding>,
}

impl Seen {
    /// Every fault, in words.
    pub fn faults(&self) -> Vec<String> {
        self.findings.iter().filter_map(Finding::fault).collect()
    }
}

/// What a node is served while the arm of a trial allows it. In a table of its own, so that the arm of a trial leads to no
/// kickstart that installs, and what was delivered by an install stays known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialPayload {
    /// For this node.
    pub node: NodeName,
    /// The token of the arm it belongs to.
    pub token: Token,
    /// Texts with IPv4 URLs.
    pub over_ipv4: Texts,
    /// The same with IPv6 ones, if the node has an address there.
    pub over_ipv6: Option<Texts>,
}

impl Record for TrialPayload {
    const TABLE: Table = Table::TrialPayloads;
    type Key = NodeName;
    fn key(&self) -> NodeName {
        self.node.clone()
    }
}
