//! Each finding, good and broken on purpose: nothing that is missing goes unnamed, and nothing else is named with it.

use std::collections::BTreeMap;

use super::*;
use crate::config;

const RACK: &str = include_str!("../../../../docs/examples/rack-16.toml");
const V3: &str =
    "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3 avx avx2 bmi1 bmi2 f16c fma abm movbe xsave vmx";

/// The report of a machine that has all that the first node of the rack should have.
fn whole(node: &Node) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::from([
        ("serial".to_owned(), "HN0001".to_owned()),
        ("cpu_flags".to_owned(), V3.to_owned()),
        ("memory_kib".to_owned(), "8388608".to_owned()),
    ]);
    for (n, disk) in node.disks.all().iter().enumerate() {
        let line = format!("41943040|0|0|nvme|eui.1|S{n}|{disk} nvme-x");
        fields.insert(format!("disk.nvme{n}n1"), line);
    }
    let macs = std::iter::once(&node.mac).chain(&node.bond_macs);
    for (n, mac) in macs.enumerate() {
        fields.insert(format!("nic.eno{n}"), format!("{mac}|ixgbe|1|10000"));
    }
    fields
}

fn faults(version: &str, change: impl Fn(&mut BTreeMap<String, String>)) -> Vec<String> {
    let text = RACK.replace("version = \"9.6\"", &format!("version = \"{version}\""));
    let rack = config::check(&text).unwrap();
    let node = rack.nodes.values().next().unwrap();
    let identity = Identity {
        serial: "HN0001".to_owned(),
        uuid: None,
    };
    let os = &rack.oses[&rack.profiles[&node.profile].os];
    let wanted = Wanted {
        node,
        identity: &identity,
        os,
    };
    let mut fields = whole(node);
    change(&mut fields);
    let findings = judge(&wanted, &Hardware::read(&fields));
    findings.iter().filter_map(Finding::fault).collect()
}

#[test]
fn a_machine_that_has_everything_has_no_fault() {
    for version in ["8.10", "9.6", "10.2"] {
        assert_eq!(faults(version, |_| {}), [""; 0], "{version}");
    }
}

#[test]
fn what_is_missing_is_the_only_fault() {
    type Change = fn(&mut BTreeMap<String, String>);
    let table: [(&str, &str, Change, &str); 8] = [
        (
            "another machine",
            "9.6",
            |it| drop(it.insert("serial".into(), "HN9".into())),
            "serial number: found `HN9`",
        ),
        (
            "no disk",
            "9.6",
            |it| drop(it.remove("disk.nvme0n1")),
            "not there",
        ),
        (
            "no second port",
            "9.6",
            |it| drop(it.remove("nic.eno1")),
            "not there; found: ",
        ),
        ("a port without carrier", "9.6", |it| dark(it), "no carrier"),
        (
            "a v2 processor under 10",
            "10.2",
            |it| drop(it.insert("cpu_flags".into(), V3.replace("avx2 ", ""))),
            "lacks avx2",
        ),
        (
            "a v1 processor under 9",
            "9.6",
            |it| drop(it.insert("cpu_flags".into(), V3.replace("popcnt ", ""))),
            "lacks popcnt",
        ),
        (
            "no virtualisation",
            "9.6",
            |it| drop(it.insert("cpu_flags".into(), V3.replace("vmx", ""))),
            "VT-x or SVM",
        ),
        (
            "too little memory",
            "9.6",
            |it| drop(it.insert("memory_kib".into(), "1048576".into())),
            "1024 MiB",
        ),
    ];
    for (case, version, change, said) in table {
        let found = faults(version, change);
        assert!(
            found.len() == 1 && found[0].contains(said),
            "{case}: {found:?}"
        );
    }
}

#[test]
fn a_v2_processor_is_enough_for_9_and_a_v1_for_8() {
    let weaker = |word: &'static str| {
        move |it: &mut BTreeMap<String, String>| {
            drop(it.insert("cpu_flags".into(), V3.replace(word, "")))
        }
    };
    assert_eq!(faults("9.6", weaker("avx2 ")), [""; 0]);
    assert_eq!(faults("8.10", weaker("popcnt ")), [""; 0]);
}

fn dark(fields: &mut BTreeMap<String, String>) {
    let port = fields.get_mut("nic.eno0").unwrap();
    *port = port.replace("|1|", "|0|");
}

#[test]
fn a_uuid_is_the_same_in_either_byte_order() {
    let rack = config::check(RACK).unwrap();
    let node = rack.nodes.values().next().unwrap();
    let own: uuid::Uuid = "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap();
    let identity = Identity {
        serial: "HN0001".to_owned(),
        uuid: Some(own),
    };
    let wanted = Wanted {
        node,
        identity: &identity,
        os: &rack.oses[&rack.profiles[&node.profile].os],
    };
    for (shown, is_good) in [
        ("00112233-4455-6677-8899-aabbccddeeff", true),
        ("33221100-5544-7766-8899-AABBCCDDEEFF", true),
        ("00112233-4455-6677-8899-aabbccddee00", false),
    ] {
        let mut fields = whole(node);
        fields.insert("uuid".to_owned(), shown.to_owned());
        let found = uuid(&wanted, &Hardware::read(&fields));
        assert_eq!(found.verdict == Verdict::Good, is_good, "{shown}");
    }
}
