//! Who is asking: the node behind a source address. A node is known by its address in the rack file together with a
//! stored lease of its MAC on the interface the request came in by; anybody else is nobody and gets nothing of a node's.
//!
//! The VLAN is trusted only as far as the switch isolates it: an address alone is a claim, the token is the proof.

use std::net::IpAddr;

use inventory::lease::Lease;
use inventory::net::Mac;
use inventory::rack::Node;
use inventory::store::{self, Record, StoreError};

use crate::World;

/// Both ends of a connection or transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Our address: it tells the interface.
    pub local: IpAddr,
    /// The client's address.
    pub remote: IpAddr,
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// A node of the rack file, at its own address, leased to its MAC.
    Node(Box<Node>),
    /// Anybody else, and what is missing.
    Nobody(Nobody),
}

/// Why an address is no node's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nobody {
    /// No node of the rack file has this address.
    NotInRack,
    /// A node has it, but it was never leased to that node's MAC.
    NoLease,
    /// It was leased on another interface than the request came in by.
    OtherInterface,
}

impl Nobody {
    /// In words, for events.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotInRack => "no node of the rack file has this address",
            Self::NoLease => "the address was not leased to the node that owns it",
            Self::OtherInterface => "the address was leased on another interface",
        }
    }
}

/// Finds out who asks, from the rack and the stored leases. Over IPv6 it takes the IPv6 address and the lease of that.
pub fn of(world: &World, ends: Ends) -> Result<Peer, StoreError> {
    let rack = world.rack();
    let remote = ends.remote.to_canonical();
    let Some(node) = rack.node_by_address(remote) else {
        return Ok(Peer::Nobody(Nobody::NotInRack));
    };
    let leased_on = match remote {
        IpAddr::V4(address) => leased_on(world, node, address)?,
        IpAddr::V6(address) => leased_on(world, node, address)?,
    };
    let Some(leased_on) = leased_on else {
        return Ok(Peer::Nobody(Nobody::NoLease));
    };
    let local = ends.local.to_canonical();
    let mut interfaces = rack.appliance.interfaces.iter();
    let arrived = interfaces.find(|it| it.addresses().any(|address| address == local));
    if arrived.is_some_and(|interface| interface.name.as_str() == leased_on) {
        Ok(Peer::Node(Box::new(node.clone())))
    } else {
        Ok(Peer::Nobody(Nobody::OtherInterface))
    }
}

/// The interface that `address` was leased on to the MAC of `node`, if it was.
fn leased_on<A: PartialEq>(
    world: &World,
    node: &Node,
    address: A,
) -> Result<Option<String>, StoreError>
where
    Lease<A>: Record<Key = Mac>,
{
    let lease = store::read::<Lease<A>>(&*world.store, &node.mac)?.map(|found| found.value);
    let lease = lease.filter(|lease| lease.address == address && lease.node == node.name);
    Ok(lease.map(|lease| lease.interface))
}
