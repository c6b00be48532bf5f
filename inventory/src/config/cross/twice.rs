//! Values that only one thing may have. The later of two is the fault; it names the line of the earlier.

use std::collections::BTreeMap;

use serde_spanned::Spanned;

use crate::config::draft::{Draft, device, node};
use crate::config::problem::Value;
use crate::config::report::Report;
use crate::config::what::What;

pub(super) fn check(draft: &Draft, report: &Report<'_>) {
    let once = |what, values: Vec<Spanned<String>>| check_one(report, what, values);
    once(What::Name, of(draft, |node| text(&node.name)));
    once(What::Slot, of(draft, |node| text(&node.slot)));
    once(What::Mac, macs(draft));
    once(What::Port, of(draft, |node| text(&node.port)));
    once(What::Uuid, of(draft, |node| text(&node.uuid)));
    let disks = draft.nodes.iter().flat_map(|node| &node.disks);
    once(What::Disk, disks.map(spelled).collect());
    once(What::Serial, of(draft, |node| text(&node.serial)));
    let bmc = |node: &node::Draft| node.bmc.as_ref().and_then(|bmc| text(&bmc.address));
    once(What::Bmc, of(draft, bmc));
    let switches = draft.switches.iter();
    once(
        What::Switch,
        switches.filter_map(|(_, switch)| place(switch)).collect(),
    );
    for (_, switch) in &draft.switches {
        once(What::PortName, switch.uplinks.iter().map(spelled).collect());
    }
    let interfaces = || draft.appliance.iter().flat_map(|a| &a.interfaces);
    once(
        What::Link,
        interfaces().filter_map(|i| text(&i.name)).collect(),
    );
    once(
        What::Network,
        interfaces().filter_map(|i| text(&i.network)).collect(),
    );
    for (_, profile) in &draft.profiles {
        let bridges = profile.bridges.iter();
        once(
            What::Link,
            bridges.filter_map(|bridge| text(&bridge.name)).collect(),
        );
    }
}

/// The ports that nodes boot from, and the others of their bonds.
fn macs(draft: &Draft) -> Vec<Spanned<String>> {
    let nodes = draft.nodes.iter();
    let macs = nodes.flat_map(|node| node.mac.iter().chain(&node.bond_macs));
    macs.map(spelled).collect()
}

/// A switch is a bridge behind an address: one device may have several.
fn place(switch: &device::Switch) -> Option<Spanned<String>> {
    let (address, bridge) = (switch.address.as_ref()?, switch.bridge.as_ref()?);
    let text = format!("{} {}", address.get_ref(), bridge.get_ref());
    Some(Spanned::new(address.span(), text))
}

fn of(
    draft: &Draft,
    value: impl Fn(&node::Draft) -> Option<Spanned<String>>,
) -> Vec<Spanned<String>> {
    draft.nodes.iter().filter_map(value).collect()
}

fn text<T: ToString>(value: &Option<Spanned<T>>) -> Option<Spanned<String>> {
    value.as_ref().map(spelled)
}

fn spelled<T: ToString>(value: &Spanned<T>) -> Spanned<String> {
    Spanned::new(value.span(), value.get_ref().to_string())
}

fn check_one(report: &Report<'_>, what: What, values: Vec<Spanned<String>>) {
    let mut first = BTreeMap::new();
    for value in values {
        let at = value.span().start;
        // Serial numbers are compared as people read them out: without regard to case.
        let earlier = *first.entry(value.get_ref().to_lowercase()).or_insert(at);
        if earlier != at {
            let (text, also) = (value.into_inner(), report.line(earlier));
            report.add(at, Value::Twice { what, text, also });
        }
    }
}
