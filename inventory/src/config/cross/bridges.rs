//! Bridges of a profile: each on one network with one VLAN, each network under one bridge. So no bridge has two ports,
//! and none joins two VLANs: a loop cannot be written.

use serde_spanned::Spanned;

use crate::config::draft::profile::BridgeDraft;
use crate::config::draft::{Draft, network, profile};
use crate::config::problem::{Host, Layer2};
use crate::config::report::Report;
use crate::id::NetworkName;
use crate::rack::{Role, Traffic};
use crate::word::LinkName;

pub(super) fn check(draft: &Draft, report: &Report<'_>) {
    for (_, profile) in &draft.profiles {
        twice(report, profile);
        traffic(report, profile);
        for bridge in &profile.bridges {
            own_name(report, bridge);
            trunks(draft, report, (profile, bridge));
        }
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

/// Names that the kernel, libvirt, the agent (`cloud0`, `brbond0-100`) and our own bond and VLANs take.
const MADE_BY_OTHERS: [&str; 12] = [
    "bond", "brbond", "breth", "brvlan", "cloud0", "em", "en", "eth", "team", "virbr", "vlan",
    "vnet",
];

fn own_name(report: &Report<'_>, bridge: &BridgeDraft) {
    let Some(name) = &bridge.name else {
        return;
    };
    let mut others = MADE_BY_OTHERS.iter();
    if name.get_ref().as_str() == "lo" || others.any(|other| name.get_ref().starts_with(other)) {
        let (at, name) = (name.span().start, name.get_ref().clone());
        report.add(at, Host::BridgeName { name });
    }
}

/// The controller asks for one bridge by the kind of traffic.
fn traffic(report: &Report<'_>, profile: &profile::Draft) {
    let mut earlier: Vec<(Traffic, &LinkName, usize)> = Vec::new();
    for bridge in &profile.bridges {
        let Some(name) = &bridge.name else {
            continue;
        };
        for kind in &bridge.traffic {
            let its = earlier.iter().find(|(its, ..)| its == kind.get_ref());
            if let Some((_, by, at)) = its {
                let problem = Host::TrafficTwice {
                    traffic: word(*kind.get_ref()),
                    by: (*by).clone(),
                    also: report.line(*at),
                };
                report.add(kind.span().start, problem);
            } else {
                earlier.push((*kind.get_ref(), name.get_ref(), kind.span().start));
            }
        }
    }
}

fn word(traffic: Traffic) -> &'static str {
    match traffic {
        Traffic::Management => "management",
        Traffic::Public => "public",
        Traffic::Guest => "guest",
        Traffic::Storage => "storage",
    }
}

/// The controller tags frames itself on the port below the bridge: that port must be the untagged one.
fn trunks(draft: &Draft, report: &Report<'_>, (profile, bridge): (&profile::Draft, &BridgeDraft)) {
    let management = draft.management().map(Spanned::get_ref);
    let network = bridge.network.as_ref().map(Spanned::get_ref);
    let on_vlan = network.filter(|network| Some(*network) != management);
    for trunk in &bridge.trunks {
        let at = trunk.span().start;
        if let Some(network) = on_vlan {
            let network = network.clone();
            report.add(at, Host::TrunkOnVlan { network });
        } else if let Some(other) = taken(profile, trunk) {
            let (network, also) = (trunk.get_ref().clone(), report.line(other));
            report.add(at, Host::TrunkTaken { network, also });
        } else if let Some((_, parking)) = draft
            .of_role(Role::Parking)
            .find(|(name, _)| name.get_ref() == trunk.get_ref())
        {
            let (network, also) = (trunk.get_ref().clone(), report.line(parking.at));
            report.add(at, Layer2::BridgeOnParking { network, also });
        }
    }
}

/// Where the network of a trunk is bridged, or in an earlier trunk.
fn taken(profile: &profile::Draft, trunk: &Spanned<NetworkName>) -> Option<usize> {
    let same = |other: &&Spanned<NetworkName>| other.get_ref() == trunk.get_ref();
    let mut bridged = profile.bridges.iter().filter_map(|b| b.network.as_ref());
    let trunks = profile.bridges.iter().flat_map(|bridge| &bridge.trunks);
    let mut earlier = trunks.filter(|other| other.span().start < trunk.span().start);
    let other = bridged.find(same).or_else(|| earlier.find(same))?;
    Some(other.span().start)
}
