//! Relays that the rack file does not name: what they hand on changes nothing here, and a person is told, seldom, for it
//! may be a site's own relay that somebody forgot to write down.

use std::net::IpAddr;

use inventory::event::{Actor, Event, Subject};
use inventory::id::NetworkName;
use inventory::message::{Boot, Message};
use inventory::store::Change;

use crate::World;

/// Tells that `relay` spoke for clients of `network`, if that is one of the rack file. No answer waits for it.
pub(crate) fn tell(world: &World, (relay, network): (IpAddr, Option<&NetworkName>)) {
    tracing::debug!(%relay, ?network, "not a relay of the rack file: no answer");
    let now = world.now();
    if !world.is_due(relay, "relay", &now) {
        return;
    }
    let mut change = Change::default();
    change.tell(Event {
        at: now.wall,
        actor: Actor::Appliance,
        subject: Subject::Rack,
        job: None,
        what: Message::Boot(Boot::RelayNotNamed {
            relay,
            network: network.cloned(),
        }),
    });
    drop(world.store.submit(change));
}
