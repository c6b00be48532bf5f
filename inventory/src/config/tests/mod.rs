//! The examples pass; each fault is found where it is.

use super::{Fault, check};

/// The virtual rack.
const VIRTUAL: &str = include_str!("../../../../docs/examples/virtual-rack.toml");
/// The realistic rack.
const SIXTEEN: &str = include_str!("../../../../docs/examples/rack-16.toml");

/// Faults as `hinode check` shows them.
fn shown(faults: &[Fault]) -> String {
    let lines = faults.iter().map(|fault| {
        let (place, code) = (fault.place, fault.problem.code());
        format!(
            "{place}: {code}: {}\n  mend: {}\n",
            fault.english(),
            fault.mend()
        )
    });
    lines.collect()
}

#[test]
fn both_examples_are_without_fault() {
    for text in [VIRTUAL, SIXTEEN] {
        let rack = check(text).map_err(|faults| shown(&faults));
        assert!(rack.is_ok(), "{}", rack.unwrap_err());
    }
}

#[test]
fn the_virtual_rack_is_what_it_says() {
    let rack = check(VIRTUAL).unwrap();
    assert_eq!((rack.nodes.len(), rack.networks.len()), (2, 4));
    let node = &rack.nodes[&"kvm-01".parse().unwrap()];
    assert_eq!(node.network, "management".parse().unwrap());
    assert_eq!(node.bmc.address.to_string(), "10.77.9.11:443");
    let cloud = &rack.clouds[&"cloudstack".parse().unwrap()];
    assert_eq!(
        cloud.login_from,
        ["10.77.10.5".parse::<std::net::IpAddr>().unwrap()]
    );
    assert_eq!(rack.profiles[&"kvm".parse().unwrap()].disk.root_mib, 3072);
}
