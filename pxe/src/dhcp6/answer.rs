//! What a DHCPv6 packet is answered: a pure function of the packet, the rack and whether the node is armed.
//!
//! By reservation only. A card that is not in the rack file is told nothing, not even that it is refused.

use std::net::{IpAddr, Ipv6Addr};

use inventory::id::{NetworkName, OsName, Sha256};
use inventory::rack::{Interface, Node, Rack};

use super::packet::{Ia, Kind, Request, Via};
use super::reply::{Reply, Settings, Terms};
use crate::arch::{self, Allowed, BootFile, Booter};

/// What an answer depends on besides the packet.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The rack as wanted.
    pub rack: &'a Rack,
    /// This appliance, as its clients see it.
    pub server: Ipv6Addr,
    /// The OS that the node's arm lets it install now, if it is armed.
    pub armed: Option<&'a OsName>,
}

/// Who sent a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker<'a> {
    /// A node of the rack file, on the network it boots in, and the address it has there.
    Node(&'a Node, Ipv6Addr),
    /// A node of the rack file, on another network than its own, or without an IPv6 address.
    Misplaced(&'a Node),
    /// Not in the rack file.
    Stranger(inventory::net::Mac),
    /// Nothing tells which card it is.
    Nameless,
    /// It came by this relay, which is none of the network that it is to be answered for: what it says may be anybody's word.
    Unvouched(Ipv6Addr, Option<&'a NetworkName>),
}

/// What to do about a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Send this.
    Say(Reply),
    /// Send nothing.
    Silent(Silence),
}

/// Why nothing is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The card is not in the rack file.
    Stranger,
    /// The node is on another network than the rack file says, or has no IPv6 address.
    Misplaced,
    /// Nothing tells which card it is.
    Nameless,
    /// It came through a relay that the rack file does not name.
    UnnamedRelay,
    /// It speaks to another DHCP server.
    OtherServer,
    /// It names no address that could be confirmed (RFC 8415 §18.3.3).
    NothingToConfirm,
}

/// Who sent `request`, heard on `interface`.
pub fn asker<'a>(request: &Request, rack: &'a Rack, interface: &'a Interface) -> Asker<'a> {
    let home = match home(request, rack, interface) {
        Ok(home) => home,
        Err((relay, network)) => return Asker::Unvouched(relay, network),
    };
    let Some(mac) = request.mac else {
        return Asker::Nameless;
    };
    let Some(node) = rack.node_by_mac(mac) else {
        return Asker::Stranger(mac);
    };
    match node.address6 {
        Some(address) if node.network == *home => Asker::Node(node, address),
        Some(_) | None => Asker::Misplaced(node),
    }
}

/// The network of the client's link; or the relay that must not speak for it, and the network it spoke for.
fn home<'a>(
    request: &Request,
    rack: &'a Rack,
    interface: &'a Interface,
) -> Result<&'a NetworkName, (Ipv6Addr, Option<&'a NetworkName>)> {
    let Via::Relay(relay) = request.via else {
        return Ok(&interface.network);
    };
    let network = match link(request) {
        Some(link) => around(rack, link),
        None => Some(&interface.network),
    };
    let named = network.filter(|name| rack.is_relay(relay.into(), (name, &interface.network)));
    named.ok_or((relay, network))
}

fn around(rack: &Rack, address: Ipv6Addr) -> Option<&NetworkName> {
    let mut networks = rack.networks.iter();
    let found = networks.find(|(_, network)| {
        let subnet = network.subnet6.as_ref();
        subnet.is_some_and(|subnet| subnet.contains(&address))
    });
    found.map(|(name, _)| name)
}

/// An address on the client's link, of the relay nearest to it that has one (RFC 8415 §13.1). Without one it is our link: a
/// relay inside a switch has none to say (RFC 6221).
fn link(request: &Request) -> Option<Ipv6Addr> {
    let links = request.relays.iter().rev().map(|relay| relay.link);
    let mut links = links.filter(|link| !link.is_unspecified() && !link.is_unicast_link_local());
    links.next()
}

/// The answer to `request` of `node`, whose address is `address`.
pub fn answer(request: &Request, facts: &Facts<'_>, (node, address): (&Node, Ipv6Addr)) -> Answer {
    let ours = server_id(facts.server);
    if request
        .server
        .as_ref()
        .is_some_and(|server| *server != ours)
    {
        return Answer::Silent(Silence::OtherServer);
    }
    let terms = |takes_back| Terms {
        address,
        takes_back,
        settings: settings(request, facts, node),
    };
    let leased = |rapid, takes_back| Reply::Leased {
        terms: terms(takes_back),
        rapid,
    };
    Answer::Say(match request.kind {
        Kind::Solicit { rapid: false } => Reply::Advertise(terms(false)),
        Kind::Solicit { rapid: true } => leased(true, false),
        Kind::Request => leased(false, false),
        // What we gave before the rack file changed is taken back. What another server gave runs out by itself.
        Kind::Renew => leased(false, true),
        Kind::Rebind => leased(false, false),
        Kind::Confirm => return confirm(request, address),
        Kind::Release | Kind::Decline => Reply::Noted,
        Kind::Inform => Reply::Informed(settings(request, facts, node)),
    })
}

/// Another address of the same link would be right for RFC 8415 §18.3.3. A no makes the client ask anew, and it gets its own.
fn confirm(request: &Request, address: Ipv6Addr) -> Answer {
    let mut named = request.ias.iter().flat_map(Ia::named).peekable();
    if named.peek().is_none() {
        return Answer::Silent(Silence::NothingToConfirm);
    }
    let is_right = named.all(|its| *its == address);
    Answer::Say(Reply::Confirmed { is_right })
}

/// DUID-UUID (RFC 6355), made of the appliance's address: nothing to keep, and the same after a power cut and on a new board.
pub fn server_id(server: Ipv6Addr) -> Vec<u8> {
    let sum = Sha256::of(format!("hinode DHCPv6 server {server}").as_bytes());
    let mut id = vec![0, 4];
    id.extend(&sum.0[..16]);
    id
}

fn settings(request: &Request, facts: &Facts<'_>, node: &Node) -> Settings {
    let site = &facts.rack.site;
    let mut ntp = vec![facts.server];
    ntp.extend(v6(&site.ntp));
    Settings {
        dns: v6(&site.dns).collect(),
        ntp,
        domain: site.domain.to_string(),
        boot: boot(request, facts, node),
    }
}

fn v6(addresses: &[IpAddr]) -> impl Iterator<Item = Ipv6Addr> {
    addresses.iter().filter_map(|address| match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => Some(*address),
    })
}

/// A node that is not armed gets a loader as well: the script it then asks for says "boot your own disk".
fn boot(request: &Request, facts: &Facts<'_>, node: &Node) -> Option<String> {
    let booter = Booter::of(request.client, &request.vendor_class, request.arch)?;
    let (rack, server) = (facts.rack, facts.server);
    let (allowed, name) = match facts.armed {
        Some(name) => (Allowed::Installer, name),
        None => (Allowed::OwnDisk, &rack.profiles.get(&node.profile)?.os),
    };
    let os = rack.oses.get(name)?;
    let file = arch::boot_file(booter, allowed, (name, os), server.into());
    Some(match file {
        BootFile::Tftp(path) => format!("tftp://[{server}]/{path}"),
        BootFile::Http(url) => url,
    })
}
