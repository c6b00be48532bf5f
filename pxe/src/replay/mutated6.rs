//! The DHCPv6 packets of the captures, damaged as those of DHCP are: nothing panics, memory stays where it was, a stranger's
//! card hears nothing, and a node of nothing but its own address and what leads to its own disk.

use std::net::Ipv6Addr;

use inventory::net::Mac;

use super::captured::Asked;
use super::chance::{Chance, SEED, many};
use super::mutated::{GROWTH_MAX, WORLD_LIVES, memory, nothing_armed, own_disk_files};
use super::packets;
use super::services::Services;
use super::shown::options6;
use crate::arch::BootFile;
use crate::dhcp6::packet::{self, Origin, Request};

const STRANGER: Mac = Mac([0x52, 0x54, 0, 0x77, 0, 99]);

/// What is wrong with a reply to a rack in which nothing is armed, if anything.
fn fault(services: &Services, request: &Request, reply: &[u8]) -> Option<&'static str> {
    let rack = services.real_rack();
    let Some(node) = request.mac.and_then(|mac| rack.node_by_mac(mac)) else {
        return Some("a stranger is answered");
    };
    let message = match unwrap(request, reply) {
        Some([2 | 7, a, b, c, rest @ ..]) if [*a, *b, *c] == request.xid => options6(rest),
        _ => return Some("no Advertise or Reply to this request"),
    };
    let own = node.address6.unwrap().octets();
    let associations = message.iter().filter(|(code, _)| *code == 3);
    let inner = associations.flat_map(|(_, value)| options6(&value[12..]));
    let mut others = inner.filter(|(code, value)| {
        let is_alive = *code == 5 && value[20..24] != [0; 4];
        is_alive && value[..16] != own
    });
    if others.next().is_some() {
        return Some("the address is not the node's");
    }
    let url = message.iter().find(|(code, _)| *code == 59);
    let is_known = url.is_none_or(|(_, url)| {
        let server = rack.appliance.interfaces[0].address6.unwrap();
        let files = own_disk_files(services, &node.profile, server.into());
        files
            .into_iter()
            .any(|file| text(file, server).as_bytes() == *url)
    });
    (!is_known).then_some("a boot file that leads to no disk")
}

fn text(file: BootFile, server: Ipv6Addr) -> String {
    match file {
        BootFile::Tftp(path) => format!("tftp://[{server}]/{path}"),
        BootFile::Http(url) => url,
    }
}

/// The message inside what each relay is given.
fn unwrap<'a>(request: &Request, mut reply: &'a [u8]) -> Option<&'a [u8]> {
    for _ in &request.relays {
        let options = options6(reply.get(34..).filter(|_| reply[0] == 13)?);
        reply = options.into_iter().find(|(code, _)| *code == 9)?.1;
    }
    Some(reply)
}

#[tokio::test]
async fn no_damaged_dhcpv6_packet_is_answered_wrongly() {
    let capture = nothing_armed();
    let mut services = Services::start(&capture).await;
    let node = services.real_rack().nodes[&capture.node].mac;
    let whole = packets(|asked| match asked {
        Asked::Dhcp6(_, bytes) => Some(bytes),
        Asked::Dhcp(_) | Asked::Tftp(..) | Asked::Http(..) => None,
    });
    let (mut chance, many) = (Chance(SEED), many());
    let (mut read, mut answered, mut settled) = (0_u64, 0_u64, 0);
    for number in 0..many {
        if number % WORLD_LIVES == WORLD_LIVES - 1 {
            services.stop().await;
            services = Services::start(&capture).await;
        }
        if number == many / 10 {
            settled = memory();
        }
        let packet = chance.damaged(&whole);
        let origin = Origin {
            mac: if number % 4 == 0 { STRANGER } else { node },
            address: "fe80::5054:ff:fe77:1".parse().unwrap(),
            to_all: true,
        };
        let Ok(request) = packet::read(&packet, origin) else {
            continue;
        };
        read += 1;
        // What cannot be written is not sent.
        if let Ok(Some(reply)) = services.dhcp6_bytes(&request).await {
            answered += 1;
            let fault = fault(&services, &request, &reply);
            assert_eq!(fault, None, "{number}: {}", packet.escape_ascii());
        }
    }
    services.stop().await;
    let grown = memory().saturating_sub(settled);
    println!("DHCPv6: {many} packets, {read} readable, {answered} answered, {grown} KiB more");
    assert!(
        read > many / 20 && answered > many / 50,
        "the damage is too great"
    );
    assert!(grown < GROWTH_MAX, "{grown} KiB more at the end");
}
