//! Packets that come through relays, and go back the same way.

use super::super::answer::{Asker, asker};
use dhcproto::v6::MessageType;
use inventory::arm::{Arm, ArmState};
use inventory::clock::Deadline;
use inventory::store::{Raw, Table};
use proptest::prelude::*;

use super::super::answer::Silence;
use super::super::packet::Unreadable;
use super::*;

/// A relay as it puts itself around `inner`.
#[derive(Clone)]
struct Around {
    hop_count: u8,
    link: &'static str,
    peer: &'static str,
    options: Vec<(u16, Vec<u8>)>,
}

const NEAR: &str = "fd00:77:0:10::fe";

fn around(link: &'static str, options: &[(u16, &[u8])]) -> Around {
    let options = options.iter().map(|(code, value)| (*code, value.to_vec()));
    Around {
        hop_count: 0,
        link,
        peer: "fe80::d9c2:1:2:3",
        options: options.collect(),
    }
}

fn option(code: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();
    [&code.to_be_bytes()[..], &length.to_be_bytes(), value].concat()
}

impl Around {
    /// `kind` is 12 towards a server, 13 towards a client.
    fn wrap(&self, kind: u8, inner: &[u8]) -> Vec<u8> {
        let address = |text: &str| text.parse::<Ipv6Addr>().unwrap().octets();
        let mut bytes = vec![kind, self.hop_count];
        bytes.extend(address(self.link));
        bytes.extend(address(self.peer));
        for (code, value) in &self.options {
            // Option 79 is for the server alone.
            if kind == 12 || *code == 18 {
                bytes.extend(option(*code, value));
            }
        }
        [bytes, option(9, inner)].concat()
    }
}

/// As it arrives: from a relay, not from the client.
fn relayed(bytes: &[u8]) -> Result<Request, Unreadable> {
    relayed_by(bytes, RELAY, false)
}

fn relayed_by(bytes: &[u8], address: Ipv6Addr, to_all: bool) -> Result<Request, Unreadable> {
    let origin = Origin {
        mac: STRANGER_MAC,
        address,
        to_all,
    };
    packet::read(bytes, origin)
}

fn link_layer(mac: Mac) -> Vec<u8> {
    [&[0, 1], &mac.0[..]].concat()
}

#[tokio::test]
async fn the_answer_goes_back_through_every_relay_with_what_each_had_added() {
    let (service, _) = service();
    let mac = link_layer(NODE_MAC);
    let inner = around(NEAR, &[(18, b"port 7"), (79, &mac)]);
    let outer = Around {
        hop_count: 1,
        link: "::",
        peer: NEAR,
        options: vec![(18, b"uplink".to_vec())],
    };
    let solicit = Packet::solicit(STRANGER_MAC);
    let request = relayed(&outer.wrap(12, &inner.wrap(12, &solicit.bytes()))).unwrap();
    assert_eq!(request.mac, Some(NODE_MAC));
    let answer = service.respond(&request).await.unwrap().unwrap();
    let alone = Request {
        relays: Vec::new(),
        ..request
    };
    let message = service.respond(&alone).await.unwrap().unwrap();
    assert_eq!(addresses(&decode(&message))[0].0, NODE);
    assert_eq!(answer, outer.wrap(13, &inner.wrap(13, &message)));
}

#[test]
fn a_node_is_at_home_where_its_relay_stands() {
    let (_, world) = service();
    let rack = world.rack();
    let mac = link_layer(NODE_MAC);
    let told = |link| {
        let bytes = around(link, &[(79, &mac)]).wrap(12, &Packet::solicit(STRANGER_MAC).bytes());
        let request = relayed(&bytes).unwrap();
        match asker(&request, &rack, &rack.appliance.interfaces[0]) {
            Asker::Node(..) => "home",
            Asker::Misplaced(_) => "misplaced",
            Asker::Stranger(_) => "stranger",
            Asker::Nameless => "nameless",
            Asker::Unvouched(..) => "unvouched",
        }
    };
    let table = [
        (NEAR, "home"),
        ("fd00:77:0:11::fe", "misplaced"),
        ("::", "home"),
        ("fe80::1", "home"),
        ("fd00:77:0:99::fe", "unvouched"),
    ];
    for (link, expected) in table {
        assert_eq!(told(link), expected, "{link}");
    }
}

#[test]
fn more_than_eight_relays_are_a_loop() {
    let around = around(NEAR, &[]);
    let mut bytes = Packet::solicit(NODE_MAC).bytes();
    for _ in 0..8 {
        bytes = around.wrap(12, &bytes);
    }
    assert_eq!(relayed(&bytes).unwrap().relays.len(), 8);
    let bytes = around.wrap(12, &bytes);
    assert_eq!(relayed(&bytes), Err(Unreadable::Relays));
}

#[tokio::test]
async fn a_client_that_nothing_tells_of_hears_nothing() {
    let (service, world) = service();
    let bytes = around(NEAR, &[]).wrap(12, &Packet::solicit(NODE_MAC).bytes());
    let request = relayed(&bytes).unwrap();
    assert_eq!(request.mac, None);
    assert_eq!(service.respond(&request).await.unwrap(), None);
    assert_eq!(fixture::codes(&world).len(), 0);
}

