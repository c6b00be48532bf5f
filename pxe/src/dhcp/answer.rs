//! What a DHCP request is answered: a pure function of the request, the rack and whether the node is armed.
//!
//! By reservation only. A MAC that is not in the rack file is told nothing, not even a refusal, whatever it sends.

use std::net::{IpAddr, Ipv4Addr};

use inventory::id::OsName;
use inventory::rack::{Interface, Network, Node, Rack};

use super::packet::{Kind, Request};
use super::reply::{Reply, Terms};
use crate::arch::{self, Allowed, BootFile, Booter};

/// What an answer depends on besides the request.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The rack as wanted.
    pub rack: &'a Rack,
    /// Where the request was heard.
    pub interface: &'a Interface,
    /// The OS that the node's arm lets it install now, if it is armed.
    pub armed: Option<&'a OsName>,
}

/// Who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker<'a> {
    /// A node of the rack file, on the network it boots in.
    Node(&'a Node, &'a Network),
    /// A node of the rack file, on another network than its own.
    Misplaced(&'a Node),
    /// Not in the rack file.
    Stranger,
}

/// What to do about a request.
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
    /// The MAC is not in the rack file.
    Stranger,
    /// The node is on another network than the rack file says.
    Misplaced,
    /// It speaks to another DHCP server.
    OtherServer,
    /// It asks, of no server in particular, for an address that is not its own; only the addressed server may refuse.
    NotItsAddress,
    /// It gave the address back; the reservation stays.
    Released,
    /// It found its address in use by somebody else.
    AddressInUse,
}

/// Who sent `request`, heard on `interface`.
pub fn asker<'a>(request: &Request, rack: &'a Rack, interface: &Interface) -> Asker<'a> {
    let Some(node) = rack.node_by_mac(request.mac) else {
        return Asker::Stranger;
    };
    let network = rack.networks.get(&node.network);
    let is_here = |network: &&Network| match (request.relay, network.subnet) {
        (Some(relay), Some(subnet)) => subnet.contains(&relay),
        (Some(_), None) => false,
        (None, _) => node.network == interface.network,
    };
    match network.filter(is_here) {
        Some(network) => Asker::Node(node, network),
        None => Asker::Misplaced(node),
    }
}

/// What `request` is answered.
pub fn answer(request: &Request, facts: &Facts<'_>) -> Answer {
    match asker(request, facts.rack, facts.interface) {
        Asker::Stranger => Answer::Silent(Silence::Stranger),
        Asker::Misplaced(_) => Answer::Silent(Silence::Misplaced),
        Asker::Node(node, network) => match terms(request, facts, (node, network)) {
            Some(terms) => answer_node(request, terms),
            None => Answer::Silent(Silence::Misplaced),
        },
    }
}

fn answer_node(request: &Request, terms: Terms) -> Answer {
    if request.server.is_some_and(|server| server != terms.server) {
        return Answer::Silent(Silence::OtherServer);
    }
    match request.kind {
        Kind::Discover => Answer::Say(Reply::Offer(terms)),
        Kind::Request => answer_request(request, terms),
        Kind::Inform if request.has == Some(terms.address) => Answer::Say(Reply::Informed(terms)),
        Kind::Inform => Answer::Silent(Silence::NotItsAddress),
        Kind::Release => Answer::Silent(Silence::Released),
        Kind::Decline => Answer::Silent(Silence::AddressInUse),
    }
}

/// RFC 2131 §4.3.2: the address stands in option 50 (selecting, after a reboot) or in `ciaddr` (renewing, rebinding).
fn answer_request(request: &Request, terms: Terms) -> Answer {
    let mut named = [request.wants, request.has]
        .into_iter()
        .flatten()
        .peekable();
    let is_named = named.peek().is_some();
    if is_named && named.all(|address| address == terms.address) {
        Answer::Say(Reply::Ack(terms))
    } else if request.server == Some(terms.server) {
        Answer::Say(Reply::Nak {
            server: terms.server,
        })
    } else {
        Answer::Silent(Silence::NotItsAddress)
    }
}

/// What the node is told. None if its network has no subnet, which the check of the rack file does not let through.
fn terms(
    request: &Request,
    facts: &Facts<'_>,
    (node, network): (&Node, &Network),
) -> Option<Terms> {
    let server = facts.interface.address;
    let site = &facts.rack.site;
    let mut ntp = vec![server];
    ntp.extend(v4(&site.ntp));
    Some(Terms {
        server,
        address: node.address,
        subnet: network.subnet?,
        router: network.gateway,
        dns: v4(&site.dns).collect(),
        ntp,
        host: node.name.to_string(),
        domain: site.domain.to_string(),
        boot: boot(request, facts, node),
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
    let booter = Booter::of(request.client, &request.vendor_class, request.arch)?;
    let (allowed, name) = match facts.armed {
        Some(name) => (Allowed::Installer, name),
        None => (
            Allowed::OwnDisk,
            &facts.rack.profiles.get(&node.profile)?.os,
        ),
    };
    let os = facts.rack.oses.get(name)?;
    let server = facts.interface.address.into();
    Some(arch::boot_file(booter, allowed, (name, os), server))
}
