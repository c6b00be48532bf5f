//! How DHCP serves a network: what the rack file says, and the windows that a person opens for a while.
//!
//! Windows are durable: after a restart the appliance gives strangers addresses for the time that was left, and no longer.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::clock::Deadline;
use crate::id::NetworkName;
use crate::store::{Record, Table};

/// Whom DHCP answers on a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nodes of the rack file, each with its own address.
    #[default]
    Reservations,
    /// The same, and strangers from the pool while a [`Window`] is open.
    Pool,
    /// Nodes of the rack file, with what they boot and no address: the site's own server gives that.
    Proxy,
    /// Nobody.
    Off,
}

/// What the rack file says of DHCP on a network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Dhcp {
    /// Whom it answers.
    pub mode: Mode,
    /// Whether every address of the network is known here: only then is a node refused an address that is not its own
    /// when it asked nobody in particular (RFC 2131 §4.3.2).
    pub authoritative: bool,
    /// Routes besides the router's (RFC 3442).
    pub routes: Vec<Route>,
}

/// A route that clients are told. Written as `10.9.0.0/16 via 10.0.10.253`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Where to.
    pub to: Ipv4Net,
    /// By which router.
    pub via: Ipv4Addr,
}

/// Why a text is not a route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a route: write SUBNET via ROUTER, as 10.9.0.0/16 via 10.0.10.253")]
pub struct BadRoute(pub String);

impl FromStr for Route {
    type Err = BadRoute;
    fn from_str(text: &str) -> Result<Self, BadRoute> {
        let bad = || BadRoute(text.to_owned());
        let (to, via) = text.split_once(" via ").ok_or_else(bad)?;
        let to: Ipv4Net = to.trim().parse().map_err(|_| bad())?;
        let via = via.trim().parse().map_err(|_| bad())?;
        // Host bits in a route are refused by Linux, and nobody can say which half was meant.
        (to.trunc() == to)
            .then_some(Self { to, via })
            .ok_or_else(bad)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} via {}", self.to, self.via)
    }
}

/// The pool of a network is open until a deadline. Written by a person's wish alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The network.
    pub network: NetworkName,
    /// Until when.
    pub deadline: Deadline,
    /// Who opened it.
    pub author: String,
}

impl Record for Window {
    const TABLE: Table = Table::Windows;
    type Key = NetworkName;
    fn key(&self) -> NetworkName {
        self.network.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_reads_what_it_writes_and_nothing_doubtful() {
        for text in ["10.9.0.0/16 via 10.0.10.253", "0.0.0.0/0 via 10.0.10.254"] {
            assert_eq!(text.parse::<Route>().unwrap().to_string(), text);
        }
        for text in [
            "10.9.0.1/16 via 10.0.10.253",
            "10.9.0.0/16",
            "10.9.0.0/33 via 1.2.3.4",
            "",
        ] {
            assert!(text.parse::<Route>().is_err(), "{text}");
        }
    }
}
