//! Whose an address is, of whatever kind, and which of ours is where.

use std::net::IpAddr;

use super::{Interface, Node, Rack};
use crate::id::NetworkName;
use crate::net::Mac;

impl Rack {
    /// The node that owns `address`.
    pub fn node_by_address(&self, address: IpAddr) -> Option<&Node> {
        self.nodes.values().find(|node| node.has(address))
    }

    /// The node that boots from `mac`, or has it in its bond.
    pub fn node_by_mac(&self, mac: Mac) -> Option<&Node> {
        let mut nodes = self.nodes.values();
        nodes.find(|node| node.mac == mac || node.bond_macs.contains(&mac))
    }

    /// The interface of the appliance in `network`.
    pub fn interface_in(&self, network: &NetworkName) -> Option<&Interface> {
        self.appliance
            .interfaces
            .iter()
            .find(|interface| &interface.network == network)
    }
}

impl Node {
    /// Whether `address` is its own.
    pub fn has(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => address == self.address,
            IpAddr::V6(address) => Some(address) == self.address6,
        }
    }
}

impl Interface {
    /// Its addresses.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let v6 = self.address6.map(IpAddr::V6);
        [IpAddr::V4(self.address)].into_iter().chain(v6)
    }
}
