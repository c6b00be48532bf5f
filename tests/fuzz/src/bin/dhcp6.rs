//! DHCPv6: any bytes as an IPv6 packet of a node's card, through everything of the service that is pure, down to the bytes
//! of the answer.
//!
//! What is checked beside panics: the answer goes back through every relay with what each had added, its options end where
//! they say, it is the client's, from us, and no address in it is another's than the node's that asked.

#![no_main]

use std::net::Ipv6Addr;
use std::sync::LazyLock;

use inventory::id::{NetworkName, OsName};
use inventory::net::Mac;
use inventory::rack::Rack;
use libfuzzer_sys::fuzz_target;
use pxe::dhcp6::answer::{Answer, Asker, Facts, answer, asker, server_id};
use pxe::dhcp6::frame;
use pxe::dhcp6::packet::{self, Request, Via};

const SERVER: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x77, 0, 0x10, 0, 0, 0, 1);
/// The one relay that may speak for nodes.
const RELAY: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x77, 0, 0x10, 0, 0, 0, 0xfe);
/// The card of the first node.
const CARD: Mac = Mac([0x52, 0x54, 0, 0x77, 0, 1]);

/// The virtual rack.
struct World {
    rack: Rack,
    os: OsName,
    id: Vec<u8>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let text = include_str!("../../../../docs/examples/virtual-rack.toml");
    let mut rack = inventory::config::check(text).expect("the example has no faults");
    let management: NetworkName = "management".parse().expect("a name");
    if let Some(network) = rack.networks.get_mut(&management) {
        network.relays = Some(vec![RELAY.into()]);
    }
    World {
        rack,
        os: "standin".parse().expect("a name"),
        id: server_id(SERVER),
    }
});

fuzz_target!(|bytes: &[u8]| {
    let Some((origin, message)) = frame::read(bytes, CARD, SERVER) else {
        return;
    };
    let Ok(request) = packet::read(message, origin) else {
        return;
    };
    assert!(request.relays.len() <= 8 && request.vendor_class.chars().count() <= 64);
    let (rack, interface) = (&WORLD.rack, &WORLD.rack.appliance.interfaces[0]);
    let Asker::Node(node, address) = asker(&request, rack, interface) else {
        return;
    };
    match request.via {
        Via::Link => assert_eq!(node.mac, CARD, "a frame is believed, and nothing in it"),
        Via::Relay(relay) => assert_eq!(relay, RELAY),
    }
    for armed in [None, Some(&WORLD.os)] {
        let server = SERVER;
        let facts = Facts {
            rack,
            server,
            armed,
        };
        if let Answer::Say(reply) = answer(&request, &facts, (node, address)) {
            // A client's identifiers and associations are bounded by its packet, which is small.
            let reply = reply.write(&request, &WORLD.id).expect("it can be written");
            check(&request, &reply, address);
        }
    }
});

fn check(request: &Request, reply: &[u8], own: Ipv6Addr) {
    let message = unwrap(request, reply);
    assert!(matches!(message[0], 2 | 7), "Advertise or Reply");
    assert_eq!(message[1..4], request.xid);
    let options = options(&message[4..]);
    let one = |code| options.iter().find(|(its, _)| *its == code);
    assert_eq!(one(2), Some(&(2, &WORLD.id[..])));
    assert_eq!(one(1).map(|(_, id)| *id), request.duid.as_deref());
    let associations = options.iter().filter(|(code, _)| *code == 3);
    for (_, association) in associations {
        for (code, value) in self::options(&association[12..]) {
            let is_alive = code == 5 && value[20..24] != [0; 4];
            assert!(
                !is_alive || value[..16] == own.octets(),
                "an address of another"
            );
        }
    }
}

/// The message inside the answer, which is in one relay's after the other.
fn unwrap<'a>(request: &Request, mut reply: &'a [u8]) -> &'a [u8] {
    for relay in &request.relays {
        assert_eq!(reply[..2], [13, relay.hop_count]);
        assert_eq!(reply[2..18], relay.link.octets());
        assert_eq!(reply[18..34], relay.peer.octets());
        let options = options(&reply[34..]);
        let one = |code| options.iter().find(|(its, _)| *its == code);
        assert_eq!(one(18).map(|(_, id)| *id), relay.interface_id.as_deref());
        reply = one(9).expect("a message inside").1;
    }
    reply
}

/// Codes and values; the last one ends where the bytes do.
fn options(mut rest: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (head, more) = rest.split_at(4);
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let (value, after) = more.split_at(length);
        found.push((u16::from_be_bytes([head[0], head[1]]), value));
        rest = after;
    }
    found
}
