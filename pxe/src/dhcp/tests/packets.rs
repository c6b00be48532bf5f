//! Reading clients' packets and writing replies, byte for byte.

use std::net::Ipv4Addr;

use dhcproto::v4::{DhcpOption, MessageType, OptionCode};
use inventory::lease::Client;
use proptest::prelude::*;

use super::super::answer::{Answer, Facts, answer};
use super::super::packet::{Unreadable, read};
use super::*;

fn reply_to(request: &super::super::packet::Request) -> Vec<u8> {
    let rack = rack();
    let interface = interface(&rack, 0);
    let facts = Facts {
        rack: &rack,
        interface: &interface,
        node: rack.node_by_mac(request.mac),
        armed: None,
    };
    match answer(request, &facts) {
        Answer::Say(reply) => reply.write(request),
        Answer::Silent(silence) => panic!("silent: {silence:?}"),
    }
}

fn bytes_of_reply(packet: &Packet) -> Vec<u8> {
    reply_to(&packet.read())
}

fn option(message: &Message, code: OptionCode) -> DhcpOption {
    message.opts().get(code).unwrap().clone()
}

const NEAR: Source = Source {
    address: Ipv4Addr::UNSPECIFIED,
    to_all: true,
};

#[test]
fn programs_are_told_apart_by_their_classes() {
    let packet = || Packet::discover(NODE_MAC);
    let pxe = || packet().class("PXEClient:Arch:00007:UNDI:003001", 7);
    let table = [
        ("firmware", pxe(), Client::Firmware),
        (
            "HTTP boot",
            packet().class("HTTPClient:Arch:00016", 16),
            Client::Firmware,
        ),
        (
            "iPXE, plain user class",
            pxe().raw(77, b"iPXE"),
            Client::Ipxe,
        ),
        (
            "iPXE, RFC 3004 user class",
            pxe().raw(77, b"\x04iPXE"),
            Client::Ipxe,
        ),
        (
            "iPXE, its own options",
            pxe().raw(175, &[177, 1, 1]),
            Client::Ipxe,
        ),
        (
            "installer",
            packet().class("anaconda-Linux 5.14 x86_64", 0),
            Client::Installer,
        ),
        ("busybox", packet().class("udhcp 1.35.0", 0), Client::System),
        ("nothing said", packet(), Client::System),
    ];
    for (name, packet, client) in table {
        assert_eq!(packet.read().client, client, "{name}");
    }
}

#[test]
fn a_malformed_option_hides_no_other() {
    let packet = Packet::discover(NODE_MAC)
        .raw(12, &[0xff, 0xfe])
        .raw(57, &[1])
        .class("PXEClient:Arch:00007", 7)
        .raw(77, b"iPXE");
    let request = packet.read();
    assert_eq!((request.client, request.arch), (Client::Ipxe, Some(7)));
}

#[test]
fn the_first_of_several_architectures_counts() {
    let packet = Packet::discover(NODE_MAC).raw(93, &[0, 9, 0, 7]);
    assert_eq!(packet.read().arch, Some(9));
}

#[test]
fn options_in_the_header_fields_are_read_too() {
    let mut packet = Packet::discover(NODE_MAC).raw(52, &[1]);
    packet.0.set_fname(b"\x3c\x09PXEClient\xff");
    assert_eq!(packet.read().client, Client::Firmware);
}

#[test]
fn what_is_no_request_is_named() {
    let good = Packet::discover(NODE_MAC).bytes();
    let changed = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    let no_kind = Packet(Message::default().set_chaddr(&NODE_MAC).clone()).bytes();
    let table = [
        (good[..200].to_vec(), Unreadable::Short),
        (changed(0, 2), Unreadable::NotARequest),
        (changed(1, 6), Unreadable::NotEthernet),
        (changed(2, 200), Unreadable::NotEthernet),
        (changed(236, 0), Unreadable::NoKind),
        (no_kind, Unreadable::NoKind),
    ];
    for (bytes, error) in table {
        assert_eq!(read(&bytes, NEAR), Err(error));
    }
}

#[test]
fn the_boot_file_stands_in_option_and_header_and_ends_with_a_nul() {
    let firmware = Packet::discover(NODE_MAC).class("PXEClient:Arch:00007", 7);
    let reply = decode(&bytes_of_reply(&firmware.raw(97, &[0; 17])));
    let file = "os/signed/EFI/BOOT/BOOTX64.EFI";
    assert_eq!(
        reply.fname_str().unwrap().unwrap().trim_end_matches('\0'),
        file
    );
    assert_eq!(reply.siaddr(), SERVER);
    let ended = format!("{file}\0").into_bytes();
    assert_eq!(
        option(&reply, OptionCode::BootfileName),
        DhcpOption::BootfileName(ended)
    );
    assert!(reply.opts().get(OptionCode::ClassIdentifier).is_none());
    let echoed = DhcpOption::ClientMachineIdentifier(vec![0; 17]);
    assert_eq!(option(&reply, OptionCode::ClientMachineIdentifier), echoed);
}

