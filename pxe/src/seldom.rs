//! Keeps what strangers can provoke from filling the event log: the same thing of the same node, or from the same place, is
//! told once in a while. In memory only; after a power cut it is told once more.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use inventory::clock::Now;
use inventory::id::NodeName;

/// How long the same thing from the same place is not told again: often enough to see that it goes on.
pub(crate) const PAUSE: Duration = Duration::from_secs(600);

/// How many things of strangers are remembered at once; while more go on than this, further ones are not told.
const STRANGERS: usize = 1024;

/// What was told, about whom, and when (monotonic clock).
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<Told>);

#[derive(Debug, Default)]
struct Told {
    /// Bounded by the nodes of the rack file: none is refused because strangers are many.
    nodes: HashMap<(NodeName, &'static str), Duration>,
    strangers: HashMap<(IpAddr, &'static str), Duration>,
}

impl Seldom {
    /// Whether `what` about a node is to be told now; if so, it counts as told.
    pub(crate) fn is_due_of_node(&self, node: &NodeName, what: &'static str, now: &Now) -> bool {
        is_due(&mut self.told().nodes, (node.clone(), what), now)
    }

    /// The same about an address of no node. One of IPv6 stands for its /64: a host makes up as many there as it likes
    /// (RFC 8981).
    pub(crate) fn is_due(&self, who: IpAddr, what: &'static str, now: &Now) -> bool {
        let (mut told, who) = (self.told(), place(who));
        let strangers = &mut told.strangers;
        if strangers.len() >= STRANGERS {
            strangers.retain(|_, at| is_fresh(*at, now));
        }
        let has_room = strangers.len() < STRANGERS || strangers.contains_key(&(who, what));
        has_room && is_due(strangers, (who, what), now)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_due<K: Eq + Hash>(told: &mut HashMap<K, Duration>, key: K, now: &Now) -> bool {
    let is_due = told.get(&key).is_none_or(|at| !is_fresh(*at, now));
    if is_due {
        told.insert(key, now.mono);
    }
    is_due
}

fn is_fresh(at: Duration, now: &Now) -> bool {
    now.mono.saturating_sub(at) < PAUSE
}

fn place(who: IpAddr) -> IpAddr {
    match who.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let prefix = u128::from(address) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn v6(network: u16, host: u16) -> IpAddr {
        Ipv6Addr::new(0xfd00, 0x77, 0, network, 0, 0, 0, host).into()
    }

    #[test]
    fn a_host_is_told_once_whatever_addresses_it_makes_up_and_mutes_nobody() {
        let scene = fixture::leased();
        let (world, node) = (&scene.world, fixture::node(&scene.world, "kvm-01"));
        let now = world.now();
        let flood = (0..60_000).filter(|host| world.is_due(v6(0x99, *host), "stray", &now));
        assert_eq!(flood.count(), 1);
        assert!(world.is_due(v6(0x98, 1), "stray", &now), "another network");
        assert!(world.is_due("10.77.10.200".parse().unwrap(), "stray", &now));
        for address in [node.address.into(), node.address6.unwrap().into()] {
            let is_first = address == IpAddr::from(node.address);
            assert_eq!(world.is_due(address, "stray", &now), is_first, "one node");
        }
        scene.clock.forward(PAUSE);
        assert!(world.is_due(v6(0x99, 7), "stray", &world.now()));
    }

    #[test]
    fn strangers_are_bounded_and_no_node_is_refused_for_them() {
        let scene = fixture::leased();
        let (world, now) = (&scene.world, scene.world.now());
        let many = (0..60_000).filter(|network| world.is_due(v6(*network, 1), "stray", &now));
        assert_eq!(many.count(), STRANGERS);
        assert!(!world.is_due("10.77.10.200".parse().unwrap(), "stray", &now));
        for node in world.rack().nodes.values() {
            assert!(world.is_due(node.address.into(), "stray", &now));
        }
        scene.clock.forward(PAUSE);
        assert!(world.is_due(v6(1, 1), "stray", &world.now()));
    }
}
