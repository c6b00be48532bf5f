use std::net::SocketAddrV4;

use dhcproto::v4::{DhcpOption, Encodable, Message as Packet, MessageType, Opcode};
use inventory::net::Mac;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::dhcp::packet::{self, Kind};
use crate::fixture;
use crate::wire::End;

const RIVAL: Mac = Mac([2, 0, 0, 0, 0, 9]);
const OURS: Mac = Mac([2, 0, 0, 0, 0, 1]);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 10, 66);

/// A packet of a server at [`SERVER`].
fn packet(opcode: Opcode, kind: Option<MessageType>, named: Option<Ipv4Addr>) -> Vec<u8> {
    let mut packet = Packet::default();
    packet.set_opcode(opcode);
    if let Some(kind) = kind {
        packet.opts_mut().insert(DhcpOption::MessageType(kind));
    }
    if let Some(named) = named {
        packet
            .opts_mut()
            .insert(DhcpOption::ServerIdentifier(named));
    }
    packet.to_vec().unwrap()
}

fn datagram(payload: &[u8], from: Ipv4Addr) -> Datagram<'_> {
    Datagram {
        from: End {
            mac: RIVAL,
            address: SocketAddrV4::new(from, 67),
        },
        to: End {
            mac: OURS,
            address: SocketAddrV4::new(Ipv4Addr::BROADCAST, 68),
        },
        payload,
    }
}

fn seen(payload: &[u8]) -> Option<Ipv4Addr> {
    let sight = Sight::of(&datagram(payload, SERVER))?;
    assert_eq!(sight.mac, RIVAL);
    Some(sight.server)
}

#[test]
fn a_server_is_seen_in_what_only_servers_send() {
    use MessageType as M;
    let named = Ipv4Addr::new(10, 0, 0, 2);
    let reply = |kind, server| packet(Opcode::BootReply, Some(kind), server);
    let table = [
        ("an OFFER", reply(M::Offer, Some(named)), Some(named)),
        ("an ACK", reply(M::Ack, Some(named)), Some(named)),
        ("a NAK", reply(M::Nak, Some(named)), Some(named)),
        ("no option 54", reply(M::Offer, None), Some(SERVER)),
        (
            "option 54 of zeros",
            reply(M::Offer, Some(Ipv4Addr::UNSPECIFIED)),
            Some(SERVER),
        ),
        (
            "a DISCOVER that says it is a reply",
            reply(M::Discover, Some(named)),
            None,
        ),
        ("BOOTP", packet(Opcode::BootReply, None, Some(named)), None),
        (
            "a client",
            packet(Opcode::BootRequest, Some(M::Offer), Some(named)),
            None,
        ),
        ("nothing", Vec::new(), None),
    ];
    for (name, payload, expected) in table {
        assert_eq!(seen(&payload), expected, "{name}");
    }
    let nameless = reply(M::Offer, None);
    assert_eq!(Sight::of(&datagram(&nameless, Ipv4Addr::UNSPECIFIED)), None);
}

#[test]
fn nobody_asks_as_a_booting_machine_that_cannot_exist() {
    let nobody = Nobody::by_chance(0xff12_3456_789a_bcde);
    let frame = nobody.discover(OURS, 7);
    let asked = Datagram::read(&frame).unwrap();
    assert_eq!(asked.from.mac, OURS);
    assert_eq!(asked.from.address, "0.0.0.0:68".parse().unwrap());
    assert_eq!(asked.to.address, "255.255.255.255:67".parse().unwrap());
    let source = packet::Source {
        address: Ipv4Addr::UNSPECIFIED,
        to_all: true,
    };
    let request = packet::read(asked.payload, source).unwrap();
    assert_eq!((request.kind, request.xid), (Kind::Discover, 7));
    assert_eq!(request.flags, 0x8000, "answers must be broadcast");
    assert_eq!(request.mac, Mac([0xfe, 0x12, 0x34, 0x56, 0x78, 0x9a]));
    assert_eq!(request.vendor_class, "PXEClient:Arch:00000:UNDI:002001");
    assert_eq!(request.arch, Some(0));
    // Not a server's packet: we do not find ourselves.
    assert_eq!(Sight::of(&asked), None);
}

#[test]
fn foreign_is_who_is_neither_us_nor_named() {
    let scene = fixture::leased();
    let mut rack = Rack::clone(&scene.world.rack());
    let interface = rack.appliance.interfaces[0].clone();
    assert_eq!(interface.address, fixture::SERVER);
    let bmc = rack.appliance.interfaces[1].address;
    assert!(!is_foreign(fixture::SERVER, &interface, &rack));
    assert!(
        !is_foreign(bmc, &interface, &rack),
        "our other interface, through a relay"
    );
    assert!(is_foreign(SERVER, &interface, &rack));
    let network = rack.networks.get_mut(&interface.network).unwrap();
    network.dhcp_servers = vec![SERVER];
    assert!(!is_foreign(SERVER, &interface, &rack));
}

proptest! {
    #[test]
    fn any_bytes_are_a_server_or_not(payload in vec(any::<u8>(), 0..600), is_dhcp in any::<bool>()) {
        let mut payload = payload;
        if is_dhcp && payload.len() > 243 {
            payload[0] = 2;
            // An OFFER that ends there: what garbage behind it makes of option 53 is not ours to say.
            payload[236..244].copy_from_slice(&[99, 130, 83, 99, 53, 1, 2, 255]);
        }
        let sight = Sight::of(&datagram(&payload, SERVER));
        prop_assert_eq!(sight.is_some(), is_dhcp && payload.len() > 243);
    }
}
