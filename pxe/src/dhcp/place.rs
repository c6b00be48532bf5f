//! Which network a request is about, and who sent it: by the link its relay names, else by where it was heard.

use std::net::Ipv4Addr;

use inventory::id::NetworkName;
use inventory::rack::{Interface, Network, Node, Rack};

use super::packet::Request;

/// A network of the rack file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Its name.
    pub name: &'a NetworkName,
    /// What the rack file says of it.
    pub network: &'a Network,
}

/// Who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker<'a> {
    /// A node of the rack file, on the network it boots in.
    Node(&'a Node, Place<'a>),
    /// A node of the rack file, on another network than its own.
    Misplaced(&'a Node),
    /// Not in the rack file, on a network that is.
    Stranger(Place<'a>),
    /// Not in the rack file, and on a network that is not there either.
    Nobody,
}

impl<'a> Asker<'a> {
    /// Who sent `request`, heard on `interface`; `node` is whose MAC it is.
    pub fn of(
        request: &Request,
        node: Option<&'a Node>,
        (rack, interface): (&'a Rack, &'a Interface),
    ) -> Self {
        match (node, Place::of(request, rack, interface)) {
            (Some(node), Some(place)) if *place.name == node.network => Self::Node(node, place),
            (Some(node), Some(_) | None) => Self::Misplaced(node),
            (None, Some(place)) => Self::Stranger(place),
            (None, None) => Self::Nobody,
        }
    }
}

impl<'a> Place<'a> {
    /// The network that `request` is about.
    fn of(request: &Request, rack: &'a Rack, interface: &'a Interface) -> Option<Self> {
        match (request.relay, request.has) {
            // Only a relay may name another link: its operator is trusted, a client on our own wire is not.
            (Some(relay), _) => Self::around(rack, request.link.unwrap_or(relay)),
            // A client behind a router renews without its relay (RFC 2131 §4.4.5): only its address says where it is.
            (None, Some(address)) => Self::around(rack, address)
                .filter(|place| rack.interface_in(place.name).is_none())
                .or_else(|| Self::here(rack, interface)),
            (None, None) => Self::here(rack, interface),
        }
    }

    fn here(rack: &'a Rack, interface: &'a Interface) -> Option<Self> {
        let network = rack.networks.get(&interface.network)?;
        let name = &interface.network;
        Some(Self { name, network })
    }

    fn around(rack: &'a Rack, address: Ipv4Addr) -> Option<Self> {
        let mut networks = rack.networks.iter();
        let found = networks.find(|(_, network)| {
            let subnet = network.subnet.as_ref();
            subnet.is_some_and(|subnet| subnet.contains(&address))
        });
        found.map(|(name, network)| Self { name, network })
    }
}
