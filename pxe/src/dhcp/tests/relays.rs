//! Whom a request has to come from before it may speak for the MAC in it.

use dhcproto::v4::MessageType;
use inventory::arm::{Arm, ArmState, Errand};
use inventory::clock::Deadline;
use inventory::lease::Lease;
use inventory::rack::Node;
use inventory::store::{Change, Expect, Raw, Table};
use proptest::prelude::*;

use super::super::answer::Silence;
use super::*;

const NAMED: Ipv4Addr = Ipv4Addr::new(10, 77, 10, 7);
const UNNAMED: Ipv4Addr = Ipv4Addr::new(10, 77, 10, 8);
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
const NOBODY: Ipv4Addr = Ipv4Addr::UNSPECIFIED;

/// A service whose first node is in the middle of its install, and has its lease.
fn installing() -> (Service, Arc<World>) {
    let (service, world) = service();
    let node = world.rack().nodes.values().next().unwrap().clone();
    let mut change = Change::default();
    change.put(Expect::Any, &arm_of(&node)).unwrap();
    let lease = Lease {
        mac: node.mac,
        address: node.address,
        node: node.name.clone(),
        interface: "eth-mgmt".to_owned(),
        client: inventory::lease::Client::Installer,
        given_at: noon().wall,
    };
    change.put(Expect::Any, &lease).unwrap();
    world.store.submit(change).wait().unwrap();
    (service, world)
}

fn arm_of(node: &Node) -> Arm {
    let deadline = Deadline::after(&noon(), Duration::from_secs(3600));
    let token = inventory::id::Token::from_random([7; 16]);
    Arm {
        node: node.name.clone(),
        mac: node.mac,
        address: node.address,
        job: inventory::id::JobId(1),
        os: "signed".parse().unwrap(),
        errand: Errand::Install,
        epoch: Epoch(1),
        token,
        kickstart: inventory::id::Sha256::of(b""),
        over_ipv6: None,
        astray: None,
        armed_at: noon().wall,
        deadline,
        state: ArmState::Installing {
            again_until: deadline,
        },
    }
}

/// Everything that is stored, events apart.
fn stored(world: &World) -> Vec<Vec<(String, Raw)>> {
    let tables = Table::ALL.into_iter();
    tables
        .map(|table| world.store.list(table).unwrap())
        .collect()
}

fn respond(service: &Service, request: &super::super::packet::Request) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let answer = runtime.unwrap().block_on(service.respond(request));
    answer.unwrap().is_some()
}

/// Firmware of the node that installs; a relay at `giaddr` put it into a packet of its own.
fn firmware(giaddr: Ipv4Addr) -> Packet {
    let packet = Packet::discover(NODE_MAC).class("PXEClient", 7);
    packet.relayed(giaddr)
}

#[test]
fn a_node_is_spoken_for_on_its_own_wire_or_by_a_relay_that_the_file_names() {
    let table = [
        ("the node itself", NOBODY, NOBODY, None),
        ("the node, with an address", NOBODY, NODE, None),
        ("a relay of its network", NAMED, NAMED, None),
        (
            "its router, which relays for another network",
            NOBODY,
            Ipv4Addr::new(10, 77, 10, 254),
            None,
        ),
        (
            "a relay that nobody named",
            UNNAMED,
            UNNAMED,
            Some(Silence::UnnamedRelay),
        ),
        (
            "somebody who says to be a relay",
            NAMED,
            OUTSIDE,
            Some(Silence::UnnamedRelay),
        ),
        (
            "a relay that names a strange one",
            OUTSIDE,
            NAMED,
            Some(Silence::UnnamedRelay),
        ),
        (
            "somebody outside without a relay",
            NOBODY,
            OUTSIDE,
            Some(Silence::OffLink),
        ),
    ];
    for (name, giaddr, from, expected) in table {
        let (service, world) = installing();
        let before = stored(&world);
        let is_answered = respond(&service, &firmware(giaddr).read_from(from));
        assert_eq!(is_answered, expected.is_none(), "{name}");
        assert_eq!(
            stored(&world) == before,
            expected.is_some(),
            "{name}: what is stored"
        );
        let counts = world.metrics.dhcp.unanswered.all();
        let counted = counts
            .filter(|(_, count)| *count > 0)
            .map(|((why, _), _)| why);
        assert_eq!(counted.last(), expected, "{name}");
    }
}

#[test]
fn an_outsider_is_not_let_in_by_the_address_it_says_it_has() {
    let renews = Packet::of(NODE_MAC, MessageType::Request).class("PXEClient", 7);
    for (has, from, expected) in [
        (OUTSIDE, OUTSIDE, Silence::OffLink),
        (NODE, OUTSIDE, Silence::OffLink),
    ] {
        let (service, world) = installing();
        let before = stored(&world);
        assert!(!respond(&service, &renews.clone().has(has).read_from(from)));
        assert!(stored(&world) == before);
        let counts: Vec<_> = world.metrics.dhcp.unanswered.all().collect();
        assert!(counts.contains(&((expected, crate::metrics::kinds::One), 1)));
    }
}

#[test]
fn a_broadcast_is_of_our_own_wire_whatever_its_sender_calls_itself() {
    let (service, _) = service();
    let mut request = Packet::discover(NODE_MAC).read_from(OUTSIDE);
    request.source.to_all = true;
    assert!(respond(&service, &request));
}

#[test]
fn a_person_is_told_once_of_a_relay_that_is_not_named() {
    let (service, world) = service();
    for _ in 0..3 {
        respond(&service, &firmware(UNNAMED).read());
    }
    assert_eq!(crate::fixture::codes(&world), ["boot.relay-not-named"]);
}

prop_compose! {
    /// Anything that a node's or a stranger's program sends, handed on by somebody who is no relay of ours.
    fn strange()(
        mac in prop_oneof![Just(NODE_MAC), Just(OTHER_MAC), Just(STRANGER_MAC)],
        kind in prop_oneof![
            Just(MessageType::Discover), Just(MessageType::Request), Just(MessageType::Decline),
            Just(MessageType::Release), Just(MessageType::Inform),
        ],
        class in prop_oneof![Just("PXEClient"), Just("HTTPClient"), Just("anaconda-Linux"), Just("")],
        (giaddr, from) in prop_oneof![
            (Just(UNNAMED), Just(UNNAMED)), (Just(NAMED), Just(OUTSIDE)), (Just(NODE), Just(NODE)),
            (Just(OUTSIDE), Just(NAMED)), (Just(NOBODY), Just(OUTSIDE)),
            (any::<[u8; 4]>().prop_map(Ipv4Addr::from), Just(OUTSIDE)),
        ],
        names in proptest::option::of(prop_oneof![Just(NODE), Just(OUTSIDE)]),
        link in proptest::option::of(Just([5, 4, 10, 77, 10, 0])),
    ) -> super::super::packet::Request {
        let mut packet = Packet::of(mac, kind).class(class, 7).relayed(giaddr);
        if let Some(names) = names {
            packet = packet.has(names).with(DhcpOption::RequestedIpAddress(names));
        }
        if let Some(link) = link {
            packet = packet.raw(82, &link);
        }
        packet.read_from(from)
    }
}

proptest! {
    #[test]
    fn nothing_changes_by_what_an_unnamed_relay_hands_on(requests in proptest::collection::vec(strange(), 1..20)) {
        let (service, world) = installing();
        let before = stored(&world);
        for request in &requests {
            prop_assert!(!respond(&service, request));
        }
        prop_assert!(stored(&world) == before);
        prop_assert!(crate::fixture::codes(&world).iter().all(|code| code == "boot.relay-not-named"));
    }
}
