//! Faults of subnets, gateways, pools and addresses.

use super::*;

#[test]
fn faults_of_addressing_are_found_where_they_are() {
    each_is_found(include_str!("cases/addressing.txt"));
}

#[test]
fn what_may_share_an_address_does() {
    for (what, from, to) in [
        (
            "the firewall is the gateway",
            "[cloud.",
            "[firewall.utm]\ndriver = \"guided\"\naddress = \"10.77.10.254\"\n[cloud.",
        ),
        (
            "a network may be without router",
            "gateway = \"10.77.10.254\"\n",
            "",
        ),
        (
            "two networks whose routers have one link-local address",
            "vlan = 200\n",
            "vlan = 200\nsubnet6 = \"fd00:77:0:20::/64\"\ngateway6 = \"fe80::1\"\n",
        ),
        (
            "a router with an address in the subnet",
            "gateway6 = \"fe80::1\"",
            "gateway6 = \"fd00:77:0:10::fe\"",
        ),
        (
            "a node that has no IPv6 address beside one that has",
            "address6 = \"fd00:77:0:10::22\"\n",
            "",
        ),
        (
            "one controller is behind two names",
            "[os.",
            "[cloud.b]\ndriver = \"cloudstack\"\nendpoint = \"http://10.77.10.5:8080/client/api\"\ncredential = \"b\"\nzone = \"z\"\npod = \"p\"\ncluster = \"b\"\n[os.",
        ),
        (
            "two BMCs are ports of one simulator",
            "\"10.77.9.12\"",
            "\"10.77.9.11:8443\"",
        ),
        (
            "a pool beside everything that is taken",
            "vlan = 10\n",
            "vlan = 10\npool = \"10.77.10.100-10.77.10.199\"\n",
        ),
    ] {
        assert!(GOOD.contains(from));
        let outcome = check(&GOOD.replacen(from, to, 1)).map_err(|faults| shown(&faults));
        assert!(outcome.is_ok(), "{what}: {}", outcome.unwrap_err());
    }
}

#[test]
fn of_two_that_collide_both_places_are_told() {
    let text = GOOD.replacen("\"10.77.10.22\"", "\"10.77.10.21\"", 1);
    let first = 1 + text
        .lines()
        .position(|line| line.contains("10.77.10.21"))
        .unwrap();
    let faults = check(&text).unwrap_err();
    let words = format!("10.77.10.21 is the address of node kvm-01 (also at line {first})");
    assert_eq!(faults[0].english(), words);
    assert!(faults[0].place.line > first);
}
