//! What holds for every sequence of packets: strangers hear nothing at all, a node is given its own address and no other, and
//! what it was given stands in the store; bytes of any kind are read or refused.

use dhcproto::v6::MessageType;
use inventory::lease::Lease;
use inventory::node::Stranger;
use inventory::store;
use proptest::prelude::*;

use super::super::reply::VALID_SECONDS;
use super::*;

fn mac() -> impl Strategy<Value = Mac> {
    prop_oneof![
        Just(NODE_MAC),
        Just(OTHER_MAC),
        Just(STRANGER_MAC),
        any::<[u8; 6]>().prop_map(Mac)
    ]
}

fn kind() -> impl Strategy<Value = MessageType> {
    prop_oneof![
        Just(MessageType::Solicit),
        Just(MessageType::Request),
        Just(MessageType::Confirm),
        Just(MessageType::Renew),
        Just(MessageType::Rebind),
        Just(MessageType::Release),
        Just(MessageType::Decline),
        Just(MessageType::InformationRequest),
    ]
}

/// DUIDs, among them those that name the card of a node.
fn duid() -> impl Strategy<Value = Vec<u8>> {
    let ll = [&[0, 3, 0, 1][..], &NODE_MAC.0].concat();
    let llt = [&[0, 1, 0, 1, 9, 9, 9, 9][..], &NODE_MAC.0].concat();
    prop_oneof![
        Just(ll),
        Just(llt),
        Just(DUID.to_vec()),
        proptest::collection::vec(any::<u8>(), 3..40)
    ]
}

/// Source addresses, among them that of a node's card.
fn source() -> impl Strategy<Value = Ipv6Addr> {
    prop_oneof![
        Just("fe80::5054:ff:fe77:1".parse().unwrap()),
        Just("fe80::d9c2:1:2:3".parse().unwrap())
    ]
}

fn class() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![
        Just(None),
        Just(Some("PXEClient")),
        Just(Some("HTTPClient"))
    ]
}

prop_compose! {
    fn packet()(
        mac in mac(), kind in kind(), duid in duid(), class in class(), arch in 0u16..20, source in source(),
        rapid: bool, to_us: bool, named in proptest::collection::vec(prop_oneof![Just(NODE), any::<[u8; 16]>().prop_map(Ipv6Addr::from)], 0..3),
    ) -> (Packet, Origin) {
        let message = Message::new_with_id(kind, [7, 8, 9]);
        let mut packet = Packet { message, mac }.with(DhcpOption::ClientId(duid));
        if kind != MessageType::InformationRequest {
            packet = packet.asking(&named);
        }
        if let Some(class) = class {
            packet = packet.class(class, arch);
        }
        if rapid {
            packet = packet.with(DhcpOption::RapidCommit);
        }
        let needs_server = matches!(kind, MessageType::Request | MessageType::Renew | MessageType::Release | MessageType::Decline);
        if needs_server && to_us {
            packet = packet.for_us();
        } else if needs_server {
            packet = packet.with(DhcpOption::ServerId(vec![0, 3, 0, 1, 2, 2]));
        }
        let origin = Origin { address: source, ..from(mac) };
        (packet, origin)
    }
}

fn check(origin: Origin, reply: Option<Message>, world: &World) -> Result<(), TestCaseError> {
    let rack = world.rack();
    let Some(node) = rack.node_by_mac(origin.mac) else {
        prop_assert_eq!(reply, None, "a stranger was answered");
        return Ok(());
    };
    let Some(reply) = reply else { return Ok(()) };
    let given = addresses(&reply);
    let alive = given.iter().filter(|(_, life)| *life > 0);
    let alive: Vec<_> = alive.copied().collect();
    let own = (node.address6.unwrap(), VALID_SECONDS);
    prop_assert!(alive.is_empty() || alive == [own], "{:?}", given);
    if reply.msg_type() == MessageType::Reply && !alive.is_empty() {
        let lease = store::read::<Lease<Ipv6Addr>>(&*world.store, &node.mac).unwrap();
        prop_assert_eq!(lease.map(|lease| lease.value.address), node.address6);
    }
    Ok(())
}

fn respond(service: &Service, request: &Request) -> Option<Message> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let answer = runtime.unwrap().block_on(service.respond(request)).unwrap();
    answer.map(|bytes| decode(&bytes))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn strangers_hear_nothing_and_nodes_their_own(packets in proptest::collection::vec(packet(), 1..12)) {
        let (service, world) = service();
        for (packet, origin) in packets {
            let request = packet::read(&packet.bytes(), origin).unwrap();
            let reply = respond(&service, &request);
            check(origin, reply, &world)?;
        }
        let leases = store::read_all::<Lease<Ipv6Addr>>(&*world.store).unwrap();
        prop_assert!(leases.iter().all(|lease| world.rack().node_by_mac(lease.value.mac).is_some()));
        let strangers = store::read_all::<Stranger>(&*world.store).unwrap();
        prop_assert!(strangers.iter().all(|it| world.rack().node_by_mac(it.value.mac).is_none()));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), kind in prop_oneof![1u8..14]) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() {
            *first = kind;
        }
        let _ = packet::read(&bytes, from(NODE_MAC));
    }

    #[test]
    fn bytes_that_flip_are_read_or_refused((packet, origin) in packet(), flips in proptest::collection::vec((0usize..200, any::<u8>()), 1..6)) {
        let mut bytes = packet.bytes();
        for (at, byte) in flips {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        if let Ok(request) = packet::read(&bytes, origin) {
            let (service, _) = service();
            prop_assert_eq!(request.mac, Some(origin.mac));
            let _ = respond(&service, &request);
        }
    }
}
