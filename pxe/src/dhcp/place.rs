//! Which network a request is about, and who sent it: by the link its relay names, else by where it was heard.
//!
//! A MAC in a packet is a claim. It counts when the packet was sent on our own wire, as far as the switch isolates that, or
//! when a relay hands it on that the rack file names. From anywhere else it could end the install of the node it names.

use std::net::Ipv4Addr;

use inventory::id::NetworkName;
use inventory::rack::{Interface, Network, Node, Rack};

use super::packet::{Request, Source};

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
    /// Nobody whom we believe says who it is.
    Unvouched(Unvouched<'a>),
}

/// Why a request may not speak for its MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unvouched<'a> {
    /// It came by way of this address, which is no relay of the network that it is to be answered for.
    Relay(Ipv4Addr, Option<&'a NetworkName>),
    /// It came through a router and no relay, and not from an address that its client has.
    OffLink,
}

impl<'a> Asker<'a> {
    /// Who sent `request`, heard on `interface`; `node` is whose MAC it is.
    pub fn of(
        request: &Request,
        node: Option<&'a Node>,
        (rack, interface): (&'a Rack, &'a Interface),
    ) -> Self {
        match (node, Place::of(request, rack, interface)) {
            (_, Err(why)) => Self::Unvouched(why),
            (Some(node), Ok(Some(place))) if *place.name == node.network => Self::Node(node, place),
            (Some(node), Ok(Some(_) | None)) => Self::Misplaced(node),
            (None, Ok(Some(place))) => Self::Stranger(place),
            (None, Ok(None)) => Self::Nobody,
        }
    }
}

impl<'a> Place<'a> {
    /// The network that `request` is about.
    fn of(
        request: &Request,
        rack: &'a Rack,
        interface: &'a Interface,
    ) -> Result<Option<Self>, Unvouched<'a>> {
        let here = Self::here(rack, interface);
        let source = request.source;
        match (request.relay, request.has) {
            // Only a relay may name another link: its operator is trusted, a client on our own wire is not.
            (Some(relay), _) => {
                let place = Self::around(rack, request.link.unwrap_or(relay));
                let name = place.map(|place| place.name);
                let is_named = |address: &Ipv4Addr| {
                    let heard_in = &interface.network;
                    name.is_some_and(|name| rack.is_relay((*address).into(), (name, heard_in)))
                };
                // Both what it says it is and who it is.
                let strange = [relay, source.address].into_iter().find(|it| !is_named(it));
                match strange {
                    None => Ok(place),
                    Some(strange) => Err(Unvouched::Relay(strange, name)),
                }
            }
            (None, _) if is_near(source, here) => Ok(here),
            // A client behind a router renews without its relay (RFC 2131 §4.4.5): only its address says where it is.
            (None, Some(address)) if address == source.address => Self::around(rack, address)
                .filter(|place| rack.interface_in(place.name).is_none())
                .map(Some)
                .ok_or(Unvouched::OffLink),
            (None, Some(_) | None) => Err(Unvouched::OffLink),
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

/// Whether a packet was sent on our own wire, or by this machine itself: routers forward none that goes to everybody or comes
/// from no address, and let nobody speak from inside who stands outside (RFC 2827).
fn is_near(source: Source, here: Option<Place<'_>>) -> bool {
    let subnet = here.and_then(|here| here.network.subnet);
    source.to_all
        || source.address.is_unspecified()
        || source.address.is_loopback()
        || subnet.is_some_and(|subnet| subnet.contains(&source.address))
}
