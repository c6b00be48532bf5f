//! More clients of other people: dhcpcd, systemd's, Kea's load generator, and one behind dnsmasq's relay.

use std::sync::Arc;
use std::time::Duration;

use inventory::clock::Deadline;
use inventory::dhcp::{Dhcp, Mode, Window};
use inventory::lease::{Holder, PoolLease};
use inventory::net::Mac;
use inventory::rack::{Network, Rack, Role};
use inventory::store::{self, Change, Expect};
use tests::namespace::Cable;
use tests::small_rack::mac;

use super::rig::{Rig, Told};

const STRANGER: Mac = Mac([0x52, 0x54, 0, 0x77, 0, 98]);

/// The client was told each of these.
fn says(told: &Told, expected: &[(&str, &str)]) {
    for (key, value) in expected {
        let found = told.get(*key).map(String::as_str);
        assert_eq!(found, Some(*value), "{key} of {told:?}");
    }
}

#[test]
fn dhcpcd_gets_the_address_and_the_network_of_its_node() {
    let rig = Rig::start();
    rig.cable.set_mac(mac(2));
    let told = rig.dhcpcd().unwrap();
    let expected = [
        ("new_ip_address", "10.78.10.22"),
        ("new_subnet_cidr", "24"),
        ("new_routers", "10.78.10.254"),
        ("new_domain_name", "rack.test"),
        ("new_dhcp_lease_time", "3600"),
        ("new_dhcp_server_identifier", "10.78.10.1"),
    ];
    says(&told, &expected);
    rig.stop();
}

#[test]
fn systemds_client_gets_the_address_and_the_network_of_its_node() {
    let rig = Rig::start();
    rig.cable.set_mac(mac(1));
    let told = rig.networkd();
    let expected = [
        ("ADDRESS", "10.78.10.21"),
        ("NETMASK", "255.255.255.0"),
        ("ROUTER", "10.78.10.254"),
        ("SERVER_ADDRESS", "10.78.10.1"),
        ("DNS", "10.78.10.1"),
        ("NTP", "10.78.10.1"),
        ("DOMAINNAME", "rack.test"),
        ("HOSTNAME", "kvm-01"),
        ("LIFETIME", "3600"),
    ];
    says(&told, &expected);
    rig.stop();
}

#[test]
fn every_exchange_of_keas_load_generator_is_answered() {
    let rig = Rig::start_with(|mut rack| {
        for network in rack.networks.values_mut() {
            network.relays = Some(vec!["10.78.10.2".parse().unwrap()]);
        }
        rack
    });
    rig.cable.add_to_client("10.78.10.2/24");
    let base = format!("mac={}", mac(1));
    // It speaks as a relay at its own address. Both of its clients are nodes.
    let load = ["-4", "-l", "10.78.10.2", "-b", &base, "-R", "2"];
    let bounds = [
        "-r",
        "50",
        "-n",
        "40",
        "-W",
        "2000000",
        "-g",
        "single",
        "10.78.10.1",
    ];
    let output = rig
        .cable
        .run("perfdhcp", &[&load[..], &bounds[..]].concat());
    let said = String::from_utf8_lossy(&output.stdout);
    let count = |what: &str| said.matches(what).count();
    assert_eq!(count("received packets: 40"), 2, "OFFERs and ACKs: {said}");
    assert_eq!(count("drops: 0"), 2, "{said}");
    rig.stop();
}

/// The small rack with a network behind a relay, whose pool strangers may use.
fn with_far(mut rack: Rack) -> Rack {
    let far = Network {
        role: Role::Service,
        subnet: Some("10.79.0.0/24".parse().unwrap()),
        gateway: Some("10.79.0.1".parse().unwrap()),
        pool: Some((
            "10.79.0.100".parse().unwrap(),
            "10.79.0.109".parse().unwrap(),
        )),
        dhcp: Dhcp {
            mode: Mode::Pool,
            ..Dhcp::default()
        },
        ..rack.networks.values().next().unwrap().clone()
    };
    rack.networks.insert("far".parse().unwrap(), far);
    rack
}

#[test]
fn a_stranger_behind_a_relay_gets_an_address_of_its_own_network() {
    let rig = Rig::start_with(with_far);
    let window = Window {
        network: "far".parse().unwrap(),
        deadline: Deadline::after(&rig.world.now(), Duration::from_secs(600)),
        author: "root".to_owned(),
    };
    let mut change = Change::default();
    change.put(Expect::Any, &window).unwrap();
    rig.world.store.submit(change).wait().unwrap();
    rig.cable.add_to_client("10.78.10.2/24");
    rig.cable.route_from_server("10.79.0.0/24 via 10.78.10.2");
    let far = Arc::new(Cable::behind(&rig.cable, "10.79.0.1/24"));
    far.set_mac(STRANGER);
    let _relay = rig.relay("10.79.0.1");
    let told = rig.udhcpc_at(&far, &["-t", "10", "-T", "1"]).unwrap();
    assert_eq!(
        (&told["ip"][..], &told["router"][..]),
        ("10.79.0.100", "10.79.0.1")
    );
    assert_eq!(told["serverid"], "10.78.10.1");
    let lease = store::read::<PoolLease>(&*rig.world.store, &"10.79.0.100".parse().unwrap());
    assert_eq!(
        lease.unwrap().unwrap().value.holder,
        Holder::Client(STRANGER)
    );
    rig.stop();
}
