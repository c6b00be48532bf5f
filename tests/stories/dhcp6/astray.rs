//! A node that asks from an IPv6 address that is not its lease: the kernel's neighbour table tells which node it is.

use std::net::Ipv6Addr;

use inventory::arm::{Arm, ArmState};
use inventory::store;
use tests::small_rack::mac;

use super::rig::Rig;
use super::{STRANGER, curl};

/// An address that tells nothing of the card, as privacy extensions make them.
const PRIVATE: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x78, 0, 0x10, 0xd9c2, 1, 2, 3);

fn told(rig: &Rig) -> Vec<String> {
    let events = rig.world.store.events(1, 100).unwrap();
    let told = events
        .iter()
        .map(|link| link.event().unwrap().what.english());
    told.collect()
}

/// A rig whose client has that address and this card. Node 1 is armed.
fn at_a_private_address(card: inventory::net::Mac) -> Rig {
    let rig = Rig::start();
    rig.cable.set_mac(card);
    rig.cable.add_to_client(&format!("{PRIVATE}/64 nodad"));
    rig.arm();
    rig
}

#[test]
fn a_node_at_a_privacy_address_is_named_by_its_card() {
    let rig = at_a_private_address(mac(1));
    let script = curl(&rig, PRIVATE, "boot/ipxe", "");
    let words = format!("This machine is node kvm-01, but it asks from {PRIVATE}");
    assert!(
        script.contains(&words) && script.contains("exit 1"),
        "{script}"
    );
    assert_eq!(rig.arm_state(), ArmState::Armed);
    let arm = store::read::<Arm>(&*rig.world.store, &rig.node(1).name).unwrap();
    assert_eq!(arm.unwrap().value.astray, Some(PRIVATE.into()));
    let told = told(&rig);
    assert!(
        told.iter()
            .any(|it| it.contains(&format!("from {PRIVATE}, not from its own"))),
        "{told:?}"
    );
    rig.stop();
}

#[test]
fn a_machine_of_no_rack_file_is_told_with_its_card() {
    let rig = at_a_private_address(STRANGER);
    let script = curl(&rig, PRIVATE, "boot/ipxe", "");
    let words = format!("has the address {PRIVATE}");
    assert!(
        script.contains(&words) && script.contains("${serial}"),
        "{script}"
    );
    let told = told(&rig);
    assert!(
        told.iter().any(|it| it.contains(&STRANGER.to_string())),
        "{told:?}"
    );
    rig.stop();
}
