//! A client behind a relay of other people, dnsmasq's: it is a node if its relay says so and the rack file names the relay.

use std::net::{IpAddr, Ipv6Addr};

use inventory::id::NetworkName;
use inventory::rack::{Network, Rack};
use pxe::dhcp6::answer::Silence;
use tests::namespace::Cable;
use tests::small_rack::mac;

use super::rig::{Rig, SERVER};
use super::{is_counted, lease};

/// The router between us and the clients, on their side.
const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x79, 0, 0, 0, 0, 0, 1);
/// The same on ours, by which dnsmasq speaks to us.
const OUR_ROUTER: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x78, 0, 0x10, 0, 0, 0, 2);
const NODE: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x79, 0, 0, 0, 0, 0, 0x22);

/// The small rack with its second node in a network behind a router.
fn with_far(relays: Option<Vec<IpAddr>>) -> impl FnOnce(Rack) -> Rack {
    move |mut rack| {
        for ours in rack.networks.values_mut() {
            ours.gateway6 = Some(OUR_ROUTER);
        }
        let name: NetworkName = "far".parse().unwrap();
        let far = Network {
            subnet6: Some("fd00:79::/64".parse().unwrap()),
            gateway6: Some(ROUTER),
            relays,
            ..rack.networks.values().next().unwrap().clone()
        };
        rack.networks.insert(name.clone(), far);
        let node = rack.nodes.values_mut().nth(1).unwrap();
        node.network = name;
        node.address6 = Some(NODE);
        rack
    }
}

/// The router's two sides, and a client behind it that is the second node.
fn behind(rig: &Rig) -> Cable {
    rig.cable.add_to_client("fd00:78:0:10::2/64 nodad");
    rig.cable
        .route_from_server("fd00:79::/64 via fd00:78:0:10::2");
    let far = Cable::behind(&rig.cable, "10.79.0.1/24");
    rig.sh(&format!("ip address add {ROUTER}/64 dev e0 nodad"));
    far.set_mac(mac(2));
    rig.until_ready(&far);
    far
}

#[test]
fn a_node_behind_a_relay_gets_its_own_address() {
    let rig = Rig::start_with(with_far(None));
    let far = behind(&rig);
    let _relay = rig.relay(ROUTER);
    // A DUID that tells nothing of its card, which the relay does (RFC 6939).
    let duid = "send dhcp6.client-id 00:04:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa;";
    let told = rig.dhclient_at(&far, duid, 20).unwrap();
    assert_eq!(told["new_ip6_address"], NODE.to_string());
    assert_eq!(lease(&rig, 2).unwrap().address, NODE);
    rig.stop();
}

#[test]
fn a_relay_that_the_rack_file_does_not_name_gets_nothing_for_anybody() {
    let rig = Rig::start_with(with_far(Some(vec![SERVER.into()])));
    let far = behind(&rig);
    let _relay = rig.relay(ROUTER);
    let said = rig.dhclient_at(&far, "", 6).unwrap_err();
    assert!(
        said.contains("XMT: Solicit") && !said.contains("RCV:"),
        "{said}"
    );
    assert_eq!(lease(&rig, 2), None);
    assert!(is_counted(&rig, Silence::UnnamedRelay));
    let events = rig.world.store.events(1, 10).unwrap();
    let told = events
        .iter()
        .map(|link| link.event().unwrap().what.english());
    let told: Vec<_> = told.collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("fd00:78:0:10::2 spoke as a DHCP relay of network far"),
        "{told:?}"
    );
    rig.stop();
}
