//! Leases as given: which MAC was told which address, and what kind of client asked. Written by the DHCP service alone,
//! durable before the ACK leaves.

use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::Deadline;
use crate::id::NodeName;
use crate::net::Mac;
use crate::store::{Record, Table};

/// What kind of program sent a DHCP request, as far as its options tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// Firmware: option 60 begins with `PXEClient` or `HTTPClient`, and it is not iPXE.
    Firmware,
    /// iPXE (option 77 or 175).
    Ipxe,
    /// The installer (option 60 begins with `anaconda`).
    Installer,
    /// Anything else, an installed system mostly.
    System,
}

impl Client {
    /// What a client that is not iPXE says of itself in its vendor class (option 60, in DHCPv6 option 16).
    pub fn of_vendor_class(class: &str) -> Self {
        if class.starts_with("PXEClient") || class.starts_with("HTTPClient") {
            Self::Firmware
        } else if class.starts_with("anaconda") {
            Self::Installer
        } else {
            Self::System
        }
    }
}

/// An address given to a node. One of each family for each node, whatever client id or DUID each program sends and
/// whichever port of its bond asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease<A = Ipv4Addr> {
    /// The node's MAC as the rack file has it; not that of another port of its bond.
    pub mac: Mac,
    /// The address.
    pub address: A,
    /// The node that reserves it.
    pub node: NodeName,
    /// The interface of the appliance it was given on.
    pub interface: String,
    /// Who asked last.
    pub client: Client,
    /// When it was last given.
    pub given_at: Timestamp,
}

impl Record for Lease {
    const TABLE: Table = Table::Leases;
    type Key = Mac;
    fn key(&self) -> Mac {
        self.mac
    }
}

impl Record for Lease<Ipv6Addr> {
    const TABLE: Table = Table::Leases6;
    type Key = Mac;
    fn key(&self) -> Mac {
        self.mac
    }
}

/// An address of a pool that is not free. By address, so that no two clients can have one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolLease {
    /// The address.
    pub address: Ipv4Addr,
    /// Why it is not free.
    pub holder: Holder,
    /// Until when. Never shorter than what the client was told.
    pub deadline: Deadline,
}

/// Why an address of a pool is not free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// It is leased to this MAC.
    Client(Mac),
    /// A client found somebody else on it (RFC 2131 §4.3.3).
    Somebody,
}

impl Record for PoolLease {
    const TABLE: Table = Table::PoolLeases;
    type Key = Ipv4Addr;
    fn key(&self) -> Ipv4Addr {
        self.address
    }
}
