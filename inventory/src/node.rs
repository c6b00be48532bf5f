//! What is known of machines beyond the rack file: who was recognised, what was installed when, what reported, and
//! which strangers knocked or answered.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{JobId, NodeName, OsName};
use crate::net::Mac;
use crate::rack::Node;
use crate::store::{Record, Table};

/// What the appliance remembers of a node over its lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// The node.
    pub node: NodeName,
    /// Serial number and UUID as its BMC told them when it was recognised.
    pub identity: Option<Identity>,
    /// The last install that was begun, whether it ended well or not: such a node is never again "never used".
    pub install: Option<Install>,
    /// Its host id at the cloud controller.
    pub cloud_host: Option<String>,
    /// The node as the rack file said when its machine and evidence were last checked. What follows is for this one only.
    pub checked: Option<Node>,
}

impl Record for NodeRecord {
    const TABLE: Table = Table::Nodes;
    type Key = NodeName;
    fn key(&self) -> NodeName {
        self.node.clone()
    }
}

/// Who a machine is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Product serial number (SMBIOS), trimmed.
    pub serial: String,
    /// SMBIOS UUID, unless it is a known placeholder.
    pub uuid: Option<Uuid>,
}

/// An install that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Install {
    /// By this job.
    pub job: JobId,
    /// Of this OS.
    pub os: OsName,
    /// When the kickstart was first served.
    pub begun_at: Timestamp,
    /// Public SSH host key of the installed system, OpenSSH format, as delivered and later replaced.
    pub host_key: Option<String>,
    /// When it was verified.
    pub verified_at: Option<Timestamp>,
    /// Whose writing the node's disks may carry.
    #[serde(default)]
    pub written: Written,
}

/// What installs may have written to a node's disks. `%pre` writes nothing, and an installer that it stopped neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Written {
    /// This install or an earlier one may have written.
    #[default]
    Maybe,
    /// No earlier one did; this one may have, if it goes on.
    OnlyByThis,
    /// Nothing: this one was refused by `%pre`, and no earlier one wrote.
    Nothing,
}

impl Written {
    /// For an install that begins after one that left this.
    pub fn before_next(earlier: Option<Self>) -> Self {
        match earlier {
            None | Some(Self::Nothing) => Self::OnlyByThis,
            Some(Self::Maybe | Self::OnlyByThis) => Self::Maybe,
        }
    }

    /// After `%pre` refused, before anything was written.
    pub fn after_refusal(self) -> Self {
        match self {
            Self::OnlyByThis | Self::Nothing => Self::Nothing,
            Self::Maybe => Self::Maybe,
        }
    }
}

/// How far an installer says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// `%pre` ran its checks and found everything as armed.
    Pre,
    /// `%pre` found something else than armed, wrote nothing, and powers off.
    PreFailed,
    /// Partitions are made.
    Partitioned,
    /// A trial: what the machine has. Nothing was written; the machine goes back to its own disk.
    Tried,
    /// Everything is on the disk; reboots next.
    Installed,
    /// The install failed.
    Failed,
}

/// One report of an installer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How far it is.
    pub phase: Phase,
    /// When it arrived.
    pub at: Timestamp,
    /// Its own words: the reason of a refusal, the tail of a log. Bounded by the receiver.
    pub detail: String,
    /// What it found: serial, uuid, disks, ...
    pub facts: BTreeMap<String, String>,
}

/// All reports of one node's present install, in order of arrival. Begun anew at arming.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reports {
    /// The node.
    pub node: NodeName,
    /// The job whose arm it was.
    pub job: JobId,
    /// What arrived.
    pub reports: Vec<Report>,
}

impl Record for Reports {
    const TABLE: Table = Table::Reports;
    type Key = NodeName;
    fn key(&self) -> NodeName {
        self.node.clone()
    }
}

/// A DHCP server that the rack file does not name, by its hardware address. Written by the boot services alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignServer {
    /// Hardware address of its frames: its own, or its relay's.
    pub mac: Mac,
    /// What it last called itself (option 54), or its address.
    pub server: Ipv4Addr,
    /// The interface it was heard on.
    pub interface: String,
    /// When it was first heard.
    pub first_seen: Timestamp,
    /// When it was last heard (stored at most once a minute).
    pub last_seen: Timestamp,
}

impl Record for ForeignServer {
    const TABLE: Table = Table::ForeignServers;
    type Key = Mac;
    fn key(&self) -> Mac {
        self.mac
    }
}

/// A machine that asked for an address and is not in the rack file. It gets nothing, or an address of an open pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stranger {
    /// Its MAC.
    pub mac: Mac,
    /// The interface it was heard on.
    pub interface: String,
    /// The address of the pool that it was given when it was last heard.
    #[serde(default)]
    pub address: Option<Ipv4Addr>,
    /// Its option 60, if it sent one.
    pub vendor_class: String,
    /// When it was first heard.
    pub first_seen: Timestamp,
    /// When it was last heard (stored at most once a minute).
    pub last_seen: Timestamp,
}

impl Record for Stranger {
    const TABLE: Table = Table::Strangers;
    type Key = Mac;
    fn key(&self) -> Mac {
        self.mac
    }
}
