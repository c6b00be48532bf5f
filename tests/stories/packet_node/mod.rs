//! Packet nodes before the boot services: every firmware installs, and every fault leaves the node safe.

mod faults;
mod rig;
mod ssh;

use inventory::arm::ArmState;
use inventory::node::Phase;
use tests::packet_node::{Disk, End, Faults, Firmware, Step};

use rig::Rig;

#[tokio::test]
async fn every_firmware_installs_once_and_then_boots_its_disk() {
    for firmware in Firmware::ALL {
        let rig = Rig::start().await;
        rig.arm(1).await;
        let mut node = rig.node(1, firmware);
        let (trace, end) = node.run(Faults::none()).await;
        assert_eq!(end, End::Up, "{firmware:?}: {:#?}", trace.asked);
        assert_eq!((trace.starts, trace.writes), (2, 1), "{firmware:?}");
        assert_eq!(rig.arm_state(1), ArmState::Spent, "{firmware:?}");
        let phases = [Phase::Pre, Phase::Partitioned, Phase::Installed];
        assert_eq!(rig.phases(1), phases, "{firmware:?}");
        let mut addresses = trace.addresses.clone();
        addresses.dedup();
        assert_eq!(addresses.len(), 1, "{firmware:?}: one address throughout");
        rig.stop().await;
    }
}

#[tokio::test]
async fn a_node_that_is_not_armed_boots_its_own_disk() {
    for firmware in Firmware::ALL {
        let rig = Rig::start().await;
        rig.arm(1).await;
        let mut node = rig.node(1, firmware);
        node.run(Faults::none()).await;
        let (trace, end) = node.run(Faults::none()).await;
        assert_eq!(end, End::Up, "{firmware:?}: {:#?}", trace.asked);
        assert_eq!((trace.starts, trace.writes), (1, 0), "{firmware:?}");
        assert!(trace.got(Step::Kernel).is_empty(), "{firmware:?}");
        rig.stop().await;
    }
}

#[tokio::test]
async fn a_machine_that_is_not_in_the_rack_file_never_sees_an_installer() {
    let rig = Rig::start().await;
    rig.arm(1).await;
    let mut node = rig.node(1, Firmware::Bios);
    node.config.mac = tests::small_rack::mac(99);
    let (trace, end) = node.run(Faults::none()).await;
    assert_eq!(end, End::NothingToBoot);
    assert_eq!(trace.got(Step::FirmwareDiscover), ["None"; 4]);
    assert_eq!(rig.arm_state(1), ArmState::Armed);
    rig.stop().await;
}

#[tokio::test]
async fn another_machine_or_a_disk_with_data_is_refused_before_any_write() {
    type Change = fn(&mut tests::packet_node::PacketNode);
    let table: [(&str, Change, &str); 4] = [
        (
            "serial",
            |node| node.config.serial = "HN9999".to_owned(),
            "'HN9999', armed for 'HN0001'",
        ),
        (
            "uuid",
            |node| node.config.uuid = uuid::Uuid::nil(),
            "armed for '11111111-2222",
        ),
        (
            "disk",
            |node| node.config.disk = "virtio-OTHER".to_owned(),
            "virtio-HNDISK01 is not there",
        ),
        (
            "data",
            |node| node.disk = Disk::Data("ext4".to_owned()),
            "already carries data: /dev/vda has ext4",
        ),
    ];
    for (name, change, words) in table {
        let rig = Rig::start().await;
        rig.arm(1).await;
        let mut node = rig.node(1, Firmware::BiosIpxe);
        change(&mut node);
        let (trace, end) = node.run(Faults::none()).await;
        let End::PoweredOff(why) = end else {
            panic!("{name}: {end:?}");
        };
        assert!(why.contains(words), "{name}: {why}");
        assert_eq!(trace.writes, 0, "{name}");
        assert_eq!(rig.phases(1), [Phase::PreFailed], "{name}");
        assert!(
            matches!(rig.arm_state(1), ArmState::Broken { .. }),
            "{name}"
        );
        rig.stop().await;
    }
}
