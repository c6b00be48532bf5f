//! Subnets share no address, and what belongs in a subnet is in it.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::Ipv4Net;
use serde_spanned::Spanned;

use crate::config::draft::{Draft, network};
use crate::config::problem::Addressing;
use crate::config::report::Report;
use crate::id::NetworkName;
use crate::rack::Role;

pub(super) fn check(draft: &Draft, report: &Report<'_>) {
    overlaps(draft, report);
    for (name, network) in &draft.networks {
        if let Some(gateway) = &network.gateway {
            inside(report, (name, network), gateway);
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
}

/// Nodes in the management network, interfaces of the appliance in theirs, BMCs in one of theirs.
fn members(draft: &Draft, report: &Report<'_>) {
    for interface in draft.appliance.iter().flat_map(|a| &a.interfaces) {
        let network = interface.network.as_ref();
        let network = network.and_then(|network| draft.network(network.get_ref()));
        if let (Some((name, network)), Some(address)) = (network, &interface.address) {
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

/// A BMC may stand in any network of role `bmc`, or with its node. A rack without a subnet for BMCs routes to them.
fn bmcs(draft: &Draft, report: &Report<'_>) {
    let own = || draft.of_role(Role::Bmc);
    let Some((name, network, subnet)) = own().find_map(|(name, network)| {
        let subnet = network.subnet.as_ref()?;
        Some((name, network, *subnet.get_ref()))
    }) else {
        return;
    };
    let homes = || own().chain(draft.of_role(Role::Management));
    let nets = || homes().filter_map(|(_, network)| Some(*network.subnet.as_ref()?.get_ref()));
    let addresses = draft.nodes.iter().filter_map(|node| node.bmc.as_ref());
    for address in addresses.filter_map(|bmc| bmc.address.as_ref()) {
        let ip = address.get_ref().ip();
        let home = nets().any(|net| matches!(ip, IpAddr::V4(v4) if net.contains(&v4)));
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
fn inside(
    report: &Report<'_>,
    (name, network): (&Spanned<NetworkName>, &network::Draft),
    address: &Spanned<Ipv4Addr>,
) -> bool {
    let Some(subnet) = &network.subnet else {
        return true;
    };
    let (at, address, net) = (address.span().start, *address.get_ref(), *subnet.get_ref());
    if !net.contains(&address) {
        let problem = Addressing::Outside {
            address: address.into(),
            network: name.get_ref().clone(),
            subnet: net,
            also: report.line(subnet.span().start),
        };
        report.add(at, problem);
        return false;
    }
    let edge = address == net.network() || address == net.broadcast();
    if edge {
        let subnet = net;
        report.add(at, Addressing::Edge { address, subnet });
    }
    !edge
}

fn overlaps(draft: &Draft, report: &Report<'_>) {
    let mut earlier: Vec<(&NetworkName, Ipv4Net, usize)> = Vec::new();
    for (name, network) in &draft.networks {
        let Some(subnet) = &network.subnet else {
            continue;
        };
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
