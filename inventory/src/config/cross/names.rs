//! Names that must stand for something else in the file.

use serde_spanned::Spanned;

use crate::config::draft::{Draft, Named};
use crate::config::problem::Value;
use crate::config::report::Report;
use crate::config::section::nearest;
use crate::config::what::What;
use crate::id::Name;

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
        let bridges = profile.bridges.iter();
        for network in bridges.flat_map(|b| b.network.iter().chain(&b.trunks)) {
            must_be(report, What::Network, network, &networks);
        }
    }
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
