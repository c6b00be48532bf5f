//! Who is asking: the node behind a source address. A node is known by its address in the rack file together with a
//! stored lease of its MAC on the interface the request came in by; anybody else is nobody and gets nothing of a node's.
//!
//! The VLAN is trusted only as far as the switch isolates it: an address alone is a claim, the token is the proof.

use std::net::{IpAddr, Ipv4Addr};

use inventory::lease::Lease;
use inventory::rack::Node;
use inventory::store::{self, StoreError};

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

/// Finds out who asks, from the rack and the stored leases.
pub fn of(world: &World, ends: Ends) -> Result<Peer, StoreError> {
    let rack = world.rack();
    let node = v4(ends.remote).and_then(|address| rack.node_by_address(address));
    let Some(node) = node else {
        return Ok(Peer::Nobody(Nobody::NotInRack));
    };
    let lease = store::read::<Lease>(&*world.store, &node.mac)?.map(|found| found.value);
    let Some(lease) = lease.filter(|it| it.address == node.address && it.node == node.name) else {
        return Ok(Peer::Nobody(Nobody::NoLease));
    };
    let mut interfaces = rack.appliance.interfaces.iter();
    let arrived = interfaces.find(|it| Some(it.address) == v4(ends.local));
    if arrived.is_some_and(|interface| interface.name.as_str() == lease.interface) {
        Ok(Peer::Node(Box::new(node.clone())))
    } else {
        Ok(Peer::Nobody(Nobody::OtherInterface))
    }
}

fn v4(address: IpAddr) -> Option<Ipv4Addr> {
    match address.to_canonical() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}
