//! Packets that come through relays, and go back the same way.

use super::super::answer::{Asker, asker};
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
    let origin = Origin {
        mac: STRANGER_MAC,
        address: NEAR.parse().unwrap(),
        to_all: false,
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
        }
    };
    let table = [
        (NEAR, "home"),
        ("fd00:77:0:11::fe", "misplaced"),
        ("::", "home"),
        ("fe80::1", "home"),
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
