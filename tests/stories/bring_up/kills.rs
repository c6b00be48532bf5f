//! The appliance is killed: at every boundary of a bring-up, and at random instants. It comes back on the same data, the
//! job goes on, the node is installed once, and nothing that was ever shown is missing.

use std::time::Duration;

use appliance::api::types;
use tests::packet_node::{End, Fault, Faults, Step};
use tests::rack_of_packets::{LOOK_AGAIN, RackOfPackets, play};

use super::faults::until_over_with_help;
use super::{PATIENCE, is_brought_up};

/// Kills at random instants in one run.
const KILLS: usize = 20;
/// Nodes that are brought up meanwhile.
const NODES: u8 = 8;
/// Of the random instants; another one, other instants.
const SEED: u64 = 0x5eed;

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
pub(super) async fn until(rack: &RackOfPackets, job: u64, boundary: Boundary) -> Vec<types::Event> {
    let mut seen = rack.history().await;
    let looking = async {
        while !seen.iter().any(|event| is(event, job, boundary)) {
            tokio::time::sleep(LOOK_AGAIN).await;
            seen.extend(rack.events(seen.len() as u64 + 1).await);
        }
    };
    let reached = tokio::time::timeout(tests::rack_of_packets::LIMIT, looking).await;
    if reached.is_err() {
        let job = rack.job(job).await;
        panic!("{boundary:?} is never reached: {job:#?}\n{}", rack.told());
    }
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
            until_over_with_help(&rack, n, job).await;
            is_brought_up(&rack, n, job).await;
            nothing_is_lost(&rack, &seen).await;
        }
        rack
    });
}

#[test]
fn kills_at_random_instants_change_nothing_in_the_end() {
    println!("seed {SEED:#x}");
    play(NODES, PATIENCE, async |mut rack| {
        let mut dice = Dice(SEED);
        let mut jobs = Vec::new();
        for kill in 0..KILLS {
            if kill % 3 == 0 {
                let n = u8::try_from(jobs.len() + 1).unwrap();
                jobs.push((n, rack.up(n, None).await.unwrap()));
            }
            let seen = rack.history().await;
            tokio::time::sleep(Duration::from_millis(dice.roll(900))).await;
            rack.kill().await;
            nothing_is_lost(&rack, &seen).await;
        }
        for (n, job) in jobs {
            // The signed GRUB waits at its prompt if its one TFTP transfer is cut off: the only thing to help with.
            until_over_with_help(&rack, n, job).await;
            is_brought_up(&rack, n, job).await;
            let lives = rack.machine(n).lives();
            let is_fine =
                |end: &End| matches!(end, End::Up | End::Stuck(Step::Loader | Step::Script, _));
            assert!(
                lives.ended.iter().all(|(_, end)| is_fine(end)),
                "{:#?}",
                lives.ended
            );
        }
        rack
    });
}

/// A linear congruential generator (Knuth's MMIX): the same instants in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}
