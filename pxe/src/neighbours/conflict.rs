//! Addresses of the rack file that somebody else uses: heard in any ARP packet, told as an event with the machine's
//! hardware address (RFC 5227 §2.4), and never waited for. In memory; after a power cut a conflict is told once more.

use std::net::{IpAddr, Ipv4Addr};

use inventory::event::{Actor, Event, Subject};
use inventory::message::{Boot, Message};
use inventory::net::Mac;
use inventory::rack::{Interface, Rack};
use inventory::store::Change;

use crate::World;
use crate::wire::Arp;

/// Tells of `arp` if its sender says it has an address that is not its own; `ours` is the interface's hardware address.
pub(crate) fn hear(world: &World, (interface, ours): (&Interface, Mac), arp: &Arp) {
    let rack = world.rack();
    let Some(subject) = rival(&rack, (interface, ours), arp) else {
        return;
    };
    let (address, by) = (arp.sender, arp.sender_mac);
    let now = world.now();
    // One of a node's addresses has few rivals, so what is told is bounded by the nodes of the rack.
    if world.is_due(IpAddr::V4(address), "address in use", &now) {
        tell(world, (interface, subject), (address, by));
    }
}

/// Tells that `by` uses `address`. Nobody waits for it: what is lost is told again.
pub(crate) fn tell(
    world: &World,
    (interface, subject): (&Interface, Subject),
    (address, by): (Ipv4Addr, Mac),
) {
    tracing::warn!(%address, %by, interface = %interface.name, "address in use by another machine");
    let mut change = Change::default();
    change.tell(Event {
        at: world.now().wall,
        actor: Actor::Appliance,
        subject,
        job: None,
        what: Message::Boot(Boot::AddressInUse {
            address,
            by,
            interface: interface.name.to_string(),
        }),
    });
    drop(world.store.submit(change));
}

/// Whose address the sender of `arp` took, if it is not its own.
fn rival(rack: &Rack, (interface, ours): (&Interface, Mac), arp: &Arp) -> Option<Subject> {
    if arp.sender_mac == ours || !arp.claims(arp.sender) {
        return None;
    }
    if arp.sender == interface.address {
        return Some(Subject::Rack);
    }
    let owner = rack.node_by_address(arp.sender.into())?;
    // By MAC through the rack: a node's bond has more than one.
    let sender = rack.node_by_mac(arp.sender_mac).map(|node| &node.name);
    (sender != Some(&owner.name)).then(|| Subject::Node(owner.name.clone()))
}
