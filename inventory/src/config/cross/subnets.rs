//! Subnets share no address, and what belongs in a subnet is in it.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_spanned::Spanned;

use crate::config::draft::{Draft, network};
use crate::config::problem::Addressing;
use crate::config::report::Report;
use crate::dhcp::Mode;
use crate::id::NetworkName;
use crate::rack::Role;

pub(super) fn check(draft: &Draft, report: &Report<'_>) {
    overlaps(draft, report);
    for (name, network) in &draft.networks {
        if let Some(gateway) = &network.gateway {
            inside(report, (name, network), gateway);
        }
        // Routers are mostly known by their link-local address (RFC 4861 §4.2).
        let gateway6 = network.gateway6.as_ref();
        if let Some(gateway) = gateway6.filter(|it| !it.get_ref().is_unicast_link_local()) {
            inside(report, (name, network), gateway);
        }
        for route in &network.routes {
            let via = Spanned::new(route.span(), route.get_ref().via);
            inside(report, (name, network), &via);
        }
        if let Some(pool) = &network.pool {
            let (first, last) = *pool.get_ref();
            let ends = [first, last].map(|end| Spanned::new(pool.span(), end));
            if inside(report, (name, network), &ends[0]) {
                inside(report, (name, network), &ends[1]);
            }
            if first > last {
                report.add(pool.span().start, Addressing::PoolReversed { first, last });
            }
        }
    }
    members(draft, report);
    over_ipv6(draft, report);
    modes(draft, report);
}

/// A mode of DHCP has what it needs.
fn modes(draft: &Draft, report: &Report<'_>) {
    for (name, network) in &draft.networks {
        let network_name = || name.get_ref().clone();
        let gives = match network.mode() {
            Mode::Reservations => true,
            Mode::Pool => {
                if let (None, Some(mode)) = (&network.pool, &network.dhcp) {
                    let network = network_name();
                    report.add(mode.span().start, Addressing::NoPool { network });
                }
                true
            }
            Mode::Proxy | Mode::Off => false,
        };
        let said = network.authoritative.as_ref();
        if let Some(said) = said.filter(|said| *said.get_ref() && !gives) {
            let network = network_name();
            report.add(said.span().start, Addressing::NoAuthority { network });
        }
    }
}

/// Nodes in the management network, interfaces of the appliance in theirs, BMCs in one of theirs.
fn members(draft: &Draft, report: &Report<'_>) {
    for interface in draft.appliance.iter().flat_map(|a| &a.interfaces) {
        let network = interface.network.as_ref();
        let network = network.and_then(|network| draft.network(network.get_ref()));
        let Some((name, network)) = network else {
            continue;
        };
        if let Some(address) = &interface.address {
            inside(report, (name, network), address);
        }
        if let Some(address) = &interface.address6 {
            has_subnet6(report, (name, network), address);
            inside(report, (name, network), address);
        }
    }
    let management = draft.of_role(Role::Management).next();
    for address in draft.nodes.iter().filter_map(|node| node.address.as_ref()) {
        if let Some((name, network)) = management {
            inside(report, (name, network), address);
        }
    }
    bmcs(draft, report);
}

/// Nodes with IPv6 addresses: in the management network, where the appliance has one too and answers.
fn over_ipv6(draft: &Draft, report: &Report<'_>) {
    let Some((name, network)) = draft.of_role(Role::Management).next() else {
        return;
    };
    let nodes = draft.nodes.iter();
    let addresses: Vec<_> = nodes.filter_map(|node| node.address6.as_ref()).collect();
    for address in &addresses {
        has_subnet6(report, (name, network), address);
        inside(report, (name, network), address);
    }
    if let Some(first) = addresses.first() {
        somebody_answers(draft, report, name.get_ref(), first.span().start);
    }
    let ra = network.ra.as_ref().filter(|ra| *ra.get_ref());
    if let Some(ra) = ra.filter(|_| network.says_subnet6) {
        somebody_answers(draft, report, name.get_ref(), ra.span().start);
    }
}

