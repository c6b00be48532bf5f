//! A host as the controller describes it (`listHosts`, `addHost`).

use std::fmt;
use std::net::Ipv4Addr;

use serde::Deserialize;

/// The controller's id of a host (a UUID, but to us a text).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct HostId(pub String);

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A host.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Host {
    /// Its id.
    pub id: HostId,
    /// Its name: the host name its agent reported, or its address before that.
    #[serde(default)]
    pub name: String,
    /// Its management address, if the controller shows an IPv4 one.
    #[serde(default, rename = "ipaddress", deserialize_with = "ipv4")]
    pub address: Option<Ipv4Addr>,
    /// Its GUID. Lists of 4.18 to 4.22 do not show it.
    pub guid: Option<String>,
    /// Whether its agent is there.
    #[serde(default = "HostState::unsaid")]
    pub state: HostState,
    /// Whether it may run guests.
    #[serde(default = "ResourceState::unsaid", rename = "resourcestate")]
    pub resource: ResourceState,
}

/// Anything that is no IPv4 address counts as none: it cannot be a node of ours.
fn ipv4<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Ipv4Addr>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.and_then(|text| text.parse().ok()))
}

/// `state`: the agent's side (`com.cloud.host.Status`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum HostState {
    /// Row made, agent not seen yet.
    Creating,
    /// The agent is saying hello.
    Connecting,
    /// The agent is there.
    Up,
    /// Found dead.
    Down,
    /// The agent said good-bye.
    Disconnected,
    /// The agent stopped answering.
    Alert,
    /// Deleted.
    Removed,
    /// Broken beyond the agent.
    Error,
    /// Moves to another management server.
    Rebalancing,
    /// A word we do not know (`Unknown` is one of CloudStack's own).
    Other(String),
}

impl HostState {
    fn unsaid() -> Self {
        Self::Other(String::new())
    }
}

impl From<String> for HostState {
    fn from(word: String) -> Self {
        match word.as_str() {
            "Creating" => Self::Creating,
            "Connecting" => Self::Connecting,
            "Up" => Self::Up,
            "Down" => Self::Down,
            "Disconnected" => Self::Disconnected,
            "Alert" => Self::Alert,
            "Removed" => Self::Removed,
            "Error" => Self::Error,
            "Rebalancing" => Self::Rebalancing,
            _ => Self::Other(word),
        }
    }
}

/// `resourcestate`: the operator's side (`com.cloud.resource.ResourceState`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum ResourceState {
    /// Being added.
    Creating,
    /// May run guests.
    Enabled,
    /// Gets no new guests until somebody enables it.
    Disabled,
    /// Any of the maintenance states, the broken and the degraded one, or a word we do not know.
    Other(String),
}

impl ResourceState {
    fn unsaid() -> Self {
        Self::Other(String::new())
    }
}

impl From<String> for ResourceState {
    fn from(word: String) -> Self {
        match word.as_str() {
            "Creating" => Self::Creating,
            "Enabled" => Self::Enabled,
            "Disabled" => Self::Disabled,
            _ => Self::Other(word),
        }
    }
}
