//! Leases and arms: stored before a Reply leaves, and moved by firmware alone.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use dhcproto::v6::MessageType;
use inventory::arm::{Arm, ArmState, Broke};
use inventory::clock::Deadline;
use inventory::lease::Lease;
use inventory::store;

use super::*;
use crate::fixture::{Disk, Mood, node, stored, write};

fn lease(world: &World) -> Option<Lease<Ipv6Addr>> {
    let found = store::read::<Lease<Ipv6Addr>>(&*world.store, &NODE_MAC).unwrap();
    found.map(|found| found.value)
}

#[tokio::test]
async fn a_lease_is_kept_by_card_whatever_duid_it_sends() {
    let (service, world) = service();
    service
        .respond(&Packet::solicit(NODE_MAC).read())
        .await
        .unwrap();
    assert_eq!(lease(&world), None);
    for duid in [
        b"\0\x03\0\x01RT\0w\0\x02".to_vec(),
        DUID.to_vec(),
        vec![0, 2, 0, 0, 0xab, 0x11, 9],
    ] {
        let mut packet = Packet::request(NODE_MAC);
        packet.message.opts_mut().remove(OptionCode::ClientId);
        let request = packet.with(DhcpOption::ClientId(duid)).read();
        let reply = decode(&service.respond(&request).await.unwrap().unwrap());
        assert_eq!(addresses(&reply)[0].0, NODE);
        let lease = lease(&world).unwrap();
        assert_eq!(
            (lease.address, lease.interface.as_str()),
            (NODE, "eth-mgmt")
        );
    }
    assert_eq!(fixture::codes(&world).len(), 1);
}

#[tokio::test]
async fn nothing_is_kept_for_who_asks_for_no_address() {
    let (service, world) = service();
    let prefix = [0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0];
    let packet = Packet::of(NODE_MAC, MessageType::Request)
        .for_us()
        .raw(25, &prefix);
    assert!(service.respond(&packet.read()).await.unwrap().is_some());
    assert_eq!(lease(&world), None);
}

#[test]
fn no_reply_leaves_before_its_lease_is_durable() {
    let disk = Disk::good();
    let (service, world) = service_on(disk.clone());
    disk.becomes(Mood::Stuck);
    let rapid = Packet::solicit(NODE_MAC).with(DhcpOption::RapidCommit);
    for packet in [Packet::request(NODE_MAC), rapid] {
        let request = packet.read();
        let mut answer = pin!(service.respond(&request));
        let polled = answer
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Pending));
        assert_eq!(lease(&world), None);
    }
}

#[tokio::test]
async fn a_full_disk_gives_no_lease() {
    let disk = Disk::good();
    let (service, _) = service_on(disk.clone());
    disk.becomes(Mood::Full);
    assert!(
        service
            .respond(&Packet::request(NODE_MAC).read())
            .await
            .is_err()
    );
}

/// The state that an arm is in after its node sent `packet`.
async fn state_after(state: ArmState, packet: &Packet) -> ArmState {
    let (service, world) = service();
    let node = node(&world, "kvm-01");
    fixture::arm(&world, &node, 1);
    let arm = stored(&world, &node).unwrap();
    write(&world, &Arm { state, ..arm });
    service.respond(&packet.read()).await.unwrap();
    stored(&world, &node).unwrap().state
}

#[tokio::test]
async fn firmware_in_the_middle_of_an_install_breaks_the_arm_and_nothing_else_does() {
    let (_, world) = service();
    let again_until = Deadline::after(&world.now(), std::time::Duration::from_secs(300));
    let installing = || ArmState::Installing { again_until };
    let broken = ArmState::Broken {
        why: Broke::Rebooted,
    };
    let solicit = || Packet::solicit(NODE_MAC);
    let pxe = |packet: Packet| packet.class("PXEClient:Arch:00007", 7);
    let inform = Packet::of(NODE_MAC, MessageType::InformationRequest);
    let renew = Packet::of(NODE_MAC, MessageType::Renew)
        .for_us()
        .asking(&[NODE]);
    let foreign = Packet::of(NODE_MAC, MessageType::Request).asking(&[]);
    let foreign = foreign.with(DhcpOption::ServerId(vec![0, 3, 0, 1, 2, 2]));
    let table = [
        ("UEFI", pxe(solicit()), broken.clone()),
        (
            "HTTP boot",
            solicit().class("HTTPClient", 16),
            broken.clone(),
        ),
        ("iPXE", solicit().ipxe(), broken.clone()),
        (
            "firmware with an address of its own",
            pxe(inform),
            broken.clone(),
        ),
        ("firmware at another server", pxe(foreign), broken),
        ("the installer or a system", solicit(), installing()),
        ("a system that keeps its address", renew, installing()),
        (
            "another node's firmware",
            pxe(Packet::solicit(OTHER_MAC)),
            installing(),
        ),
        (
            "a stranger's firmware",
            pxe(Packet::solicit(STRANGER_MAC)),
            installing(),
        ),
    ];
    for (name, packet, expected) in table {
        assert_eq!(state_after(installing(), &packet).await, expected, "{name}");
    }
    assert_eq!(
        state_after(ArmState::Armed, &pxe(solicit())).await,
        ArmState::Armed
    );
}
