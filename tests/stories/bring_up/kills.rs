//! The appliance is killed: at every boundary of a bring-up, and at random instants. It comes back on the same data, the
//! job goes on, the node is installed once, and nothing that was ever shown is missing.

use appliance::api::types;
use tests::packet_node::{Fault, Faults, Step};
use tests::rack_of_packets::{LOOK_AGAIN, RackOfPackets, play};

use super::{PATIENCE, is_brought_up};

/// A boundary: the first event of the job with this code, and this word in its fields.
type Boundary = (&'static str, &'static str);

const BOUNDARIES: [Boundary; 22] = [
    ("job.wished", ""),
    ("device.pinned", ""),
    ("job.entered", "provision-port"),
    ("device.did", "switch tor0"),
    ("job.entered", "arm"),
    ("install.armed", ""),
    ("job.entered", "power"),
    ("device.did", "boot from network once"),
    ("device.did", "power On"),
    ("job.entered", "install"),
    ("install.boot-script-served", ""),
    ("install.kickstart-served", ""),
    ("install.reported", "\"pre\""),
    ("install.reported", "partitioned"),
    ("install.spent", ""),
    ("job.entered", "verify"),
    ("device.did", "verified over SSH"),
    ("job.entered", "service-port"),
    ("job.entered", "register"),
    ("device.did", "addHost"),
    ("job.entered", "verify-again"),
    ("job.done", ""),
];

fn is(event: &types::Event, job: u64, (code, word): Boundary) -> bool {
    let fields = event.what.fields.to_string();
    event.job == Some(job) && event.what.code == code && fields.contains(word)
}

/// Everything that the API showed until `boundary` was reached.
async fn until(rack: &RackOfPackets, job: u64, boundary: Boundary) -> Vec<types::Event> {
    let mut seen = rack.history().await;
    let looking = async {
        while !seen.iter().any(|event| is(event, job, boundary)) {
            tokio::time::sleep(LOOK_AGAIN).await;
            seen.extend(rack.events(seen.len() as u64 + 1).await);
        }
    };
    let reached = tokio::time::timeout(tests::rack_of_packets::LIMIT, looking).await;
    assert!(
        reached.is_ok(),
        "{boundary:?} is never reached: {}",
        rack.told()
    );
    seen
}

/// Nothing that was shown is missing or altered, and the whole chain holds.
async fn nothing_is_lost(rack: &RackOfPackets, seen: &[types::Event]) {
    let kept = rack.history().await;
    assert_eq!(&kept[..seen.len()], seen);
    let head = &kept[kept.len() - 1].sum;
    let words = ["events", "--verify", "--head", head];
    let verified = rack.appliance.command(&words).await;
    assert!(verified.status.success(), "{verified:?}");
}

#[test]
fn a_kill_at_any_boundary_costs_a_repeated_step_at_most() {
    let nodes = u8::try_from(BOUNDARIES.len()).unwrap();
    play(nodes, PATIENCE, async move |mut rack| {
        for (n, boundary) in (1..).zip(BOUNDARIES) {
            // Slow enough that the appliance dies in the middle of it.
            let slow = |faults: Faults, step| faults.and(step, Fault::Delay(PATIENCE / 4));
            rack.machine(n).lives().faults = [Step::Kernel, Step::Packages, Step::Installed]
                .into_iter()
                .fold(Faults::none(), slow);
            let job = rack.up(n, None).await.unwrap();
            let seen = until(&rack, job, boundary).await;
            rack.kill().await;
            is_brought_up(&rack, n, job).await;
            nothing_is_lost(&rack, &seen).await;
        }
        rack
    });
}
