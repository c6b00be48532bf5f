//! Which text whoever asks is given.

use std::net::Ipv4Addr;

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
    let ipxe = templates::boot::unknown_ipxe();
    let grub = templates::boot::unknown_grub();
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
