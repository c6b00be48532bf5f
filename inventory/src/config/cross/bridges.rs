//! Bridges of a profile: each on one network with one VLAN, each network under one bridge.

use serde_spanned::Spanned;

use crate::config::draft::{Draft, network, profile};
use crate::config::problem::Layer2;
use crate::config::report::Report;
use crate::id::NetworkName;
use crate::rack::Role;

pub(super) fn check(draft: &Draft, report: &Report<'_>) {
    for (_, profile) in &draft.profiles {
        twice(report, profile);
        let networks = profile.bridges.iter().filter_map(|b| b.network.as_ref());
        for name in networks {
            if let Some((_, network)) = draft.network(name.get_ref()) {
                carries(report, name, network);
            }
        }
    }
}

/// The boot network arrives untagged and every other one with its tag: neither can be split between two bridges.
fn twice(report: &Report<'_>, profile: &profile::Draft) {
    let networks = profile.bridges.iter().filter_map(|b| b.network.as_ref());
    let mut earlier: Vec<&Spanned<NetworkName>> = Vec::new();
    for network in networks {
        let same = earlier
            .iter()
            .find(|its| its.get_ref() == network.get_ref());
        if let Some(same) = same {
            let problem = Layer2::BridgedTwice {
                network: network.get_ref().clone(),
                also: report.line(same.span().start),
            };
            report.add(network.span().start, problem);
        }
        earlier.push(network);
    }
}

fn carries(report: &Report<'_>, name: &Spanned<NetworkName>, network: &network::Draft) {
    let (at, also) = (name.span().start, report.line(network.at));
    let parking = network.role.as_ref().map(Spanned::get_ref) == Some(&Role::Parking);
    if parking {
        let network = name.get_ref().clone();
        report.add(at, Layer2::BridgeOnParking { network, also });
    } else if network.has_several_vlans() {
        let network = name.get_ref().clone();
        report.add(at, Layer2::BridgeOverVlans { network, also });
    }
}