/// Without any interface there, that is told already.
fn somebody_answers(draft: &Draft, report: &Report<'_>, name: &NetworkName, at: usize) {
    let interfaces = draft.appliance.iter().flat_map(|a| &a.interfaces);
    let there = interfaces.filter(|it| it.network.as_ref().map(Spanned::get_ref) == Some(name));
    let mute = there.map(|interface| interface.address6.is_none());
    if mute.reduce(|all, this| all && this) == Some(true) {
        let network = name.clone();
        report.add(at, Addressing::NobodyAnswers6 { network });
    }
}

fn has_subnet6<T>(
    report: &Report<'_>,
    (name, network): (&Spanned<NetworkName>, &network::Draft),
    address: &Spanned<T>,
) {
    if !network.says_subnet6 {
        let problem = Addressing::NoSubnet {
            key: "address6",
            subnet: "subnet6",
            network: name.get_ref().clone(),
        };
        report.add(address.span().start, problem);
    }
}

/// A BMC may stand in any network of role `bmc`, or with its node. A rack without a subnet for BMCs routes to them.
fn bmcs(draft: &Draft, report: &Report<'_>) {
    let own = || draft.of_role(Role::Bmc);
    let Some((name, network, subnet)) = own().find_map(|(name, network)| {
        let subnet = network.subnets().next()?;
        Some((name, network, *subnet.get_ref()))
    }) else {
        return;
    };
    let homes = || own().chain(draft.of_role(Role::Management));
    let nets = || homes().flat_map(|(_, network)| network.subnets());
    let addresses = draft.nodes.iter().filter_map(|node| node.bmc.as_ref());
    for address in addresses.filter_map(|bmc| bmc.address.as_ref()) {
        let ip = address.get_ref().ip();
        let home = nets().any(|net| net.get_ref().contains(&ip));
        if !home {
            let problem = Addressing::Outside {
                address: ip,
                network: name.get_ref().clone(),
                subnet,
                also: report.line(network.at),
            };
            report.add(address.span().start, problem);
        }
    }
}

/// Whether a host of the network can have `address`; reports it if not.
pub(super) fn inside(
    report: &Report<'_>,
    (name, network): (&Spanned<NetworkName>, &network::Draft),
    address: &Spanned<impl Into<IpAddr> + Copy>,
) -> bool {
    let (at, address): (_, IpAddr) = (address.span().start, (*address.get_ref()).into());
    let of_family =
        |subnet: &Spanned<IpNet>| subnet.get_ref().addr().is_ipv4() == address.is_ipv4();
    let Some(subnet) = network.subnets().find(of_family) else {
        return true;
    };
    let net = *subnet.get_ref();
    if !net.contains(&address) {
        let problem = Addressing::Outside {
            address,
            network: name.get_ref().clone(),
            subnet: net,
            also: report.line(subnet.span().start),
        };
        report.add(at, problem);
        return false;
    }
    let edge = address == net.network() || (address.is_ipv4() && address == net.broadcast());
    if edge {
        let subnet = net;
        report.add(at, Addressing::Edge { address, subnet });
    }
    !edge
}

fn overlaps(draft: &Draft, report: &Report<'_>) {
    let mut earlier: Vec<(&NetworkName, IpNet, usize)> = Vec::new();
    let networks = draft.networks.iter();
    let subnets = networks.flat_map(|(name, network)| network.subnets().map(move |it| (name, it)));
    for (name, subnet) in subnets {
        let (at, net) = (subnet.span().start, *subnet.get_ref());
        for (with, other, also) in &earlier {
            if net.contains(other) || other.contains(&net) {
                let problem = Addressing::Overlap {
                    subnet: net,
                    with: (*with).clone(),
                    other: *other,
                    also: *also,
                };
                report.add(at, problem);
            }
        }
        earlier.push((name.get_ref(), net, report.line(at)));
    }
}
