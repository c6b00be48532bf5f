//! Which text whoever asks is given.

use std::net::{Ipv4Addr, Ipv6Addr};

use inventory::arm::Payload;
use inventory::net::Mac;

use super::*;
use crate::fixture::{Scene, arm, codes, ends, leased, node};

const STRANGER: Ipv4Addr = Ipv4Addr::new(10, 77, 10, 200);
const STRANGERS_MAC: Mac = Mac([0x52, 0x54, 0, 0x77, 2, 1]);

fn armed() -> (Scene, Node, Payload) {
    let scene = leased();
    let node = node(&scene.world, "kvm-01");
    let payload = arm(&scene.world, &node, 1);
    (scene, node, payload)
}

#[tokio::test]
async fn an_unknown_machine_sees_who_it_is_and_never_an_installer() {
    let (scene, _, _) = armed();
    let (world, from) = (&scene.world, ends(STRANGER));
    let ipxe = templates::boot::unknown_ipxe(STRANGER.into()).unwrap();
    let grub = templates::boot::unknown_grub(STRANGER.into()).unwrap();
    assert_eq!(take(world, from, Loader::Ipxe).await, ipxe);
    assert_eq!(look(world, from, Loader::Ipxe), ipxe);
    assert_eq!(take(world, from, Loader::Grub).await, grub);
    assert_eq!(take_for(world, from, STRANGERS_MAC).await, grub);
    for names in ["${mac}", "${serial}", "${uuid}", "${product}"] {
        assert!(ipxe.contains(names), "{names}");
    }
    assert!(!ipxe.contains("kernel") && !grub.contains("linux /"));
    assert!(codes(world).is_empty(), "whoever knocks fills no log");
}

#[tokio::test]
async fn a_grub_that_names_another_mac_than_its_own_boots_its_disk() {
    let (scene, node, payload) = armed();
    let world = &scene.world;
    let local = templates::boot::local_grub();
    let (own, other) = (ends(node.address), ends(STRANGER));
    assert_eq!(
        take_for(world, other, node.mac).await,
        local,
        "a borrowed MAC"
    );
    assert_eq!(
        take_for(world, own, STRANGERS_MAC).await,
        local,
        "a further card"
    );
    assert_eq!(take_for(world, own, node.mac).await, payload.grub);
}

/// An address that the card of `kvm-01` makes up where routers let it, and one that tells nothing.
const MADE_UP: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x77, 0, 0x10, 0x5054, 0xff, 0xfe77, 1);
const PRIVATE: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x77, 0, 0x10, 0xd9c2, 1, 2, 3);

fn ends6(from: Ipv6Addr) -> Ends {
    let local = crate::fixture::SERVER6.into();
    let remote = from.into();
    Ends { local, remote }
}

#[tokio::test]
async fn a_node_at_an_address_that_it_made_up_is_named_and_boots_its_disk() {
    let (scene, node, payload) = armed();
    let (world, from) = (&scene.world, ends6(MADE_UP));
    for _ in 0..2 {
        for loader in [Loader::Ipxe, Loader::Grub] {
            let text = take(world, from, loader).await;
            assert_eq!(look(world, from, loader), text);
            for words in ["kvm-01", &MADE_UP.to_string(), "fd00:77:0:10::21"] {
                assert!(text.contains(words), "{words}: {text}");
            }
            assert!(!text.contains("in the rack file of"), "{text}");
            assert_ne!(Some(text), payload.over_ipv6.clone().map(|it| it.ipxe));
        }
    }
    let arm = crate::fixture::stored(world, &node).unwrap();
    assert_eq!(arm.state, ArmState::Armed);
    assert_eq!(arm.astray, Some(MADE_UP.into()));
    assert_eq!(codes(world), ["boot.stray-node"]);
    let ipxe = take(world, from, Loader::Ipxe).await;
    assert!(
        ipxe.ends_with("exit 1") && ipxe.contains("grubx64.efi"),
        "{ipxe}"
    );
    let grub = take_for(world, from, STRANGERS_MAC).await;
    assert!(grub.contains("kvm-01"), "{grub}");
}

#[tokio::test]
async fn whoever_cannot_be_named_over_ipv6_is_told_once_with_its_address() {
    let (scene, node, _) = armed();
    let world = &scene.world;
    for last in 3..9 {
        let from = Ipv6Addr::from(u128::from(PRIVATE) + last);
        let text = take(world, ends6(from), Loader::Ipxe).await;
        assert!(text.contains(&from.to_string()) && text.contains("${serial}"));
    }
    assert_eq!(codes(world), ["boot.stray-address"]);
    assert_eq!(crate::fixture::stored(world, &node).unwrap().astray, None);
}

#[tokio::test]
async fn ipxe_leads_to_grub_only_where_grub_finds_its_configuration() {
    let (scene, node) = (leased(), node(&leased().world, "kvm-01"));
    let (world, from) = (&scene.world, ends(node.address));
    let ours = take(world, from, Loader::Ipxe).await;
    assert!(ours.contains("/os/standin/EFI/BOOT/grubx64.efi"), "{ours}");
    let mut rack = inventory::rack::Rack::clone(&world.rack());
    let network = rack.networks.get_mut(&node.network).unwrap();
    network.dhcp.mode = Mode::Proxy;
    world.set_rack(rack);
    let beside = take(world, from, Loader::Ipxe).await;
    assert!(
        !beside.contains("grub") && beside.ends_with("exit 1"),
        "{beside}"
    );
}
