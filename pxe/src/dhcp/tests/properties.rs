//! What holds for every sequence of packets: strangers hear nothing, a node hears of its own address only, and only an
//! address asked of us is refused.

use std::net::Ipv4Addr;

use dhcproto::v4::{MessageType, OptionCode};
use inventory::lease::Lease;
use inventory::node::Stranger;
use inventory::store;
use proptest::option;
use proptest::prelude::*;

use super::*;

fn mac() -> impl Strategy<Value = [u8; 6]> {
    prop_oneof![
        Just(NODE_MAC),
        Just(OTHER_MAC),
        Just(STRANGER_MAC),
        any::<[u8; 6]>()
    ]
}

fn address() -> impl Strategy<Value = Ipv4Addr> {
    let other = Ipv4Addr::new(10, 77, 10, 22);
    prop_oneof![
        Just(SERVER),
        Just(NODE),
        Just(other),
        any::<[u8; 4]>().prop_map(Into::into)
    ]
}

fn kind() -> impl Strategy<Value = MessageType> {
    prop_oneof![
        2 => Just(MessageType::Discover),
        4 => Just(MessageType::Request),
        1 => Just(MessageType::Decline),
        1 => Just(MessageType::Release),
        1 => Just(MessageType::Inform),
    ]
}

fn class() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("PXEClient"),
        Just("HTTPClient"),
        Just("anaconda-Linux"),
        Just("")
    ]
}

prop_compose! {
    pub(super) fn packet()(
        mac in mac(), kind in kind(), class in class(), arch in 0u16..20, client_id in any::<[u8; 7]>(),
        server in option::of(address()), wants in option::of(address()), has in option::of(address()),
        relay in option::weighted(0.1, prop_oneof![Just(Ipv4Addr::new(10, 77, 10, 7)), address()]),
    ) -> Packet {
        let mut packet = Packet::of(mac, kind).class(class, arch).raw(61, &client_id);
        if let Some(server) = server {
            packet = packet.with(DhcpOption::ServerIdentifier(server));
        }
        if let Some(wants) = wants {
            packet = packet.with(DhcpOption::RequestedIpAddress(wants));
        }
        packet.has(has.unwrap_or(Ipv4Addr::UNSPECIFIED)).relayed(relay.unwrap_or(Ipv4Addr::UNSPECIFIED))
    }
}

fn check(packet: &Packet, reply: Option<&Message>, world: &World) -> Result<(), TestCaseError> {
    let rack = world.rack();
    let request = packet.read();
    let Some(node) = rack.node_by_mac(request.mac) else {
        prop_assert_eq!(reply, None, "a stranger was answered");
        return Ok(());
    };
    let Some(reply) = reply else { return Ok(()) };
    match reply.opts().msg_type().unwrap() {
        MessageType::Offer => prop_assert_eq!(reply.yiaddr(), node.address),
        MessageType::Ack if request.kind == crate::dhcp::packet::Kind::Request => {
            prop_assert_eq!(reply.yiaddr(), node.address);
            let lease = store::read::<Lease>(&*world.store, &node.mac)
                .unwrap()
                .unwrap();
            prop_assert_eq!(lease.value.address, node.address);
        }
        MessageType::Ack => prop_assert_eq!(request.has, Some(node.address)),
        MessageType::Nak => prop_assert_eq!(request.server, Some(SERVER)),
        other => prop_assert!(false, "a server does not send {:?}", other),
    }
    Ok(())
}

fn respond(service: &Service, packet: &Packet) -> Option<Message> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let request = packet.read();
    let reply = runtime.block_on(service.respond(&request)).unwrap()?;
    assert!(
        reply.bytes.len() <= request.reply_max,
        "{}",
        reply.bytes.len()
    );
    Some(decode(&reply.bytes))
}

/// A pool that nobody opened.
fn closed_pool() -> (Service, Arc<World>) {
    let clock = Arc::new(Hands(Mutex::new(noon())));
    service_of(rack_in(Mode::Pool), Arc::new(MemoryStore::default()), clock)
}

proptest! {
    #[test]
    fn only_nodes_are_answered_and_only_about_their_own_address(
        packets in proptest::collection::vec(packet(), 1..30)
    ) {
        for (service, world) in [service(), closed_pool()] {
            for packet in &packets {
                let reply = respond(&service, packet);
                check(packet, reply.as_ref(), &world)?;
            }
            let strangers = store::read_all::<Stranger>(&*world.store).unwrap();
            prop_assert!(strangers.len() <= 256);
        }
    }

    #[test]
    fn beside_another_server_nobody_is_given_or_refused_an_address(
        packets in proptest::collection::vec(packet(), 1..30)
    ) {
        let clock = Arc::new(Hands(Mutex::new(noon())));
        let (service, world) = service_of(rack_in(Mode::Proxy), Arc::new(MemoryStore::default()), clock);
        for packet in &packets {
            let Some(reply) = respond(&service, packet) else { continue };
            let request = packet.read();
            prop_assert!(world.rack().node_by_mac(request.mac).is_some(), "a stranger was answered");
            prop_assert_eq!(reply.opts().msg_type(), Some(MessageType::Offer));
            prop_assert_eq!(reply.yiaddr(), Ipv4Addr::UNSPECIFIED);
            prop_assert!(request.vendor_class.starts_with("PXEClient") || request.vendor_class.starts_with("HTTPClient"));
        }
    }

    #[test]
    fn a_reply_reads_as_it_was_written(packet in packet(), max in 0u16..1600, id in proptest::collection::vec(any::<u8>(), 0..255)) {
        let packet = packet.raw(57, &max.to_be_bytes()).raw(97, &id);
        let (service, world) = service();
        let Some(reply) = respond(&service, &packet) else { return Ok(()) };
        let request = packet.read();
        prop_assert_eq!((reply.xid(), reply.chaddr()), (request.xid, &request.mac.0[..]));
        prop_assert_eq!(reply.giaddr(), request.relay.unwrap_or(Ipv4Addr::UNSPECIFIED));
        prop_assert_eq!(reply.opts().get(OptionCode::ServerIdentifier), Some(&DhcpOption::ServerIdentifier(SERVER)));
        let node = world.rack().node_by_mac(request.mac).unwrap().clone();
        if let Some(DhcpOption::Hostname(host)) = reply.opts().get(OptionCode::Hostname) {
            prop_assert_eq!(host, &node.name.to_string());
        }
    }
}
