//! What the appliance tries again by itself, and what it does not take upon itself: nodes that stop on the way to their
//! kickstart, a disk that `%pre` found in use, a machine that runs already, a controller that says nothing for a while.

use std::time::Duration;

use appliance::api::types;
use hyper::Method;
use tests::cloudstack::faults::{Fault as CloudFault, Wrong};
use tests::packet_node::{Disk, Fault, Faults, Step};
use tests::rack_of_packets::{LIMIT, LOOK_AGAIN, RackOfPackets, play};
use tests::small_rack::serial;

use super::{count, is_brought_up};

const QUICK: Duration = Duration::from_millis(200);

/// The controller's client waits a minute for a list.
const SILENCE: Duration = Duration::from_secs(60);

/// The rack file again, with so much patience for a boot.
async fn have_patience(rack: &RackOfPackets, patience: &str) {
    let rack_file = rack.appliance.client().get("/v1/rack").await;
    let mut rack_file: types::Apply = rack_file.unwrap();
    let profile = "[profile.kvm]\n";
    assert!(rack_file.text.contains(profile));
    let patient = format!("{profile}boot_patience = \"{patience}\"\n");
    rack_file.text = rack_file.text.replace(profile, &patient);
    rack.send(Method::PUT, "/v1/rack", &rack_file).await;
}

#[test]
fn a_node_that_stops_before_its_kickstart_is_started_anew_and_installed_once() {
    let steps = [Step::IpxeDiscover, Step::Script, Step::Kernel];
    play(3, QUICK, async move |rack| {
        have_patience(&rack, "5 s").await;
        let mut jobs = Vec::new();
        for (n, step) in (1..).zip(steps) {
            rack.machine(n).lives().faults = Faults::none().and(step, Fault::Die);
            jobs.push((n, rack.up(n, None).await.unwrap()));
        }
        for (n, job) in jobs {
            is_brought_up(&rack, n, job).await;
            let events = rack.history().await;
            let starts = count(&events, job, "job.started-anew");
            // On a computer that does much else the second start may be too slow as well.
            assert!((1..=2).contains(&starts), "node {n}: {starts}");
        }
        rack
    });
}

#[test]
fn a_node_that_stops_in_its_install_is_not_started_anew() {
    play(1, QUICK, async |rack| {
        have_patience(&rack, "2 s").await;
        rack.machine(1).lives().faults = Faults::none().and(Step::Packages, Fault::Die);
        let job = rack.up(1, None).await.unwrap();
        while rack.machine(1).lives().ended.is_empty() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let starts = rack.machine(1).bmc.machine().power.borrow().starts;
        // More than twice the patience.
        let waited = tokio::time::timeout(Duration::from_secs(5), rack.until_over(job)).await;
        assert!(waited.is_err(), "{waited:#?}");
        assert_eq!(rack.machine(1).bmc.machine().power.borrow().starts, starts);
        rack.machine(1).pull_the_plug();
        let over = rack.until_over(job).await;
        assert_eq!(over.failure.unwrap().code, "job.install-broken");
        rack
    });
}

#[test]
fn a_disk_that_was_in_use_may_be_looked_at_and_the_node_brought_up_without_its_serial() {
    play(1, QUICK, async |rack| {
        rack.machine(1).lives().disk = Some(Disk::Data("ext4".to_owned()));
        let job = rack.up(1, None).await.unwrap();
        let over = rack.until_over(job).await;
        let why = over.failure.unwrap();
        assert!(
            why.code == "job.install-broken" && why.text.contains("ext4"),
            "{why:?}"
        );
        assert_eq!(rack.machine(1).writes(), 0);
        // Somebody else's disk was in that slot; now the right one is.
        rack.machine(1).lives().disk = Some(Disk::Blank);
        let job = rack.up(1, None).await.unwrap();
        is_brought_up(&rack, 1, job).await;
        rack
    });
}

#[test]
fn images_that_are_not_there_are_not_kept_and_nothing_is_written() {
    play(1, QUICK, async |rack| {
        let up = types::Up {
            nodes: vec!["kvm-01".to_owned()],
            wipe: Some(serial(1)),
            keep_images: true,
            power_off: false,
        };
        let over = rack.until_over(rack.wish(up).await.unwrap()).await;
        let why = over.failure.unwrap();
        let says = why.text.contains("the images of kvm-01 cannot be kept");
        assert!(why.code == "job.install-broken" && says, "{why:?}");
        assert_eq!(rack.machine(1).writes(), 0);
        rack
    });
}

#[test]
fn a_machine_that_runs_and_is_not_ours_is_left_running_until_a_person_allows_it() {
    play(1, QUICK, async |rack| {
        rack.machine(1).bmc.machine().switch(true);
        let job = rack.up(1, None).await.unwrap();
        let over = rack.until_over(job).await;
        assert_eq!(over.failure.unwrap().code, "refusal.running");
        let power = *rack.machine(1).bmc.machine().power.borrow();
        assert!(power.on && power.starts == 1, "{power:?}");
        let job = rack.up_allowed(1, None, true).await.unwrap();
        is_brought_up(&rack, 1, job).await;
        rack
    });
}

#[test]
fn a_controller_that_says_nothing_is_asked_again() {
    play(1, QUICK, async |rack| {
        rack.cloud.shared.faults.plan(CloudFault {
            command: None,
            wrong: Wrong::Silent,
            times: 1,
        });
        let job = rack.up(1, None).await.unwrap();
        let silence = async {
            while count(&rack.history().await, job, "job.retrying") == 0 {
                tokio::time::sleep(LOOK_AGAIN * 20).await;
            }
        };
        let told = tokio::time::timeout(SILENCE + LIMIT, silence).await;
        assert!(told.is_ok(), "{:#?}", rack.job(job).await);
        let blocker = rack.job(job).await.blocker;
        assert!(blocker.is_some_and(|why| why.text.contains("cloud controller")));
        is_brought_up(&rack, 1, job).await;
        rack
    });
}
