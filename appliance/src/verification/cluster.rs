//! What must be this node's alone, and what live migration needs equal on all hosts of a cluster.

use std::collections::{BTreeMap, BTreeSet};

use inventory::verification::{Check, What};
use uuid::Uuid;

use super::check::{judged, skipped};
use super::{Found, Other, Wanted, storage};

/// What hosts of one cluster must have in common: trait, and its name for people.
const EQUAL: [(&str, &str); 6] = [
    ("kernel", "kernel"),
    ("cpu_model", "processor"),
    ("cpu_flags", "processor flags"),
    ("libvirt", "libvirt"),
    ("qemu", "QEMU"),
    ("bridges", "bridges"),
];

pub(super) fn checks(wanted: &Wanted<'_>, found: &Found) -> Vec<Check> {
    let traits = traits(wanted, found);
    let mut checks = vec![
        own(wanted, &traits, (What::MachineId, "machine_id")),
        own(wanted, &traits, (What::HostUuid, "host_uuid")),
    ];
    checks.extend(migration(wanted, &traits));
    checks
}

/// What this node says that others are compared with.
pub(super) fn traits(wanted: &Wanted<'_>, found: &Found) -> BTreeMap<String, String> {
    let mut flags: Vec<&str> = found.one("cpu_flags").split_whitespace().collect();
    flags.sort_unstable();
    let os = format!("{} {}", found.one("id"), found.one("version"));
    let traits = [
        ("os", os),
        ("kernel", found.one("kernel").to_owned()),
        ("cpu_model", found.one("cpu_model").to_owned()),
        ("cpu_flags", flags.join(" ")),
        ("libvirt", found.one("libvirt_version").to_owned()),
        ("qemu", found.one("qemu_version").to_owned()),
        ("bridges", bridges(wanted)),
        ("machine_id", found.one("machine_id").to_owned()),
        ("host_uuid", found.one("host_uuid").to_ascii_lowercase()),
    ];
    let traits = traits.into_iter().chain(storage::traits(found));
    let bounded = traits.map(|(name, value)| (name.to_owned(), value.chars().take(4096).collect()));
    bounded.collect()
}

/// The profile's bridges with MTU and VLAN: that the node has them so is seen by the checks of its network. Those that a
/// controller makes for guests differ from host to host.
fn bridges(wanted: &Wanted<'_>) -> String {
    let segments = wanted.host.iter().flat_map(|host| &host.segments);
    let shown = segments.filter_map(|segment| {
        let tag = segment.vlan.map(|vlan| format!(" tag {vlan}"));
        let (name, mtu) = (&segment.bridge?.name, segment.network.mtu);
        Some(format!("{name} {mtu}{}", tag.unwrap_or_default()))
    });
    let mut shown: Vec<String> = shown.collect();
    shown.sort();
    shown.join(", ")
}

/// An id that no other node has. Both are UUIDs; one of all the same digits is a board's placeholder.
fn own(wanted: &Wanted<'_>, traits: &BTreeMap<String, String>, (what, key): (What, &str)) -> Check {
    let asked = "no other host's";
    let id = traits.get(key).map_or("", String::as_str);
    let is_real = id
        .parse()
        .is_ok_and(|id: Uuid| !id.is_nil() && !id.is_max());
    let twin = wanted
        .others
        .iter()
        .find(|other| other.traits.get(key).is_some_and(|its| its == id));
    let seen = match twin {
        Some(other) => format!("{id}, as {}", other.node),
        None if is_real => id.to_owned(),
        None => format!("`{id}`, which is none"),
    };
    judged(what, "", (asked, &seen), is_real && twin.is_none())
}

/// Compared with hosts of the same release: while a cluster is reinstalled, two releases live in it.
fn migration(wanted: &Wanted<'_>, traits: &BTreeMap<String, String>) -> Vec<Check> {
    let in_cluster = |other: &&Other| other.is_in_cluster;
    let of_release = |other: &&Other| other.traits.get("os") == traits.get("os");
    let others: Vec<&Other> = wanted.others.iter().filter(in_cluster).collect();
    let Some(other) = others.iter().copied().find(of_release) else {
        let why = match others.len() {
            0 => "no other host of its cluster was verified yet",
            _ => "the other hosts of its cluster have another release",
        };
        return vec![skipped(What::Migration, "", ("the same", ""), why)];
    };
    EQUAL
        .iter()
        .map(|(key, title)| equal(other, traits, (key, title)))
        .collect()
}

fn equal(other: &Other, traits: &BTreeMap<String, String>, (key, title): (&str, &str)) -> Check {
    let value = |traits: &BTreeMap<String, String>| traits.get(key).cloned().unwrap_or_default();
    let (own, theirs) = (value(traits), value(&other.traits));
    let is_good = own == theirs;
    let (asked, seen) = match key {
        "cpu_flags" => (format!("as {}", other.node), difference(&own, &theirs)),
        _ => (format!("{theirs}, as {}", other.node), own),
    };
    judged(What::Migration, title, (&asked, &seen), is_good)
}

/// Words that one side has and the other has not.
fn difference(own: &str, theirs: &str) -> String {
    let set =
        |text: &str| -> BTreeSet<String> { text.split_whitespace().map(str::to_owned).collect() };
    let (own, theirs) = (set(own), set(theirs));
    let words = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        let words: Vec<String> = one.difference(other).cloned().collect();
        words.join(" ")
    };
    match (words(&own, &theirs), words(&theirs, &own)) {
        (more, less) if more.is_empty() && less.is_empty() => "the same".to_owned(),
        (more, less) => format!("has besides: {more}; lacks: {less}"),
    }
}
