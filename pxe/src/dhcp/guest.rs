//! What a stranger's request is answered while the pool of its network is open. Pure but for the pool it is given.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::answer::Silence;
use super::packet::{Kind, Request};
use super::pool::{Pool, Taken};

/// What happened between a stranger and the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guest {
    /// It is offered this address.
    Offered(Ipv4Addr),
    /// This address is its own now. Whether the platter says so already.
    Given { address: Ipv4Addr, is_durable: bool },
    /// It asked us for an address that it cannot have.
    Refused,
    /// It needs this address no longer.
    Released(Ipv4Addr),
    /// It found somebody else on this address.
    Declined(Ipv4Addr),
    /// Nothing is answered.
    Silent(Silence),
}

/// What becomes of `request`, sent to `server` of a network of which we know every address or not.
pub(super) fn receive(
    request: &Request,
    pool: &mut Pool,
    (server, is_authoritative): (Ipv4Addr, bool),
    now: Duration,
) -> Guest {
    if request.server.is_some_and(|its| its != server) {
        // It took another server's offer: ours is free again.
        pool.forget(request.mac);
        return Guest::Silent(Silence::OtherServer);
    }
    let mac = request.mac;
    match request.kind {
        Kind::Discover => match pool.offer(mac, request.wants, now) {
            Some(address) => Guest::Offered(address),
            None => Guest::Silent(Silence::PoolEmpty),
        },
        Kind::Request => take(request, pool, (server, is_authoritative), now),
        Kind::Release => match request.has {
            Some(address) if pool.release(mac, address) => Guest::Released(address),
            Some(_) | None => Guest::Silent(Silence::NotItsAddress),
        },
        Kind::Decline => match request.wants {
            Some(address) if pool.decline(mac, address, now) => Guest::Declined(address),
            Some(_) | None => Guest::Silent(Silence::NotItsAddress),
        },
        // It has an address by other means, of which we know nothing.
        Kind::Inform => Guest::Silent(Silence::NotItsAddress),
    }
}

fn take(
    request: &Request,
    pool: &mut Pool,
    (server, is_authoritative): (Ipv4Addr, bool),
    now: Duration,
) -> Guest {
    let is_ours = request.server == Some(server);
    let Some(address) = request.wants.or(request.has) else {
        return Guest::Silent(Silence::NotItsAddress);
    };
    match pool.take((request.mac, address), is_ours, now) {
        Taken::Yes { is_durable } => Guest::Given {
            address,
            is_durable,
        },
        Taken::No if is_ours || is_authoritative => Guest::Refused,
        Taken::No => Guest::Silent(Silence::NotItsAddress),
    }
}
