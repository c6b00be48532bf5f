//! The answer to each kind of request, and what each kind of machine boots.

use std::net::Ipv4Addr;

use dhcproto::v4::MessageType;
use inventory::id::OsName;

use super::super::answer::{Answer, Facts, Silence, answer};
use super::super::reply::Reply;
use super::*;
use crate::arch::BootFile;

fn ask_on(at: usize, packet: &Packet, armed: Option<&OsName>) -> Answer {
    let rack = rack();
    let interface = interface(&rack, at);
    let request = packet.read();
    let facts = Facts {
        rack: &rack,
        interface: &interface,
        node: rack.node_by_mac(request.mac),
        armed,
    };
    answer(&request, &facts)
}

/// The answer in one word.
fn word(answer: &Answer) -> String {
    match answer {
        Answer::Say(Reply::Offer(terms)) => format!("offer {}", terms.address),
        Answer::Say(Reply::Ack(terms)) => format!("ack {}", terms.address),
        Answer::Say(Reply::Informed(terms)) => format!("informed {}", terms.address),
        Answer::Say(Reply::Nak { server }) => format!("nak by {server}"),
        Answer::Say(Reply::ProxyOffer(boot)) => format!("proxy offer {:?}", boot.file),
        Answer::Say(Reply::ProxyAck(boot)) => format!("proxy ack {:?}", boot.file),
        Answer::Silent(silence) => format!("{silence:?}"),
    }
}

type Case = (&'static str, Packet, &'static str);

const WRONG: Ipv4Addr = Ipv4Addr::new(10, 77, 10, 99);

fn check(cases: Vec<Case>) {
    for (name, packet, expected) in cases {
        assert_eq!(word(&ask_on(0, &packet, None)), expected, "{name}");
    }
}

#[test]
fn an_address_is_offered_to_nodes_and_given_to_who_takes_it_of_us() {
    let select = Packet::select;
    let foreign = Ipv4Addr::new(10, 77, 10, 3);
    check(vec![
        (
            "a node looks",
            Packet::discover(NODE_MAC),
            "offer 10.77.10.21",
        ),
        (
            "a stranger looks",
            Packet::discover(STRANGER_MAC),
            "Stranger",
        ),
        (
            "it takes its address",
            select(NODE_MAC, SERVER, NODE),
            "ack 10.77.10.21",
        ),
        (
            "it takes a wrong one",
            select(NODE_MAC, SERVER, WRONG),
            "nak by 10.77.10.1",
        ),
        (
            "it takes another's offer",
            select(NODE_MAC, foreign, WRONG),
            "OtherServer",
        ),
        (
            "a stranger takes",
            select(STRANGER_MAC, SERVER, WRONG),
            "Stranger",
        ),
    ]);
}

#[test]
fn an_address_is_kept_by_the_node_that_owns_it() {
    let of = |kind| Packet::of(NODE_MAC, kind);
    let reboot = |wants| of(MessageType::Request).with(DhcpOption::RequestedIpAddress(wants));
    let renew = |has| of(MessageType::Request).has(has);
    check(vec![
        ("it remembers its address", reboot(NODE), "ack 10.77.10.21"),
        ("it remembers a wrong one", reboot(WRONG), "NotItsAddress"),
        ("it renews", renew(NODE), "ack 10.77.10.21"),
        ("it renews a wrong one", renew(WRONG), "NotItsAddress"),
        (
            "it takes one and has another",
            reboot(NODE).has(WRONG),
            "NotItsAddress",
        ),
        (
            "it names no address",
            of(MessageType::Request),
            "NotItsAddress",
        ),
        (
            "it gives back",
            of(MessageType::Release).has(NODE),
            "Released",
        ),
        (
            "it found its address used",
            of(MessageType::Decline),
            "AddressInUse",
        ),
        (
            "it asks for the rest",
            of(MessageType::Inform).has(NODE),
            "informed 10.77.10.21",
        ),
        (
            "it asks from elsewhere",
            of(MessageType::Inform).has(WRONG),
            "NotItsAddress",
        ),
    ]);
}

#[test]
fn a_node_is_served_in_its_own_network_only() {
    let packet = || Packet::discover(NODE_MAC);
    let table = [
        ("at home", 0, packet(), "offer 10.77.10.21"),
        ("elsewhere", 1, packet(), "Misplaced"),
        (
            "relayed from home",
            1,
            packet().relayed(Ipv4Addr::new(10, 77, 10, 7)),
            "offer 10.77.10.21",
        ),
        (
            "relayed from elsewhere",
            0,
            packet().relayed(Ipv4Addr::new(10, 88, 0, 7)),
            "Misplaced",
        ),
    ];
    for (name, at, packet, expected) in table {
        assert_eq!(word(&ask_on(at, &packet, None)), expected, "{name}");
    }
}

