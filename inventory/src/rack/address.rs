//! Whose an address is, of either family.

use std::net::IpAddr;

use super::{Interface, Node, Rack};

impl Rack {
    /// The node that owns `address`.
    pub fn node_by_address(&self, address: IpAddr) -> Option<&Node> {
        self.nodes.values().find(|node| node.has(address))
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