#[test]
fn http_boot_is_told_that_the_offer_is_for_it() {
    let firmware = Packet::discover(NODE_MAC).class("HTTPClient:Arch:00016:UNDI:003001", 16);
    let reply = decode(&bytes_of_reply(&firmware));
    let echoed = DhcpOption::ClassIdentifier(b"HTTPClient".to_vec());
    assert_eq!(option(&reply, OptionCode::ClassIdentifier), echoed);
    let url = b"http://10.77.10.1/os/signed/EFI/BOOT/BOOTX64.EFI\0".to_vec();
    assert_eq!(
        option(&reply, OptionCode::BootfileName),
        DhcpOption::BootfileName(url)
    );
}

#[test]
fn a_system_is_told_its_network_and_nothing_to_boot() {
    let reply = decode(&bytes_of_reply(
        &Packet::discover(NODE_MAC).raw(61, &[1, 2, 3]),
    ));
    let expected = [
        DhcpOption::SubnetMask(Ipv4Addr::new(255, 255, 255, 0)),
        DhcpOption::Router(vec![Ipv4Addr::new(10, 77, 10, 254)]),
        DhcpOption::DomainNameServer(vec![Ipv4Addr::new(10, 77, 10, 251)]),
        DhcpOption::Hostname("kvm-01".to_owned()),
        DhcpOption::DomainName("rack.test".to_owned()),
        DhcpOption::BroadcastAddr(Ipv4Addr::new(10, 77, 10, 255)),
        DhcpOption::NtpServers(vec![SERVER, Ipv4Addr::new(10, 77, 10, 250)]),
        DhcpOption::AddressLeaseTime(3600),
        DhcpOption::MessageType(MessageType::Offer),
        DhcpOption::ServerIdentifier(SERVER),
        DhcpOption::Renewal(1800),
        DhcpOption::Rebinding(3150),
        DhcpOption::ClientIdentifier(vec![1, 2, 3]),
    ];
    let options: Vec<_> = reply
        .opts()
        .iter()
        .map(|(_, option)| option.clone())
        .collect();
    assert_eq!(options, expected);
    assert_eq!(
        (reply.yiaddr(), reply.siaddr()),
        (NODE, Ipv4Addr::UNSPECIFIED)
    );
}

#[test]
fn relay_information_comes_back_last_and_the_reply_is_never_shorter_than_bootp() {
    let ipxe = Packet::discover(NODE_MAC)
        .relayed(Ipv4Addr::new(10, 77, 10, 7))
        .raw(175, &[1, 1, 1]);
    let mut request = ipxe.read();
    request.relay_info = Some(vec![1, 2, 8, 9]);
    let bytes = reply_to(&request);
    let end = bytes.iter().rposition(|byte| *byte == 255).unwrap();
    assert_eq!(bytes[end - 6..end], [82, 4, 1, 2, 8, 9]);
    assert!(bytes_of_reply(&Packet::discover(NODE_MAC)).len() >= 300);
}

#[test]
fn a_reply_fits_into_what_its_client_takes() {
    let greedy = Packet::discover(NODE_MAC).class("PXEClient", 7);
    let bytes = bytes_of_reply(&greedy.raw(61, &[9; 150]).raw(97, &[9; 100]));
    assert!(bytes.len() <= 548, "{}", bytes.len());
    assert!(
        decode(&bytes)
            .opts()
            .get(OptionCode::BootfileName)
            .is_some()
    );
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(mut bytes in proptest::collection::vec(any::<u8>(), 0..700), real: bool) {
        if real && bytes.len() > 240 {
            bytes[..3].copy_from_slice(&[1, 1, 6]);
            bytes[236..240].copy_from_slice(&[99, 130, 83, 99]);
        }
        let _ = read(&bytes, NEAR);
    }

    #[test]
    fn no_change_of_a_packet_breaks_the_reader(
        changes in proptest::collection::vec((0usize..320, any::<u8>()), 0..12)
    ) {
        let packet = Packet::discover(NODE_MAC).class("PXEClient:Arch:00007:UNDI:003001", 7);
        let mut bytes = packet.raw(77, b"iPXE").raw(61, &[1; 40]).bytes();
        for (at, value) in changes {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        let _ = read(&bytes, NEAR);
    }
}