fn boot_file(packet: &Packet, armed: Option<&OsName>) -> Option<BootFile> {
    match ask_on(0, packet, armed) {
        Answer::Say(Reply::Offer(terms)) => terms.boot,
        other => panic!("no offer: {other:?}"),
    }
}

fn of(class: &str, arch: u16) -> Packet {
    Packet::discover(NODE_MAC).class(class, arch)
}

fn tftp(path: &str) -> Option<BootFile> {
    Some(BootFile::Tftp(path.to_owned()))
}

fn http(path: &str) -> Option<BootFile> {
    Some(BootFile::Http(format!("http://10.77.10.1/{path}")))
}

#[test]
fn an_armed_machine_gets_the_loader_of_the_os_it_is_armed_for() {
    let shim = "os/signed/EFI/BOOT/BOOTX64.EFI";
    let table = [
        ("BIOS", "signed", of("PXEClient", 0), tftp("undionly.kpxe")),
        ("UEFI, shim", "signed", of("PXEClient", 7), tftp(shim)),
        (
            "UEFI, iPXE",
            "quick",
            of("PXEClient", 7),
            tftp("snponly.efi"),
        ),
        ("HTTP, shim", "signed", of("HTTPClient", 16), http(shim)),
        (
            "HTTP, iPXE",
            "quick",
            of("HTTPClient", 16),
            http("loader/snponly.efi"),
        ),
        (
            "iPXE",
            "signed",
            of("PXEClient", 0).raw(77, b"iPXE"),
            http("boot/ipxe"),
        ),
        (
            "arm64",
            "quick",
            of("PXEClient", 11),
            tftp("os/quick/EFI/BOOT/BOOTAA64.EFI"),
        ),
        ("32-bit UEFI", "signed", of("PXEClient", 6), None),
        ("installer", "signed", of("anaconda-Linux", 7), None),
        ("system", "signed", Packet::discover(NODE_MAC), None),
    ];
    for (name, os, packet, expected) in table {
        let os = os.parse().unwrap();
        assert_eq!(boot_file(&packet, Some(&os)), expected, "{name}");
    }
}

#[test]
fn a_machine_that_is_not_armed_gets_a_loader_that_can_start_its_disk() {
    let quick = |class: &str, arch| Packet::discover(OTHER_MAC).class(class, arch);
    let table = [
        ("BIOS", quick("PXEClient", 0), tftp("undionly.kpxe")),
        (
            "UEFI",
            quick("PXEClient", 7),
            tftp("os/quick/EFI/BOOT/BOOTX64.EFI"),
        ),
        ("HTTP", quick("HTTPClient", 16), http("loader/snponly.efi")),
        (
            "iPXE",
            quick("PXEClient", 7).raw(77, b"iPXE"),
            http("boot/ipxe"),
        ),
        ("system", Packet::discover(OTHER_MAC), None),
    ];
    for (name, packet, expected) in table {
        assert_eq!(boot_file(&packet, None), expected, "{name}");
    }
}

#[test]
fn replies_go_where_the_client_hears_them() {
    let relay = Ipv4Addr::new(10, 77, 10, 7);
    let wrong = Ipv4Addr::new(10, 77, 10, 99);
    let mut unicast = Packet::discover(NODE_MAC);
    unicast.0.set_flags(Flags::new(0));
    let table = [
        (
            "without address",
            Packet::discover(NODE_MAC),
            "255.255.255.255:68",
        ),
        (
            "hears more than broadcasts",
            unicast,
            "10.77.10.21 at 52:54:00:77:00:01",
        ),
        (
            "claims an address",
            Packet::discover(NODE_MAC).has(wrong),
            "255.255.255.255:68",
        ),
        (
            "relayed",
            Packet::discover(NODE_MAC).relayed(relay),
            "10.77.10.7:67",
        ),
        (
            "renews",
            Packet::of(NODE_MAC, MessageType::Request).has(NODE),
            "10.77.10.21:68",
        ),
        (
            "refused",
            Packet::select(NODE_MAC, SERVER, wrong).has(wrong),
            "255.255.255.255:68",
        ),
    ];
    for (name, packet, expected) in table {
        let Answer::Say(reply) = ask_on(0, &packet, None) else {
            panic!("{name}: silent");
        };
        let to = super::super::socket::destination(&packet.read(), &reply);
        assert_eq!(to.to_string(), expected, "{name}");
    }
}

#[test]
fn silence_about_a_stranger_is_silence() {
    let packet = Packet::select(STRANGER_MAC, SERVER, NODE);
    assert_eq!(ask_on(0, &packet, None), Answer::Silent(Silence::Stranger));
}
