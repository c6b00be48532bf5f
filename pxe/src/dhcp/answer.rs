//! What a node's DHCP request is answered: a pure function of the request, the rack and whether the node is armed.
//!
//! By reservation only. A MAC that is not in the rack file is told nothing here, not even a refusal, whatever it sends.

use std::net::{IpAddr, Ipv4Addr};

use inventory::dhcp::Mode;
use inventory::id::OsName;
use inventory::rack::{Interface, Node, Os, Rack};

use super::packet::{Kind, Request};
use super::place::{Asker, Place, Unvouched};
use super::pool;
use super::reply::{self, Boot, Reply, Terms};
use crate::arch::{self, Allowed, BootFile, Booter};

/// What an answer depends on besides the request.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The rack as wanted.
    pub rack: &'a Rack,
    /// Where the request was heard.
    pub interface: &'a Interface,
    /// The node whose MAC it is.
    pub node: Option<&'a Node>,
    /// The OS that the node's arm lets it install now, if it is armed.
    pub armed: Option<&'a OsName>,
}

/// What to do about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "it is taken apart by whoever asked, and never kept"
)]
pub enum Answer {
    /// Send this.
    Say(Reply),
    /// Send nothing.
    Silent(Silence),
}

/// Why nothing is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The MAC is not in the rack file.
    Stranger,
    /// The node is on another network than the rack file says, or on one without addresses.
    Misplaced,
    /// The rack file says that DHCP is not for this network.
    Off,
    /// It speaks to another DHCP server.
    OtherServer,
    /// It asks, of no server in particular, for an address that is not its own; only the addressed server may refuse.
    NotItsAddress,
    /// It gave its address back.
    Released,
    /// No address of the open pool is free for it.
    PoolEmpty,
    /// It found its address in use by somebody else.
    AddressInUse,
    /// Another server gives addresses here, and this is no program that we have a boot file for.
    NothingToBoot,
    /// It takes its address of the other server, as it should.
    TakesItElsewhere,
    /// The other server gives it an address that the rack file does not know it by.
    WrongElsewhere,
    /// It came through a relay that the rack file does not name.
    UnnamedRelay,
    /// It came from another link without a relay.
    OffLink,
}

impl Silence {
    /// About a request that nobody vouches for.
    pub(super) fn about(why: Unvouched<'_>) -> Self {
        match why {
            Unvouched::Relay(..) => Self::UnnamedRelay,
            Unvouched::OffLink => Self::OffLink,
        }
    }
}

/// What `request` is answered.
pub fn answer(request: &Request, facts: &Facts<'_>) -> Answer {
    let asker = Asker::of(request, facts.node, (facts.rack, facts.interface));
    match asker {
        Asker::Stranger(_) | Asker::Nobody => Answer::Silent(Silence::Stranger),
        Asker::Misplaced(_) => Answer::Silent(Silence::Misplaced),
        Asker::Unvouched(why) => Answer::Silent(Silence::about(why)),
        Asker::Node(node, place) => match place.network.dhcp.mode {
            Mode::Off => Answer::Silent(Silence::Off),
            Mode::Proxy => answer_proxied(request, facts, node),
            Mode::Reservations | Mode::Pool => match of_node(request, facts, (node, place)) {
                Some(terms) => answer_node(request, terms, place.network.dhcp.authoritative),
                None => Answer::Silent(Silence::Misplaced),
            },
        },
    }
}

fn answer_node(request: &Request, terms: Terms, is_authoritative: bool) -> Answer {
    if request.server.is_some_and(|server| server != terms.server) {
        return Answer::Silent(Silence::OtherServer);
    }
    match request.kind {
        Kind::Discover => Answer::Say(Reply::Offer(terms)),
        Kind::Request => answer_request(request, terms, is_authoritative),
        Kind::Inform if request.has == Some(terms.address) => Answer::Say(Reply::Informed(terms)),
        Kind::Inform => Answer::Silent(Silence::NotItsAddress),
        Kind::Release => Answer::Silent(Silence::Released),
        Kind::Decline => Answer::Silent(Silence::AddressInUse),
    }
}

/// RFC 2131 §4.3.2: the address stands in option 50 (selecting, after a reboot) or in `ciaddr` (renewing, rebinding).
fn answer_request(request: &Request, terms: Terms, is_authoritative: bool) -> Answer {
    let mut named = request.named().peekable();
    let is_named = named.peek().is_some();
    let server = terms.server;
    if is_named && named.all(|address| address == terms.address) {
        Answer::Say(Reply::Ack(terms))
    } else if request.server == Some(server) || (is_authoritative && is_named) {
        Answer::Say(Reply::Nak { server })
    } else {
        Answer::Silent(Silence::NotItsAddress)
    }
}

/// Beside the site's own server: only boot programs hear from us, and only what they boot. Which address a node takes of
/// the other server is heard with everybody else.
fn answer_proxied(request: &Request, facts: &Facts<'_>, node: &Node) -> Answer {
    let server = facts.interface.address;
    match request.kind {
        Kind::Discover => match boot_beside(request, facts, node) {
            Some(file) => Answer::Say(Reply::ProxyOffer(Boot { server, file })),
            None => Answer::Silent(Silence::NothingToBoot),
        },
        Kind::Request if request.named().next().is_none() => Answer::Silent(Silence::NothingToBoot),
        Kind::Request if request.named().all(|address| address == node.address) => {
            Answer::Silent(Silence::TakesItElsewhere)
        }
        Kind::Request => Answer::Silent(Silence::WrongElsewhere),
        Kind::Inform | Kind::Release | Kind::Decline => Answer::Silent(Silence::OtherServer),
    }
}

