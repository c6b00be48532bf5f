//! What the API says, version 1: types of its own, so that stored records can change without breaking a client.
//! The chain of events alone goes out as it is stored: it is evidence, and the client verifies it.

pub mod media;
pub mod trial;
pub mod verification;

use inventory::store::{Head, PublicKey};
use inventory::support::Left;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A message to a person: stable code, the sentence, and its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Stable code, for programs.
    pub code: String,
    /// English sentence, for people.
    pub text: String,
    /// The fields.
    pub fields: serde_json::Value,
    /// Lines of evidence below the sentence: what a node's console said last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// All nodes for Ansible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// The answer to `--list`.
    pub list: serde_json::Value,
    /// Lines of a `known_hosts` file.
    pub known_hosts: String,
}

/// The whole rack at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Version of the appliance.
    pub version: String,
    /// Epoch of its data.
    pub epoch: u64,
    /// Revision of the rack file in force; 0 if none was applied.
    pub revision: u64,
    /// False while the wall clock is before this software existed: nothing is armed then.
    pub clock_is_plausible: bool,
    /// Nodes of the rack file, by name.
    pub nodes: Vec<NodeStatus>,
    /// Operating systems whose support ends soon, or has ended, and how many nodes have them.
    #[serde(default)]
    pub ending: Vec<Ending>,
    /// Pools that are open to strangers now.
    pub pools: Vec<Pool>,
    /// Machines that asked for an address and are not in the rack file.
    pub strangers: Vec<Stranger>,
    /// DHCP servers that were heard and the rack file does not name.
    pub foreign_servers: Vec<ForeignServer>,
}

/// A node at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// Name.
    pub name: String,
    /// Slot.
    pub slot: String,
    /// Boot MAC.
    pub mac: String,
    /// Management address.
    pub address: String,
    /// What its arm allows, if it has one: `armed`, `booting`, `installing`, `spent`, ...
    pub arm: Option<String>,
    /// Its latest job.
    pub job: Option<Job>,
    /// When an installed system was last verified.
    pub verified_at: Option<Timestamp>,
    /// Its host id at the cloud controller.
    pub cloud_host: Option<String>,
}

/// An operating system whose support ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// Its name in the rack file.
    pub os: String,
    /// Its version.
    pub version: String,
    /// The last day.
    pub ends: Date,
    /// How near that is.
    pub left: Left,
    /// Nodes that have it, or shall have it.
    pub nodes: usize,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Number.
    pub id: u64,
    /// Node.
    pub node: String,
    /// Stage: `check`, `provision-port`, ... `done`, `failed`.
    pub stage: String,
    /// When the stage was entered.
    pub since: Timestamp,
    /// Whether nothing more will happen.
    pub is_over: bool,
    /// Seconds until the stage is overdue; 0 when over.
    pub left_s: u64,
    /// What it waits for now.
    pub blocker: Option<Text>,
    /// Why it was given up.
    pub failure: Option<Text>,
    /// Stages left behind, in order.
    pub past: Vec<PastStage>,
    /// Bytes served to the node since it was armed, while installing.
    pub served: Option<u64>,
    /// Bytes an install fetches, if one was seen.
    pub expected: Option<u64>,
}

/// A stage left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastStage {
    /// Name.
    pub stage: String,
    /// Entered.
    pub entered: Timestamp,
    /// Left.
    pub left: Timestamp,
}

/// A file on its way to a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The node.
    pub node: String,
    /// `tftp` or `http`.
    pub service: String,
    /// The file, as the node asked for it.
    pub what: String,
    /// When it began.
    pub since: Timestamp,
    /// Bytes to be sent in all.
    pub size: u64,
    /// Bytes sent so far.
    pub sent: u64,
    /// Bytes a second over the last seconds.
    pub rate: u64,
}

/// The pool of a network, open to strangers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// The network.
    pub network: String,
    /// For how much longer, seconds.
    pub left_s: u64,
    /// Who opened it.
    pub author: String,
}

