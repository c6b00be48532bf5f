//! Hosts of one cluster are alike, or guests cannot move between them: the same release, the same links below the
//! bridges, the same bridges on the same networks, the same mounted storage. VLAN and MTU are the network's, so they are the same with it.

use std::collections::{BTreeMap, BTreeSet};

use serde_spanned::Spanned;

use crate::config::draft::{Draft, profile};
use crate::config::problem::{Differs, Host};
use crate::config::report::Report;
use crate::id::{NodeName, ProfileName, StorageName};

/// The first host of a cluster.
struct First<'d> {
    node: &'d NodeName,
    name: &'d Spanned<ProfileName>,
    profile: &'d profile::Draft,
}

pub(super) fn check(draft: &Draft, report: &Report<'_>) {
    let mut first: BTreeMap<_, First<'_>> = BTreeMap::new();
    let mut told = Vec::new();
    for node in &draft.nodes {
        let (Some(node_name), Some(cloud), Some(name)) = (&node.name, &node.cloud, &node.profile)
        else {
            continue;
        };
        let clouds = draft.clouds.iter();
        let mut clouds = clouds.filter(|(its, _)| its.get_ref() == cloud.get_ref());
        let cluster = clouds.next().and_then(|(_, cloud)| cloud.cluster());
        let (Some(cluster), Some(profile)) = (cluster, draft.profile(name.get_ref())) else {
            continue;
        };
        let earlier = first.entry(cluster.clone()).or_insert(First {
            node: node_name.get_ref(),
            name,
            profile,
        });
        let Some(what) = differs(draft, earlier.profile, profile) else {
            continue;
        };
        // One fault for each pair of profiles, however many nodes have them.
        if told.contains(&(cluster.clone(), name.get_ref())) {
            continue;
        }
        told.push((cluster, name.get_ref()));
        let problem = Host::Differs {
            what,
            profile: name.get_ref().clone(),
            node: earlier.node.clone(),
            other: earlier.name.get_ref().clone(),
            also: report.line(earlier.name.span().start),
        };
        report.add(name.span().start, problem);
    }
}

fn differs(draft: &Draft, one: &profile::Draft, other: &profile::Draft) -> Option<Differs> {
    let os = |profile: &profile::Draft| {
        let name = profile.os.as_ref()?.get_ref();
        let mut oses = draft.oses.iter();
        let (_, os) = oses.find(|(its, _)| its.get_ref() == name)?;
        os.identity()
    };
    let bond = |profile: &profile::Draft| profile.bond.as_ref().map(Spanned::get_ref).is_some();
    if os(one) != os(other) {
        Some(Differs::Os)
    } else if bond(one) != bond(other) {
        Some(Differs::Bond)
    } else if bridges(one) != bridges(other) {
        Some(Differs::Bridges)
    } else {
        (shared(draft, one) != shared(draft, other)).then_some(Differs::Storage)
    }
}

/// What guests see of them, without their order in the file.
fn bridges(profile: &profile::Draft) -> Vec<String> {
    let bridges = profile.bridges.iter();
    let mut texts: Vec<String> = bridges
        .map(|bridge| {
            let name = bridge.name.as_ref().map(|it| it.get_ref().to_string());
            let network = bridge.network.as_ref().map(|it| it.get_ref().to_string());
            let mut traffic: Vec<_> = bridge.traffic.iter().map(|it| *it.get_ref()).collect();
            let mut trunks: Vec<_> = bridge
                .trunks
                .iter()
                .map(|it| it.get_ref().clone())
                .collect();
            traffic.sort();
            trunks.sort();
            format!("{name:?} {network:?} {traffic:?} {trunks:?}")
        })
        .collect();
    texts.sort();
    texts
}

/// What every host of a cluster has or none: a controller uses it from whichever host.
fn shared(draft: &Draft, profile: &profile::Draft) -> BTreeSet<StorageName> {
    let names = profile.storage.iter().map(Spanned::get_ref);
    let is_mounted = |name: &&StorageName| {
        let storage = draft.storage(name);
        storage.is_some_and(|(_, storage)| storage.mount().is_some())
    };
    names.filter(is_mounted).cloned().collect()
}
