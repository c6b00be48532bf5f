//! Bring-up, whole: the real appliance as a process, before packet nodes behind BMCs, a switch and a cloud controller.
//! It is killed, stopped and lied to, and every node is installed once or not at all.

mod again;
mod console;
mod dhcp_flood;
mod encrypted;
mod faults;
mod floods;
mod handed_over;
mod kills;
mod metrics;
mod over_ipv6;
mod refused;
mod stalled;
mod tried;
mod verified;

use std::time::Duration;

use appliance::api::types;
use tests::packet_node::End;
use tests::rack_of_packets::{RackOfPackets, play};

/// Between two questions of a node; the appliance is back from a kill within less.
const PATIENCE: Duration = Duration::from_millis(700);

fn count(events: &[types::Event], job: u64, code: &str) -> usize {
    let of_job = events.iter().filter(|event| event.job == Some(job));
    of_job.filter(|event| event.what.code == code).count()
}

/// What holds of every node that was brought up, whatever happened on the way.
async fn is_brought_up(rack: &RackOfPackets, n: u8, job: u64) {
    let over = rack.until_over(job).await;
    assert_eq!(over.stage, "done", "{over:#?}\n{}", rack.told());
    let events = rack.history().await;
    for code in [
        "install.armed",
        "install.kickstart-served",
        "install.spent",
        "job.done",
    ] {
        assert_eq!(count(&events, job, code), 1, "{code}: {events:#?}");
    }
    let machine = rack.machine(n);
    assert_eq!(machine.writes(), 1);
    assert_eq!(
        machine.lives().ended.last().map(|(_, end)| end.clone()),
        Some(End::Up)
    );
}

#[test]
fn one_node_from_dark_to_registered() {
    play(1, PATIENCE, async |rack| {
        let job = rack.up(1, None).await.unwrap();
        is_brought_up(&rack, 1, job).await;
        let hosts = rack.cloud.shared.hosts.all();
        assert_eq!(hosts.len(), 1);
        assert!(rack.switch.seen(1).unwrap().contains("200"));
        let verified = rack.appliance.command(&["events", "--verify"]).await;
        assert!(verified.status.success(), "{verified:?}");
        rack
    });
}
