//! The node itself goes wrong, in mixtures out of seeds; and `hinode stop` in the middle. However it ends, no kickstart is
//! served twice and no disk is written twice.

use std::time::Duration;

use tests::packet_node::{End, Fault, Faults, Step};
use tests::rack_of_packets::file::THIEF;
use tests::rack_of_packets::{LIMIT, LOOK_AGAIN, RackOfPackets, play};

use super::count;
use super::kills::until;

/// Nodes, each with faults of its own.
const NODES: u8 = 12;
/// A quick one: nothing is killed here.
const QUICK: Duration = Duration::from_millis(200);

/// A machine that died or stands still is switched off and on by a person; until its job is over.
pub(super) async fn until_over_with_help(rack: &RackOfPackets, n: u8, job: u64) {
    let mut helped = 0;
    let helping = async {
        while !rack.job(job).await.is_over {
            let ended = rack.machine(n).lives().ended.len();
            let is_up = matches!(rack.machine(n).lives().ended.last(), Some((_, End::Up)));
            if ended > helped && !is_up {
                let blocker = rack.job(job).await.blocker;
                assert!(blocker.is_some(), "node {n} waits for nothing");
                helped = ended;
                rack.machine(n).pull_the_plug();
            }
            tokio::time::sleep(LOOK_AGAIN * 4).await;
        }
    };
    let over = tokio::time::timeout(LIMIT, helping).await;
    assert!(
        over.is_ok(),
        "node {n}: {:#?}\n{}",
        rack.job(job).await,
        rack.told()
    );
}

#[test]
fn whatever_a_node_meets_it_is_installed_once_or_its_job_says_why_not() {
    play(NODES, QUICK, async |rack| {
        let mut jobs = Vec::new();
        for n in 1..=NODES {
            rack.machine(n).lives().faults = Faults::from_seed(n.into(), THIEF);
            jobs.push((n, rack.up(n, None).await.unwrap()));
        }
        for (n, job) in jobs {
            until_over_with_help(&rack, n, job).await;
            let over = rack.job(job).await;
            let events = rack.history().await;
            let served = count(&events, job, "install.kickstart-served");
            assert!(
                served <= 1 && rack.machine(n).writes() <= 1,
                "node {n}: {events:#?}"
            );
            let why = over.failure.map(|why| why.code);
            match over.stage.as_str() {
                "done" => assert_eq!((served, why), (1, None), "node {n}"),
                "failed" => assert_eq!(why.as_deref(), Some("job.install-broken"), "node {n}"),
                other => panic!("node {n}: {other}"),
            }
        }
        rack
    });
}

#[test]
fn stopped_in_the_middle_the_arm_is_void_and_the_node_boots_its_own_disk() {
    play(1, QUICK, async |rack| {
        let late = Fault::Delay(Duration::from_secs(2));
        rack.machine(1).lives().faults = Faults::none().and(Step::Kickstart, late);
        let job = rack.up(1, None).await.unwrap();
        until(&rack, job, ("install.boot-script-served", "")).await;
        let stopped = rack.appliance.command(&["stop"]).await;
        assert!(stopped.status.success(), "{stopped:?}");
        let over = rack.until_over(job).await;
        assert_eq!(over.failure.unwrap().code, "job.stopped");
        let life = async |count: usize| {
            while rack.machine(1).lives().ended.len() < count {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            rack.machine(1).lives().ended[count - 1].clone()
        };
        let (trace, end) = life(1).await;
        assert!(matches!(end, End::Stuck(Step::Kickstart, _)), "{end:?}");
        assert_eq!(trace.got(Step::Kickstart), ["403"]);
        rack.machine(1).pull_the_plug();
        assert_eq!(life(2).await.1, End::NothingToBoot);
        let events = rack.history().await;
        assert_eq!(count(&events, job, "install.voided"), 1);
        assert_eq!(count(&events, job, "install.kickstart-served"), 0);
        rack
    });
}