/// The wish to open a pool to strangers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discover {
    /// Of which network; may be left out if only one has a pool.
    pub network: Option<String>,
    /// For how long.
    pub minutes: u32,
}

/// A pool that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The network.
    pub network: String,
    /// For how long.
    pub minutes: u32,
}

/// A machine that is not in the rack file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stranger {
    /// Its MAC.
    pub mac: String,
    /// Interface it was heard on.
    pub interface: String,
    /// The address of an open pool that it was given when it was last heard.
    pub address: Option<String>,
    /// Its DHCP vendor class.
    pub vendor_class: String,
    /// First heard.
    pub first_seen: Timestamp,
    /// Last heard.
    pub last_seen: Timestamp,
}

/// A DHCP server that the rack file does not name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignServer {
    /// What it calls itself, an address.
    pub server: String,
    /// Hardware address of its frames.
    pub mac: String,
    /// Interface it was heard on.
    pub interface: String,
    /// Switch and port, `SWITCH:PORT`, if it is a node of the rack file.
    pub port: Option<String>,
    /// How to find the port, a line for each switch, if it is not.
    pub find: Vec<String>,
    /// First heard.
    pub first_seen: Timestamp,
    /// Last heard.
    pub last_seen: Timestamp,
}

/// What a node's console said last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Console {
    /// Whether the rack file says how it is read.
    pub is_read: bool,
    /// Its lines, newest last, each with its time of day (UTC).
    pub lines: Vec<String>,
}

/// The wish to bring nodes up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Up {
    /// Which; empty means all nodes of the rack.
    pub nodes: Vec<String>,
    /// A serial number typed by a person who allows that the node's data is destroyed; only with one node.
    pub wipe: Option<String>,
    /// With `wipe`: not the volume of guests' images.
    #[serde(default)]
    pub keep_images: bool,
    /// Whether machines that run may be switched off.
    #[serde(default)]
    pub power_off: bool,
}

/// What became of a wish, for each node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// Node.
    pub node: String,
    /// Its new job, if it was taken.
    pub job: Option<u64>,
    /// Why not, if it was not.
    pub refused: Option<String>,
}

/// What `stop` ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// Nodes whose arm was taken back.
    pub arms: Vec<String>,
    /// Jobs that were ended.
    pub jobs: Vec<u64>,
    /// Networks whose pool was closed.
    pub pools: Vec<String>,
}

/// The wish to forget a pinned certificate, so that the next one shown is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpin {
    /// Where it was seen, `HOST:PORT`.
    pub address: String,
}

/// A rack file to load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apply {
    /// Its text.
    pub text: String,
    /// The revision it was made from; refused if another one is in force. `None` takes the risk.
    pub made_from: Option<u64>,
}

/// What loading did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The new revision.
    pub revision: u64,
    /// Nodes in it.
    pub nodes: usize,
}

/// A secret to keep.
#[derive(Clone, Serialize, Deserialize)]
pub struct SetSecret {
    /// The value.
    pub value: String,
}

impl std::fmt::Debug for SetSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetSecret(****)")
    }
}

/// A secret that is kept; never its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretInfo {
    /// Name.
    pub name: String,
    /// When it was set.
    pub set_at: Timestamp,
}

/// Whom all secrets are to be encrypted to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// An age public key, `age1...`.
    pub recipient: String,
}

/// All secrets, encrypted to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// The age file, base64.
    pub file: String,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Number in the chain.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// To what.
    pub subject: String,
    /// In which job.
    pub job: Option<u64>,
    /// What.
    pub what: Text,
    /// Sum of this link of the chain.
    pub sum: String,
}

/// The signed end of the chain of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainEnd {
    /// The head; none while there is no event.
    pub head: Option<Head>,
    /// What its signature is checked with: note it down at the first start.
    pub key: PublicKey,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// What, why, and what to do.
    pub error: String,
}
