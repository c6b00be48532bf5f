//! The DHCP packets of the captures, damaged. Whatever comes, nothing panics, memory stays where it was, and no answer
//! is a wrong one: none to a stranger, none with another's address, none with a boot file that installs.

use std::net::{IpAddr, Ipv4Addr};

use inventory::lease::Client;

use super::captured::{Asked, Capture};
use super::chance::{Chance, SEED, many};
use super::services::Services;
use super::{captures, packets};
use crate::arch::{Allowed, BootFile, Booter, boot_file};

/// A fresh world now and then: what a memory store keeps for ever is not what is measured.
pub(super) const WORLD_LIVES: u64 = 50_000;
/// How much more memory may be in use at the end than after the first tenth, KiB.
pub(super) const GROWTH_MAX: u64 = 48 * 1024;

/// Resident memory of this process, KiB.
pub(super) fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// What is wrong with a DHCP reply to a rack in which nothing is armed, if anything.
fn fault(services: &Services, asked: &[u8], reply: &[u8]) -> Option<&'static str> {
    let rack = services.real_rack();
    let mac = inventory::net::Mac(asked[28..34].try_into().unwrap());
    let Some(node) = rack.node_by_mac(mac) else {
        return Some("a stranger is answered");
    };
    let yours = Ipv4Addr::from(<[u8; 4]>::try_from(&reply[16..20]).unwrap());
    if !yours.is_unspecified() && yours != node.address {
        return Some("the address is not the node's");
    }
    if reply[28..34] != mac.0 {
        return Some("the reply is to another MAC");
    }
    let server = rack.appliance.interfaces[0].address.into();
    let files = own_disk_files(services, &node.profile, server);
    let files: Vec<Vec<u8>> = files.into_iter().map(text).collect();
    let mut options = super::shown::options(reply).0.into_iter();
    let file = options.find(|(code, _)| *code == 67);
    let is_known = file.is_none_or(|(_, file)| files.iter().any(|it| it == file));
    (!is_known).then_some("a boot file that leads to no disk")
}

/// A boot file as option 67 has it.
fn text(file: BootFile) -> Vec<u8> {
    match file {
        BootFile::Tftp(text) | BootFile::Http(text) => [text.as_bytes(), b"\0"].concat(),
    }
}

/// Every boot file that a node may be told by `server` while it is not armed.
pub(super) fn own_disk_files(
    services: &Services,
    profile: &inventory::id::ProfileName,
    server: IpAddr,
) -> Vec<BootFile> {
    let rack = services.real_rack();
    let name = &rack.profiles[profile].os;
    let firmware =
        |class: &'static str| move |code| Booter::of(Client::Firmware, class, Some(code));
    let all = (0..20).flat_map(|code| [firmware("PXEClient")(code), firmware("HTTPClient")(code)]);
    let booters = all.flatten().chain([Booter::Ipxe]);
    let file = |booter| boot_file(booter, Allowed::OwnDisk, (name, &rack.oses[name]), server);
    booters.map(file).collect()
}

pub(super) fn nothing_armed() -> Capture {
    let (_, mut capture) = captures().remove(0);
    capture.armed = None;
    capture.asked.clear();
    capture
}

#[tokio::test]
async fn no_damaged_dhcp_packet_is_answered_wrongly() {
    let capture = nothing_armed();
    let mut services = Services::start(&capture).await;
    let whole = packets(|asked| match asked {
        Asked::Dhcp(bytes) => Some(bytes),
        Asked::Dhcp6(..) | Asked::Tftp(..) | Asked::Http(..) => None,
    });
    let (mut chance, many) = (Chance(SEED), many());
    let source = crate::dhcp::packet::Source {
        address: Ipv4Addr::UNSPECIFIED,
        to_all: true,
    };
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
        let Ok(request) = crate::dhcp::packet::read(&packet, source) else {
            continue;
        };
        read += 1;
        if let Some(reply) = services.dhcp_bytes(&request).await {
            answered += 1;
            let fault = fault(&services, &packet, &reply);
            assert_eq!(fault, None, "{number}: {}", packet.escape_ascii());
        }
    }
    services.stop().await;
    let grown = memory().saturating_sub(settled);
    println!("DHCP: {many} packets, {read} readable, {answered} answered, {grown} KiB more");
    assert!(
        read > many / 10 && answered > many / 50,
        "the damage is too great"
    );
    assert!(grown < GROWTH_MAX, "{grown} KiB more at the end");
}
