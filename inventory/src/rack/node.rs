//! Nodes of the rack file: the machines, and the BMCs they are reached by.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{CloudName, NetworkName, NodeName, ProfileName, SecretName};
use crate::net::{Mac, PortId};
use crate::word::{Label, Serial};

use super::Disks;

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Name, also host name.
    pub name: NodeName,
    /// Where in the rack.
    pub slot: Label,
    /// Its BMC.
    pub bmc: Bmc,
    /// MAC of the port it boots from.
    pub mac: Mac,
    /// MACs of the other ports of its bond: they get the same address.
    #[serde(default)]
    pub bond_macs: Vec<Mac>,
    /// The switch port that MAC hangs on.
    pub port: PortId,
    /// What it becomes.
    pub profile: ProfileName,
    /// The network it boots and is managed in.
    pub network: NetworkName,
    /// Its address there, the same through firmware, installer and OS.
    pub address: Ipv4Addr,
    /// Its IPv6 address there, if it has one: the same through firmware, installer and OS.
    #[serde(default)]
    pub address6: Option<Ipv6Addr>,
    /// Its addresses in other networks, each with one VLAN that its port carries tagged.
    #[serde(default)]
    pub addresses: BTreeMap<NetworkName, Ipv4Addr>,
    /// Its IPv6 addresses in other networks.
    #[serde(default)]
    pub addresses6: BTreeMap<NetworkName, Ipv6Addr>,
    /// Product serial number (SMBIOS), if known; else a person confirms it once.
    pub serial: Option<Serial>,
    /// SMBIOS UUID, if known.
    pub uuid: Option<Uuid>,
    /// Its system disks, as names under `/dev/disk/by-id/`: two if its profile mirrors, else one.
    pub disks: Disks,
    /// The controller it is registered with.
    pub cloud: Option<CloudName>,
}

/// A BMC as the rack file knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bmc {
    /// Where its Redfish service listens (HTTPS).
    pub address: SocketAddr,
    /// The secret to log in with, `USER:PASSWORD`.
    pub credential: SecretName,
    /// How the machine's serial console is read; not at all if the file does not say.
    #[serde(default)]
    pub console: Option<ConsoleDriver>,
}

/// How a machine's serial console is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsoleDriver {
    /// Serial over LAN of IPMI 2.0, at the BMC's address on the usual port.
    Ipmi,
}
