//! DHCPv4: any bytes as a client's packet, and every kind of reply to what could be read of them.
//!
//! What is checked beside panics: a reply is never larger than its client takes and never smaller than BOOTP, its options end
//! where they say and none is cut, the type and the server are always there, and what a relay added comes back last, byte for
//! byte.

#![no_main]

use std::net::Ipv4Addr;

use libfuzzer_sys::fuzz_target;
use pxe::arch::BootFile;
use pxe::dhcp::packet::{self, Request, Source};
use pxe::dhcp::reply::{Boot, Reply, Terms};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 10, 1);
const SOURCE: Source = Source {
    address: Ipv4Addr::UNSPECIFIED,
    to_all: true,
};

fuzz_target!(|bytes: &[u8]| {
    let Ok(request) = packet::read(bytes, SOURCE) else {
        return;
    };
    assert!(request.vendor_class.chars().count() <= 64);
    for reply in replies(&request) {
        check(&request, &reply.write(&request));
    }
});

/// One of each kind, with as much in it as a rack file can say.
fn replies(request: &Request) -> [Reply; 6] {
    let url = format!(
        "http://10.77.10.1/os/{}/shim",
        "x".repeat(request.mac.0[5].into())
    );
    let boot = || Boot {
        server: SERVER,
        file: BootFile::Http(url.clone()),
    };
    let terms = || Terms {
        server: SERVER,
        address: Ipv4Addr::new(10, 77, 10, 21),
        lease_seconds: 3600,
        subnet: "10.77.10.0/24".parse().unwrap(),
        router: Some(Ipv4Addr::new(10, 77, 10, 254)),
        routes: vec!["10.9.0.0/16 via 10.77.10.253".parse().unwrap(); 40],
        mtu: 9000,
        dns: vec![SERVER; 3],
        ntp: vec![SERVER; 3],
        host: Some("kvm-01".to_owned()),
        domain: "rack.test".to_owned(),
        search: vec!["lab.test".to_owned(); 40],
        boot: Some(boot().file),
    };
    [
        Reply::Offer(terms()),
        Reply::Ack(terms()),
        Reply::Informed(terms()),
        Reply::Nak { server: SERVER },
        Reply::ProxyOffer(boot()),
        Reply::ProxyAck(boot()),
    ]
}

fn check(request: &Request, reply: &[u8]) {
    assert!(
        (300..=request.reply_max).contains(&reply.len()),
        "{}",
        reply.len()
    );
    assert_eq!(reply[..4], [2, 1, 6, 0]);
    assert_eq!(reply[4..8], request.xid.to_be_bytes());
    assert_eq!(reply[28..34], request.mac.0);
    assert_eq!(reply[236..240], [99, 130, 83, 99]);
    let main = options(&reply[240..]);
    let is_there = |code| main.iter().any(|(its, _)| *its == code);
    assert!(is_there(53) && is_there(54));
    if let Some(info) = &request.relay_info {
        assert_eq!(main.last(), Some(&(82, &info[..])));
    }
    let overload = main.iter().find(|(code, _)| *code == 52);
    let places = overload.map_or(0, |(_, value)| value[0]);
    if places & 1 != 0 {
        options(&reply[108..236]);
    }
    if places & 2 != 0 {
        options(&reply[44..108]);
    }
}

/// Codes and values up to the end mark, which must be there.
fn options(mut rest: &[u8]) -> Vec<(u8, &[u8])> {
    let mut found = Vec::new();
    loop {
        match rest {
            [255, ..] => return found,
            [code, length, more @ ..] => {
                let (value, after) = more.split_at(usize::from(*length));
                found.push((*code, value));
                rest = after;
            }
            [] | [_] => panic!("no end mark"),
        }
    }
}
