//! The job stands still while the boot services go on; and a clock that shows 1970, where the job does not even begin.

use std::sync::Arc;
use std::time::Duration;

use appliance::jobs::{runner, wish};
use appliance::{racks, serve};
use inventory::clock::{Clock, Now};
use inventory::job::{Job, Stage};
use inventory::message::{Message, Refusal};
use inventory::store::read;
use tests::packet_node::tree;
use tests::rack_of_packets::{LIMIT, LOOK_AGAIN, file, play};

use super::is_brought_up;
use super::kills::until;

const QUICK: Duration = Duration::from_millis(200);

/// Longer than an install takes here.
const SLOW: Duration = Duration::from_secs(6);

#[test]
fn a_node_is_installed_while_its_job_hangs_at_a_slow_bmc() {
    play(1, QUICK, async |rack| {
        let mut power = rack.machine(1).bmc.machine().power.subscribe();
        let job = rack.up(1, None).await.unwrap();
        // It is switched on, and from then on its BMC hardly answers: the read-back holds the job.
        power.wait_for(|power| power.on).await.unwrap();
        rack.machine(1).bmc.machine().lies.delay = SLOW;
        until(&rack, job, ("install.spent", "")).await;
        assert_eq!(rack.job(job).await.stage, "power");
        rack.machine(1).bmc.machine().lies.delay = Duration::ZERO;
        is_brought_up(&rack, 1, job).await;
        assert_eq!(rack.machine(1).lives().ended.len(), 1, "never restarted");
        rack
    });
}

/// A board that lost its battery.
struct FlatBattery;

impl Clock for FlatBattery {
    fn now(&self) -> Now {
        Now {
            wall: "1970-01-01T00:10:00Z".parse().unwrap(),
            mono: Duration::from_secs(600),
            boot: uuid::Uuid::nil(),
        }
    }
}

#[tokio::test]
async fn a_clock_in_1970_arms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    tree::write(folder.path()).unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let context = serve::open(&data, Arc::new(FlatBattery)).await.unwrap();
    let text = file::text(folder.path(), 1);
    racks::apply(&context, &text, None, "a story")
        .await
        .unwrap();
    let node = file::name(1).parse().unwrap();
    let job = wish::bring_up(&context, &node, "a story", wish::Allowed::default())
        .await
        .unwrap();
    let stage = || {
        let found = read::<Job>(context.store(), &Job::key_of(job)).unwrap();
        found.unwrap().value.stage
    };
    let over = async {
        while !stage().is_over() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    let driven = runner::run(context.clone(), over);
    tokio::time::timeout(LIMIT, driven).await.unwrap();
    let Stage::Failed { why, .. } = stage() else {
        panic!("{:?}", stage());
    };
    assert!(
        matches!(why, Message::Refusal(Refusal::ClockWrong { .. })),
        "{why:?}"
    );
}