/// What a request to port 4011 is answered (PXE 2.1 §2.2.3): the client has its address, and asks what it boots.
pub fn answer_boot_server(request: &Request, facts: &Facts<'_>) -> Answer {
    let asker = Asker::of(request, facts.node, (facts.rack, facts.interface));
    let (node, place) = match asker {
        Asker::Node(node, place) => (node, place),
        Asker::Unvouched(why) => return Answer::Silent(Silence::about(why)),
        Asker::Misplaced(_) | Asker::Stranger(_) | Asker::Nobody => {
            return Answer::Silent(Silence::Stranger);
        }
    };
    let server = facts.interface.address;
    match (place.network.dhcp.mode, request.kind) {
        (Mode::Proxy, Kind::Request | Kind::Inform) if request.has == Some(node.address) => {
            match boot_beside(request, facts, node) {
                Some(file) => Answer::Say(Reply::ProxyAck(Boot { server, file })),
                None => Answer::Silent(Silence::NothingToBoot),
            }
        }
        (Mode::Proxy, Kind::Request | Kind::Inform) => Answer::Silent(Silence::WrongElsewhere),
        (Mode::Proxy, Kind::Discover | Kind::Release | Kind::Decline) => {
            Answer::Silent(Silence::NothingToBoot)
        }
        (Mode::Reservations | Mode::Pool | Mode::Off, _) => Answer::Silent(Silence::Off),
    }
}

/// What the node is told. None if its network has no subnet, which the check of the rack file does not let through.
fn of_node(
    request: &Request,
    facts: &Facts<'_>,
    (node, place): (&Node, Place<'_>),
) -> Option<Terms> {
    let terms = terms(facts, place, (node.address, reply::LEASE_SECONDS))?;
    Some(Terms {
        host: Some(node.name.to_string()),
        boot: boot(request, facts, node),
        ..terms
    })
}

/// What a stranger of an open pool is told that gets `address`.
pub(super) fn of_guest(
    request: &Request,
    facts: &Facts<'_>,
    (address, place): (Ipv4Addr, Place<'_>),
) -> Option<Terms> {
    let terms = terms(facts, place, (address, pool::LEASE_SECONDS))?;
    Some(Terms {
        boot: screen(request, facts),
        ..terms
    })
}

/// The loader that ends at the screen which says who the machine is, and then at its own disk. Any OS of the rack file will
/// do: of its loader nothing but the signature counts, the text is ours. The first one, so that it stays the same.
fn screen(request: &Request, facts: &Facts<'_>) -> Option<BootFile> {
    let booter = Booter::of(request.client, &request.vendor_class, request.arch)?;
    let os = facts.rack.oses.first_key_value()?;
    let server = facts.interface.address.into();
    Some(arch::boot_file(booter, Allowed::Screen, os, server))
}

/// What a client of `place` is told that gets `address` for so many seconds.
fn terms(
    facts: &Facts<'_>,
    place: Place<'_>,
    (address, lease_seconds): (Ipv4Addr, u32),
) -> Option<Terms> {
    let server = facts.interface.address;
    let site = &facts.rack.site;
    let mut ntp = vec![server];
    ntp.extend(v4(&site.ntp));
    Some(Terms {
        server,
        address,
        lease_seconds,
        subnet: place.network.subnet?,
        router: place.network.gateway,
        routes: place.network.dhcp.routes.clone(),
        mtu: place.network.mtu,
        dns: v4(&site.dns).collect(),
        ntp,
        host: None,
        domain: site.domain.to_string(),
        search: site.search.iter().map(ToString::to_string).collect(),
        boot: None,
    })
}

fn v4(addresses: &[IpAddr]) -> impl Iterator<Item = Ipv4Addr> {
    addresses.iter().filter_map(|address| match address {
        IpAddr::V4(address) => Some(*address),
        IpAddr::V6(_) => None,
    })
}

/// A node that is not armed gets a loader as well: the script it then asks for says "boot your own disk".
fn boot(request: &Request, facts: &Facts<'_>, node: &Node) -> Option<BootFile> {
    let (booter, allowed, os) = booting(request, facts, node)?;
    let server = facts.interface.address.into();
    Some(arch::boot_file(booter, allowed, os, server))
}

/// The same beside another DHCP server.
fn boot_beside(request: &Request, facts: &Facts<'_>, node: &Node) -> Option<BootFile> {
    let (booter, allowed, os) = booting(request, facts, node)?;
    arch::boot_file_beside(booter, allowed, os, facts.interface.address.into())
}

/// What asks, what its machine may run, and the OS whose loader it gets.
fn booting<'a>(
    request: &Request,
    facts: &Facts<'a>,
    node: &Node,
) -> Option<(Booter, Allowed, (&'a OsName, &'a Os))> {
    let booter = Booter::of(request.client, &request.vendor_class, request.arch)?;
    let rack = facts.rack;
    let (allowed, name) = match facts.armed {
        Some(name) => (Allowed::Installer, name),
        None => (Allowed::OwnDisk, &rack.profiles.get(&node.profile)?.os),
    };
    Some((booter, allowed, rack.oses.get_key_value(name)?))
}
