//! A VLAN belongs to one network, and only guests get several.

use std::collections::BTreeMap;

use crate::config::draft::Draft;
use crate::config::problem::{Addressing, Layer2};
use crate::config::report::Report;
use crate::id::NetworkName;
use crate::net::Vlan;
use crate::rack::Role;

pub(super) fn check(draft: &Draft, report: &Report<'_>) {
    taken(draft, report);
    for (name, network) in &draft.networks {
        let (Some(role), Some(vlans)) = (&network.role, &network.vlans) else {
            continue;
        };
        if !network.has_several_vlans() {
            continue;
        }
        let (role, network_name) = (*role.get_ref(), name.get_ref().clone());
        if role != Role::Service {
            let problem = Layer2::OneVlan {
                network: network_name,
                role,
            };
            report.add(vlans.span().start, problem);
        } else if let Some(subnet) = network.subnets().next() {
            let problem = Addressing::SubnetOverVlans {
                network: network_name,
            };
            report.add(subnet.span().start, problem);
        }
    }
}

/// One fault for two networks that share VLANs: the lowest they share.
fn taken(draft: &Draft, report: &Report<'_>) {
    let mut first: BTreeMap<Vlan, (&NetworkName, usize)> = BTreeMap::new();
    for (name, network) in &draft.networks {
        let Some(vlans) = &network.vlans else {
            continue;
        };
        let at = vlans.span().start;
        let mut told = Vec::new();
        for vlan in &vlans.get_ref().0 {
            let (owner, line) = *first
                .entry(*vlan)
                .or_insert_with(|| (name.get_ref(), report.line(at)));
            if owner == name.get_ref() || told.contains(&owner) {
                continue;
            }
            told.push(owner);
            let problem = Layer2::VlanTaken {
                vlan: *vlan,
                by: owner.clone(),
                also: line,
            };
            report.add(at, problem);
        }
    }
}
