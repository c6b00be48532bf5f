//! What a job refuses or gives up, with its reason by name, and how little a device was bothered with it; and a node that
//! was installed before.

use std::time::{Duration, Instant};

use tests::bmc::{Identity, PASSWORD, PowerLie, USER};
use tests::cloudstack::faults::{Fault, Wrong};
use tests::rack_of_packets::{RackOfPackets, play};
use tests::small_rack::serial;

use super::{count, is_brought_up};

const QUICK: Duration = Duration::from_millis(200);

/// Requests with a wrong login that a BMC sees of one job: it may lock the account after five.
const LOGINS_MAX: u32 = 2;

async fn why_not(rack: &RackOfPackets, n: u8, wipe: Option<String>) -> String {
    let began = Instant::now();
    let job = rack.up(n, wipe).await.unwrap();
    let over = rack.until_over(job).await;
    assert!(began.elapsed() < Duration::from_secs(60), "{over:#?}");
    let why = over.failure.unwrap_or_else(|| panic!("{}", over.stage));
    assert!(!why.text.is_empty());
    why.code
}

#[test]
fn a_bmc_that_refuses_changes_or_lies_fails_the_job_within_a_minute() {
    play(2, QUICK, async |rack| {
        rack.set_secret("bmc", &format!("{USER}:a wrong one")).await;
        assert_eq!(why_not(&rack, 1, None).await, "device.denied");
        let refused = rack.machine(1).bmc.machine().refused_logins;
        assert!((1..=LOGINS_MAX).contains(&refused), "{refused} logins");
        rack.set_secret("bmc", &format!("{USER}:{PASSWORD}")).await;
        rack.machine(1).bmc.machine().lies.power = PowerLie::Ignores;
        assert_eq!(why_not(&rack, 1, None).await, "device.refused");
        let requests = rack.machine(1).bmc.machine().requests.len();
        rack.machine(1).bmc.show(Identity::make().unwrap());
        assert_eq!(why_not(&rack, 1, None).await, "device.changed");
        let after = rack.machine(1).bmc.machine().requests.len();
        assert_eq!(after, requests, "no login is shown to a stranger");
        rack
    });
}

#[test]
fn a_cloud_controller_in_trouble_is_asked_again_and_one_that_denies_is_not() {
    play(2, QUICK, async |rack| {
        let plan = |wrong, times| {
            let command = None;
            rack.cloud.shared.faults.plan(Fault {
                command,
                wrong,
                times,
            });
        };
        plan(Wrong::Unauthorized, 9);
        assert_eq!(why_not(&rack, 1, None).await, "device.denied");
        let seen = rack.cloud.shared.seen().len();
        assert!(seen <= 2, "{seen} requests");
        rack.cloud.shared.faults.clear();
        plan(Wrong::Internal("db is away".to_owned()), 1);
        plan(Wrong::Lost, 1);
        let job = rack.up(2, None).await.unwrap();
        is_brought_up(&rack, 2, job).await;
        assert!(count(&rack.history().await, job, "job.retrying") >= 1);
        rack
    });
}

#[test]
fn a_node_that_was_installed_is_installed_again_only_if_a_person_types_its_serial() {
    play(1, QUICK, async |rack| {
        let job = rack.up(1, None).await.unwrap();
        is_brought_up(&rack, 1, job).await;
        assert_eq!(why_not(&rack, 1, None).await, "refusal.installed-before");
        let other = Some(serial(2));
        assert_eq!(why_not(&rack, 1, other).await, "refusal.wrong-serial");
        let its_own = Some(serial(1));
        let known = why_not(&rack, 1, its_own.clone()).await;
        assert_eq!(known, "refusal.known-to-cloud", "guests may run there");
        assert_eq!(rack.machine(1).writes(), 1);
        rack.cloud.shared.hosts.delete_all();
        let job = rack.up(1, its_own).await.unwrap();
        assert_eq!(rack.until_over(job).await.stage, "done");
        assert_eq!(rack.machine(1).writes(), 2);
        let events = rack.history().await;
        assert_eq!(count(&events, job, "install.kickstart-served"), 1);
        rack
    });
}

#[test]
fn a_folder_that_holds_another_release_arms_nobody() {
    play(1, QUICK, async |rack| {
        let path = rack.tree().join(".treeinfo");
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, release) = text.split_once("[release]").unwrap();
        let other = release.replacen("version = 1", "version = 2", 1);
        std::fs::write(&path, format!("{before}[release]{other}")).unwrap();
        assert_eq!(why_not(&rack, 1, None).await, "refusal.other-tree");
        let history = rack.history().await;
        let is_armed = history.iter().any(|it| it.what.code == "install.armed");
        assert!(!is_armed, "{history:#?}");
        std::fs::write(&path, text).unwrap();
        let job = rack.up(1, None).await.unwrap();
        is_brought_up(&rack, 1, job).await;
        rack
    });
}
