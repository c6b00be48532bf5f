//! What can go wrong with a cloud controller, sorted by who must act.

use std::time::Duration;

use super::command::Command;
use super::host::{Host, HostId, HostState, ResourceState};

/// An error of the driver. It never holds a password or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cloud controller {endpoint}: {command}: {why}")]
pub struct CloudError {
    /// The API's URL.
    pub endpoint: String,
    /// What was asked.
    pub command: Command,
    /// Who must act, and how.
    pub why: Why,
}

/// Who must act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Nobody: try later. A lost [`Command::AddHost`] may have worked; adding looks first, so it can be repeated.
    #[error("{0}; try again later")]
    Silent(Quiet),
    /// The operator: key, clock or permission.
    #[error("our login was refused: {0}")]
    Denied(Denial),
    /// What answers there cannot do this.
    #[error(
        "it cannot do that ({0}); check the endpoint in the rack file (it ends in /client/api) \
         and the controller's version (4.19 to 4.22)"
    )]
    Unsupported(String),
    /// It understood, and will not: asking again changes nothing.
    #[error("refused: {0}")]
    Refused(Refusal),
}

/// Ways of silence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Quiet {
    /// No connection: the request was not sent.
    #[error("nobody answers at that address ({0})")]
    Unreachable(String),
    /// Sent, and no answer within the time limit.
    #[error("no answer within {} s", .0.as_secs())]
    NoAnswer(Duration),
    /// Sent, and the connection broke before the answer was whole.
    #[error("the connection broke before the answer ({0})")]
    Lost(String),
    /// It answers that it is in trouble, to a request that changes nothing.
    #[error("it is in trouble: {code} {text}")]
    Trouble {
        /// HTTP status or CloudStack error code.
        code: u16,
        /// What it said.
        text: String,
    },
}

/// Why a login was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The secret is not `APIKEY:SECRETKEY`.
    #[error("secret `{secret}` is not APIKEY:SECRETKEY; set it again (hinode secret set {secret})")]
    NotAKey {
        /// Its name.
        secret: String,
    },
    /// The clocks differ by more than a signature may be old: the key may be right.
    #[error(
        "its clock and ours differ by {} s ({}), so every signature counts as expired; \
         set the clocks (chronyc tracking on both), then try again",
        .ahead_s.abs(),
        if *.ahead_s > 0 { "ours is behind" } else { "ours is ahead" }
    )]
    Clock {
        /// Its clock minus ours, seconds.
        ahead_s: i64,
    },
    /// The clocks agree: the key pair, or where we come from.
    #[error(
        "the clocks agree, so the key pair is wrong or our address is not allowed \
         (api.allowed.source.cidr.list); check secret `{secret}` (hinode secret set {secret}). It said: {text}"
    )]
    Key {
        /// The secret's name.
        secret: String,
        /// What it said.
        text: String,
    },
    /// The account may not do this.
    #[error("the account may not do this, it needs the Root Admin role. It said: {text}")]
    Role {
        /// What it said.
        text: String,
    },
}

/// Why something was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// By the controller.
    #[error("{code}: {text}")]
    Said {
        /// CloudStack's error code.
        code: u16,
        /// What it said.
        text: String,
    },
    /// A name of the rack file fits nothing, or several things, there.
    #[error("{kind} `{wanted}` is there {found} times; it has: {}; mend the rack file's [cloud.*]", .known.join(", "))]
    NotExactlyOne {
        /// `zone`, `pod` or `cluster`.
        kind: &'static str,
        /// The rack file's name.
        wanted: String,
        /// How many have it.
        found: usize,
        /// What exists, by name.
        known: Vec<String>,
    },
    /// A host that we may not take as ours has the address or the name.
    #[error(
        "it already has host `{}` ({}) at {}, state {:?}; delete it there, or adopt it",
        .0.name, .0.id, .0.address.map_or("no address".to_owned(), |address| address.to_string()), .0.state
    )]
    Exists(Box<Host>),
    /// No such host any more.
    #[error("host {0} is gone from it; look at its management-server.log, then register again")]
    Gone(HostId),
    /// The host will not come Up by waiting.
    #[error(
        "host {host} is {state:?}, {resource:?}; look at /var/log/cloudstack/agent/agent.log on the node \
         and at management-server.log on the controller"
    )]
    NotUp {
        /// The host.
        host: HostId,
        /// Its last state.
        state: HostState,
        /// Its last resource state.
        resource: ResourceState,
    },
}
