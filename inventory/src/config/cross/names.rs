//! Names that must stand for something else in the file.

use serde_spanned::Spanned;

use crate::config::draft::{Draft, Named};
use crate::config::of_storage::OfStorage;
use crate::config::problem::Value;
use crate::config::report::Report;
use crate::config::section::nearest;
use crate::config::what::What;
use crate::id::Name;
use crate::rack::LunUser;

const STORAGE: What = What::Storage(OfStorage::Name);

pub(super) fn check(draft: &Draft, report: &Report<'_>) {
    let networks = known(&draft.networks);
    let interfaces = draft.appliance.iter().flat_map(|a| &a.interfaces);
    for network in interfaces.filter_map(|interface| interface.network.as_ref()) {
        must_be(report, What::Network, network, &networks);
    }
    for (_, profile) in &draft.profiles {
        for os in profile.os.iter() {
            must_be(report, What::Os, os, &known(&draft.oses));
        }
        for repo in &profile.repos {
            must_be(report, What::Repo, repo, &known(&draft.repos));
        }
        for storage in &profile.storage {
            must_be(report, STORAGE, storage, &known(&draft.storages));
        }
        let bridges = profile.bridges.iter();
        for network in bridges.flat_map(|b| b.network.iter().chain(&b.trunks)) {
            must_be(report, What::Network, network, &networks);
        }
    }
    users_of_luns(draft, report);
    for node in &draft.nodes {
        for profile in node.profile.iter() {
            must_be(report, What::Profile, profile, &known(&draft.profiles));
        }
        for cloud in node.cloud.iter() {
            must_be(report, What::Cloud, cloud, &known(&draft.clouds));
        }
        let addresses = node.addresses.iter().map(|(network, _)| network);
        let addresses6 = node.addresses6.iter().map(|(network, _)| network);
        for network in addresses.chain(addresses6) {
            must_be(report, What::Network, network, &networks);
        }
        for port in node.port.iter() {
            let switch = Spanned::new(port.span(), port.get_ref().switch.clone());
            must_be(report, What::Switch, &switch, &known(&draft.switches));
        }
    }
}

fn users_of_luns(draft: &Draft, report: &Report<'_>) {
    let nodes = draft.nodes.iter().filter_map(|node| node.name.as_ref());
    let nodes: Vec<&str> = nodes.map(|name| name.get_ref().as_str()).collect();
    for user in draft.storages.iter().flat_map(|(_, it)| it.users()) {
        match user.get_ref() {
            LunUser::Host(host) => {
                let host = Spanned::new(user.span(), host.clone());
                must_be(report, What::Storage(OfStorage::Host), &host, &nodes);
            }
            LunUser::Shared(shared) => {
                let shared = Spanned::new(user.span(), shared.clone());
                must_be(report, STORAGE, &shared, &known(&draft.storages));
            }
        }
    }
}

fn known<K, T>(things: &Named<K, T>) -> Vec<&str> {
    let names = things.iter();
    names.map(|(name, _)| name.get_ref().as_str()).collect()
}

fn must_be<K>(report: &Report<'_>, what: What, name: &Spanned<Name<K>>, known: &[&str]) {
    let text = name.get_ref().as_str();
    if known.contains(&text) {
        return;
    }
    let problem = Value::Unknown {
        what,
        text: text.to_owned(),
        near: nearest(text, known.iter().copied()),
        known: known.join(", "),
    };
    report.add(name.span().start, problem);
}
