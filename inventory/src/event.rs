//! Events: the audit trail. Append-only, hash-chained by the store, never changed afterwards.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{JobId, NodeName};
use crate::message::Message;
use crate::net::Mac;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When, by the wall clock.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// To what.
    pub subject: Subject,
    /// In which job.
    pub job: Option<JobId>,
    /// What.
    pub what: Message,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// A person, by the name of the account.
    Person(String),
    /// A machine that talked to us.
    Node(NodeName),
    /// The appliance itself.
    Appliance,
}

/// To what it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The whole rack.
    Rack,
    /// A node.
    Node(NodeName),
    /// A machine that is not in the rack file.
    Stranger(Mac),
    /// A switch, firewall or cloud controller, by name.
    Device(String),
    /// A secret, by name.
    Secret(String),
}