/// Everything that is stored, events apart.
fn stored(world: &World) -> Vec<Vec<(String, Raw)>> {
    let tables = Table::ALL.into_iter();
    tables
        .map(|table| world.store.list(table).unwrap())
        .collect()
}

/// A service whose first node is in the middle of its install.
fn installing() -> (Service, Arc<World>) {
    let (service, world) = service();
    let node = fixture::node(&world, "kvm-01");
    fixture::arm(&world, &node, 1);
    let arm = fixture::stored(&world, &node).unwrap();
    let again_until = Deadline::after(&world.now(), std::time::Duration::from_secs(300));
    let state = ArmState::Installing { again_until };
    fixture::write(&world, &Arm { state, ..arm });
    (service, world)
}

/// The node's firmware, as a relay on its link hands it on that says whose card it is.
fn firmware(kind: MessageType) -> Vec<u8> {
    let packet = match kind {
        MessageType::Request => Packet::request(STRANGER_MAC),
        other => Packet::of(STRANGER_MAC, other).asking(&[NODE]),
    };
    let packet = packet
        .class("PXEClient:Arch:00007", 7)
        .with(DhcpOption::RapidCommit);
    let bytes = packet.bytes();
    around(NEAR, &[(79, &link_layer(NODE_MAC))]).wrap(12, &bytes)
}

#[tokio::test]
async fn only_a_relay_that_the_file_names_speaks_for_a_node() {
    let outside: Ipv6Addr = "2001:db8::7".parse().unwrap();
    let neighbour: Ipv6Addr = "fe80::d9c2:1:2:3".parse().unwrap();
    let table = [
        ("the relay", RELAY, false, true),
        ("somebody outside", outside, false, false),
        ("somebody outside, to all", outside, true, false),
        ("somebody on the link", neighbour, true, false),
        ("the same by unicast", neighbour, false, false),
    ];
    for (name, from, to_all, expected) in table {
        let (service, world) = installing();
        let before = stored(&world);
        let request = relayed_by(&firmware(MessageType::Solicit), from, to_all).unwrap();
        let answer = service.respond(&request).await.unwrap();
        assert_eq!(answer.is_some(), expected, "{name}");
        assert_eq!(stored(&world) != before, expected, "{name}: what is stored");
        let counts = world.metrics.dhcp6.unanswered.all();
        let mut counted = counts
            .filter(|(_, count)| *count > 0)
            .map(|((why, _), _)| why);
        assert_eq!(
            counted.next() == Some(Silence::UnnamedRelay),
            !expected,
            "{name}"
        );
        let told = fixture::codes(&world)
            .iter()
            .any(|code| code == "boot.relay-not-named");
        assert_eq!(told, !expected, "{name}: what is told");
    }
}

#[tokio::test]
async fn a_switch_that_relays_is_believed_as_its_frame_is() {
    let client: Ipv6Addr = "fe80::d9c2:1:2:3".parse().unwrap();
    let solicit = Packet::solicit(NODE_MAC).bytes();
    // It even names another node's card.
    let switch = around("::", &[(18, b"port 7"), (79, &link_layer(OTHER_MAC))]);
    let bytes = switch.wrap(12, &solicit);
    let origin = |mac| Origin {
        address: client,
        ..from(mac)
    };
    let request = packet::read(&bytes, origin(NODE_MAC)).unwrap();
    assert_eq!(request.mac, Some(NODE_MAC));
    let (service, world) = service();
    let answer = service.respond(&request).await.unwrap().unwrap();
    let alone = packet::read(&solicit, origin(NODE_MAC)).unwrap();
    let message = service.respond(&alone).await.unwrap().unwrap();
    assert_eq!(answer, switch.wrap(13, &message));
    let stranger = packet::read(&bytes, origin(STRANGER_MAC)).unwrap();
    assert_eq!(service.respond(&stranger).await.unwrap(), None);
    assert_eq!(fixture::codes(&world), ["boot.stranger-heard"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn nothing_changes_by_what_an_unnamed_relay_hands_on(
        from in any::<[u8; 16]>().prop_map(Ipv6Addr::from), to_all: bool, link in prop_oneof![Just(NEAR), Just("fe80::1")],
        kinds in proptest::collection::vec(prop_oneof![
            Just(MessageType::Solicit), Just(MessageType::Request), Just(MessageType::Release), Just(MessageType::Decline),
        ], 1..5),
    ) {
        prop_assume!(from != RELAY);
        let (service, world) = installing();
        let before = stored(&world);
        for kind in kinds {
            let around = Around { link, ..around(NEAR, &[(79, &link_layer(NODE_MAC))]) };
            let packet = match kind {
                MessageType::Solicit => Packet::solicit(NODE_MAC).class("PXEClient", 7),
                other => Packet::of(NODE_MAC, other).for_us().asking(&[NODE]).class("PXEClient", 7),
            };
            let request = relayed_by(&around.wrap(12, &packet.bytes()), from, to_all).unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            prop_assert_eq!(runtime.block_on(service.respond(&request)).unwrap(), None);
        }
        prop_assert!(stored(&world) == before);
    }
}
