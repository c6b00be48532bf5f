//! What a node and its profile come to together: ports for its bond, addresses in networks that reach it.

use std::net::IpAddr;

use serde_spanned::Spanned;

use super::subnets::inside;
use crate::config::draft::{Draft, node};
use crate::config::problem::{Addressing, Host};
use crate::config::report::Report;
use crate::id::NetworkName;
use crate::rack::Role;

pub(super) fn check(draft: &Draft, report: &Report<'_>) {
    for node in &draft.nodes {
        bond(draft, report, node);
        for (network, address) in &node.addresses {
            elsewhere(draft, report, (network, address), ["addresses", "subnet"]);
        }
        for (network, address) in &node.addresses6 {
            elsewhere(draft, report, (network, address), ["addresses6", "subnet6"]);
        }
    }
}

fn bond(draft: &Draft, report: &Report<'_>, node: &node::Draft) {
    let Some(name) = &node.profile else {
        return;
    };
    let profile = draft.profile(name.get_ref());
    let Some(bond) = profile.and_then(|profile| profile.bond.as_ref()) else {
        return;
    };
    if node.bond_macs.is_empty() && !node.says_bond_macs {
        let problem = Host::BondOfOne {
            profile: name.get_ref().clone(),
            also: report.line(bond.span().start),
        };
        report.add(name.span().start, problem);
    }
}

fn elsewhere<A: Into<IpAddr> + Copy>(
    draft: &Draft,
    report: &Report<'_>,
    (name, address): (&Spanned<NetworkName>, &Spanned<A>),
    [key, subnet]: [&'static str; 2],
) {
    let Some((its, network)) = draft.network(name.get_ref()) else {
        return;
    };
    let (at, network_name) = (name.span().start, name.get_ref().clone());
    let has_subnet = match (*address.get_ref()).into() {
        IpAddr::V4(_) => network.says_subnet,
        IpAddr::V6(_) => network.says_subnet6,
    };
    let role = network.role.as_ref().map(Spanned::get_ref);
    if role == Some(&Role::Management) {
        let network = network_name;
        report.add(at, Host::BootAddress { key, network });
    } else if role == Some(&Role::Parking) || network.has_several_vlans() {
        let (network, also) = (network_name, report.line(network.at));
        report.add(at, Host::NoHome { network, also });
    } else if has_subnet {
        inside(report, (its, network), address);
    } else {
        let network = network_name;
        let problem = Addressing::NoSubnet {
            key,
            subnet,
            network,
        };
        report.add(at, problem);
    }
}
