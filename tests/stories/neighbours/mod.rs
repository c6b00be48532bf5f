//! Who else is on the wire: dnsmasq as a DHCP server that nobody asked for, and machines with addresses that are not their
//! own, at the other end of a cable.

mod rig;

use std::net::{Ipv4Addr, SocketAddrV4};

use dhcproto::v4::{DhcpOption, Encodable, Message, MessageType, Opcode};
use inventory::net::Mac;
use pxe::wire::frame::BROADCAST;
use pxe::wire::{Arp, Datagram, End};
use tests::small_rack::mac;

use rig::{DNSMASQ, Rig, STRANGER};

/// `kvm-01`'s.
const RESERVED: Ipv4Addr = Ipv4Addr::new(10, 78, 10, 21);
/// Somewhere in a pool.
const POOLED: Ipv4Addr = Ipv4Addr::new(10, 78, 10, 150);

#[test]
fn a_foreign_dhcp_server_is_found_by_asking_before_a_pool_offers_anything() {
    let rig = Rig::plug((STRANGER, DNSMASQ), &[]);
    let _server = rig.dnsmasq();
    rig.run(async |neighbours| {
        // Two servers that know nothing of each other would give one address to two machines.
        assert!(!neighbours.is_free(POOLED).await);
        let found = rig.foreign_servers();
        assert_eq!(found, [(DNSMASQ, STRANGER, "d0".to_owned())]);
        assert_eq!(rig.events("boot.foreign-server").len(), 1);
    });
}

#[test]
fn a_foreign_dhcp_server_is_found_when_it_answers_somebody_else() {
    let rig = Rig::plug((STRANGER, DNSMASQ), &[]);
    rig.run(async |neighbours| {
        assert!(neighbours.is_free(POOLED).await);
        assert_eq!(rig.foreign_servers(), []);
        let _server = rig.dnsmasq();
        let _client = rig.udhcpc_beside_us();
        rig.until(|| !rig.foreign_servers().is_empty()).await;
        assert_eq!(rig.foreign_servers()[0].0, DNSMASQ);
        assert!(!neighbours.is_free(POOLED).await);
    });
}

#[test]
fn a_server_that_the_rack_file_names_is_nobody_to_tell_of() {
    let rig = Rig::plug((STRANGER, DNSMASQ), &[DNSMASQ]);
    let _server = rig.dnsmasq();
    rig.run(async |neighbours| {
        assert!(neighbours.is_free(POOLED).await);
        // It was asked, and answered.
        let said = rig.dnsmasq_said();
        assert!(said.contains("DHCPOFFER(d0) 10.78.10.1"), "{said}");
        assert_eq!(rig.foreign_servers(), []);
    });
}

#[test]
fn a_flood_of_forged_answers_fills_nothing_and_stops_nobody() {
    let rig = Rig::plug((STRANGER, RESERVED), &[]);
    rig.run(async |neighbours| {
        for n in 0..20_000 {
            // A full queue drops some: a flood of fewer is one too.
            let _ = rig.far.send(&forged(n));
            tokio::task::yield_now().await;
        }
        rig.until(|| rig.foreign_servers().len() >= 32).await;
        neighbours.offered(RESERVED);
        rig.until(|| !rig.events("boot.address-in-use").is_empty())
            .await;
        assert_eq!(rig.foreign_servers().len(), 32);
        assert_eq!(rig.events("boot.foreign-server").len(), 32);
    });
}

/// An OFFER of a server that does not exist.
fn forged(n: u32) -> Vec<u8> {
    let [a, b, c, d] = n.to_be_bytes();
    let mut offer = Message::default();
    offer.set_opcode(Opcode::BootReply);
    let options = offer.opts_mut();
    options.insert(DhcpOption::MessageType(MessageType::Offer));
    options.insert(DhcpOption::ServerIdentifier(Ipv4Addr::from(
        0x0b00_0000 + n,
    )));
    let payload = offer.to_vec().unwrap();
    let end = |mac, address, port| End {
        mac,
        address: SocketAddrV4::new(address, port),
    };
    let datagram = Datagram {
        from: end(Mac([2, 1, a, b, c, d]), DNSMASQ, 67),
        to: end(BROADCAST, Ipv4Addr::BROADCAST, 68),
        payload: &payload,
    };
    datagram.write().unwrap()
}

#[test]
fn somebody_else_on_a_reserved_address_is_named() {
    let rig = Rig::plug((STRANGER, RESERVED), &[]);
    rig.run(async |neighbours| {
        neighbours.offered(RESERVED);
        rig.until(|| !rig.events("boot.address-in-use").is_empty())
            .await;
        let told = rig.events("boot.address-in-use");
        let names = |what: &str| told[0].contains(what);
        assert!(
            names("10.78.10.21") && names(&STRANGER.to_string()),
            "{told:?}"
        );
    });
}

#[test]
fn the_node_whose_address_it_is_and_who_asks_from_nowhere_are_no_rivals() {
    let rig = Rig::plug((mac(1), RESERVED), &[]);
    rig.run(async |neighbours| {
        neighbours.offered(RESERVED);
        // As a host tries an address out (RFC 5227), and then somebody else's claim: what is heard is heard in order.
        rig.far
            .send(&Arp::probe(STRANGER, RESERVED).write())
            .unwrap();
        let claim = Arp::request((STRANGER, Ipv4Addr::new(10, 78, 10, 22)), DNSMASQ);
        rig.far.send(&claim.write()).unwrap();
        rig.until(|| !rig.events("boot.address-in-use").is_empty())
            .await;
        let told = rig.events("boot.address-in-use");
        assert!(
            told.len() == 1 && told[0].contains("10.78.10.22"),
            "{told:?}"
        );
    });
}

#[test]
fn a_machine_that_announces_a_reserved_address_or_ours_is_heard_without_being_asked() {
    for (address, name) in [
        (RESERVED, "10.78.10.21"),
        (Ipv4Addr::new(10, 78, 10, 1), "10.78.10.1"),
    ] {
        let rig = Rig::plug((STRANGER, address), &[]);
        rig.run(async |_| {
            let _announcer = rig.arping(&["-U", "-c", "3", "-I", "d0", name]);
            rig.until(|| !rig.events("boot.address-in-use").is_empty())
                .await;
        });
    }
}

#[test]
fn an_address_that_somebody_has_is_not_offered_from_a_pool() {
    let rig = Rig::plug((STRANGER, POOLED), &[]);
    rig.run(async |neighbours| {
        assert!(!neighbours.is_free(POOLED).await);
        assert!(!neighbours.is_free(POOLED).await);
        assert_eq!(rig.events("boot.address-in-use").len(), 1, "told once");
        assert!(neighbours.is_free(Ipv4Addr::new(10, 78, 10, 151)).await);
        assert_eq!(rig.events("boot.address-in-use").len(), 1);
    });
}
