//! Trials: a machine is looked at, nothing is written, and machine, port and records are what they were.

use std::time::Duration;

use appliance::api::types;
use appliance::api::types::trial::{Seen, Wish};
use hyper::Method;
use tests::packet_node::{Disk, End, Fault, Faults, Step, tree};
use tests::rack_of_packets::{RackOfPackets, file, play};

use super::kills::until;
use super::{PATIENCE, count, is_brought_up};

const QUICK: Duration = Duration::from_millis(200);

fn path(n: u8) -> String {
    format!("/v1/nodes/{}/trial", file::name(n))
}

async fn begin(rack: &RackOfPackets, n: u8, wish: Wish) -> u64 {
    let begun = rack.send(Method::POST, &path(n), &wish).await;
    let job = begun["job"].as_u64();
    job.unwrap_or_else(|| panic!("{begun}"))
}

async fn seen(rack: &RackOfPackets, n: u8) -> Seen {
    let seen = rack.appliance.client().get(&path(n)).await;
    seen.unwrap_or_else(|error| panic!("{error}\n{}", rack.told()))
}

/// Tries node number `n`; the job once it is over.
async fn tried(rack: &RackOfPackets, n: u8, wish: Wish) -> types::Job {
    let job = begin(rack, n, wish).await;
    rack.until_over(job).await
}

/// What the port of node number `n` carries. A tag without a mode is an access port, as ovs-vswitchd.conf.db(5) has it.
fn carried(rack: &RackOfPackets, n: u8) -> String {
    let seen = rack.switch.seen(n).unwrap();
    seen.replace("[[[\"set\",[]],", "[[\"access\",")
}

/// A further install tree that calls itself Rocky Linux 10.2.
fn tree_of_rocky_10(rack: &RackOfPackets) -> String {
    let folder = rack.data.with_file_name("rocky-10");
    tree::write(&folder).unwrap();
    let info = folder.join("tree/.treeinfo");
    let text = std::fs::read_to_string(&info).unwrap();
    let text = text.replace("name = Hinode stand-in", "name = Rocky Linux");
    std::fs::write(
        &info,
        text.replace("version = 1\n\n[stage2]", "version = 10.2\n\n[stage2]"),
    )
    .unwrap();
    folder.join("tree").display().to_string()
}

fn wrong(seen: &Seen) -> Vec<String> {
    let wrong = seen.findings.iter().filter(|it| it.verdict == "wrong");
    wrong
        .map(|it| format!("{}: {}", it.subject, it.found))
        .collect()
}

#[test]
fn a_dark_machine_is_tried_and_is_as_new_as_it_was() {
    play(1, QUICK, async |rack| {
        let port = carried(&rack, 1);
        let over = tried(&rack, 1, Wish::default()).await;
        assert_eq!(over.stage, "done", "{over:#?}\n{}", rack.told());
        let found = seen(&rack, 1).await;
        assert_eq!(wrong(&found), [""; 0]);
        assert_eq!(found.hardware.disks.len(), 1);
        assert_eq!(found.hardware.disks[0].ids, [file::disk(1)]);
        assert_eq!(carried(&rack, 1), port, "given back");
        assert_eq!(rack.machine(1).writes(), 0);
        assert!(
            !rack.machine(1).bmc.machine().power.borrow().on,
            "it was off"
        );
        let events = rack.history().await;
        assert_eq!(count(&events, over.id, "install.trial-served"), 1);
        assert_eq!(count(&events, over.id, "install.kickstart-served"), 0);
        let shown = ["trial", &file::name(1), "--show"];
        let shown = rack.appliance.command(&shown).await;
        assert!(shown.status.success(), "{shown:?}");
        let job = rack.up(1, None).await.unwrap();
        is_brought_up(&rack, 1, job).await;
        rack
    });
}

#[test]
fn a_host_that_serves_is_tried_and_serves_again() {
    play(1, QUICK, async |rack| {
        let job = rack.up(1, None).await.unwrap();
        is_brought_up(&rack, 1, job).await;
        let port = carried(&rack, 1);
        let refused = tried(&rack, 1, Wish::default()).await;
        assert_eq!(refused.failure.unwrap().code, "refusal.running");
        let wish = || Wish {
            os: None,
            power_off: true,
        };
        let host = rack.cloud.shared.hosts.all()[0].id.clone();
        rack.cloud.shared.guests.start(&host, "a-guest");
        let refused = tried(&rack, 1, wish()).await;
        assert_eq!(refused.failure.unwrap().code, "refusal.guests-run");
        let starts = rack.machine(1).bmc.machine().power.borrow().starts;
        assert_eq!(starts, 1, "it was left alone");
        rack.cloud.shared.guests.move_away();
        let over = tried(&rack, 1, wish()).await;
        assert_eq!(over.stage, "done", "{over:#?}\n{}", rack.told());
        assert_eq!(carried(&rack, 1), port);
        assert_eq!(
            rack.machine(1).writes(),
            1,
            "by the install, not by the trial"
        );
        let is_up = || {
            let lives = rack.machine(1).lives();
            lives.ended.len() == 2 && lives.ended[1].1 == End::Up
        };
        let back = async {
            while !is_up() {
                tokio::time::sleep(QUICK).await;
            }
        };
        let back = tokio::time::timeout(Duration::from_secs(30), back).await;
        assert!(back.is_ok(), "it does not come back\n{}", rack.told());
        assert!(rack.machine(1).bmc.machine().power.borrow().on);
        rack
    });
}

#[test]
fn what_is_missing_is_named() {
    play(2, QUICK, async |rack| {
        rack.machine(1).lives().hardware.has_carrier = false;
        let over = tried(&rack, 1, Wish::default()).await;
        assert_eq!(over.stage, "done", "{over:#?}");
        let found = wrong(&seen(&rack, 1).await);
        assert!(
            found.len() == 1 && found[0].contains("no carrier"),
            "{found:?}"
        );
        let old = "fpu cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3 vmx";
        old.clone_into(&mut rack.machine(2).lives().hardware.cpu_flags);
        let text: types::Apply = rack.appliance.client().get("/v1/rack").await.unwrap();
        let tree = tree_of_rocky_10(&rack);
        let next = format!(
            "{}\n[os.rocky-10]\nfamily = \"rocky\"\nversion = \"10.2\"\ntree = \"{tree}\"\n",
            text.text
        );
        let apply = types::Apply {
            text: next,
            made_from: None,
        };
        rack.send(Method::PUT, "/v1/rack", &apply).await;
        let wish = Wish {
            os: Some("rocky-10".to_owned()),
            power_off: false,
        };
        assert_eq!(tried(&rack, 2, wish).await.stage, "done", "{}", rack.told());
        let found = wrong(&seen(&rack, 2).await);
        assert!(
            found.len() == 1 && found[0].contains("x86-64-v2"),
            "{found:?}"
        );
        let shown = rack
            .appliance
            .command(&["trial", &file::name(2), "--show"])
            .await;
        assert!(!shown.status.success(), "{shown:?}");
        rack
    });
}

#[test]
fn a_trial_that_breaks_gives_everything_back() {
    play(2, QUICK, async |rack| {
        let port = carried(&rack, 1);
        rack.machine(1).lives().disk = Some(Disk::Data("ext4".to_owned()));
        rack.machine(1).lives().faults = Faults::none().and(Step::Pre, Fault::Reboot);
        let over = tried(&rack, 1, Wish::default()).await;
        assert_eq!(over.failure.unwrap().code, "job.trial-broken");
        assert_eq!(carried(&rack, 1), port);
        assert!(!rack.machine(1).bmc.machine().power.borrow().on);
        rack.machine(2).lives().faults = Faults::none().and(Step::Pre, Fault::Die);
        let job = begin(&rack, 2, Wish::default()).await;
        until(&rack, job, ("install.trial-served", "")).await;
        rack.send(Method::POST, "/v1/stop", &()).await;
        let over = rack.until_over(job).await;
        assert_eq!(over.failure.unwrap().code, "job.stopped");
        assert!(!rack.machine(2).bmc.machine().power.borrow().on);
        assert_eq!(rack.machine(2).writes(), 0);
        rack
    });
}

#[test]
fn a_kill_in_the_middle_of_a_trial_costs_a_repeated_step_at_most() {
    let boundaries = [
        ("job.entered", "provision-port"),
        ("install.armed-for-trial", ""),
        ("device.did", "power On"),
        ("install.trial-served", ""),
        ("install.tried", ""),
        ("job.entered", "give-back"),
    ];
    let nodes = u8::try_from(boundaries.len()).unwrap();
    play(nodes, PATIENCE, async move |mut rack| {
        for (n, boundary) in (1..).zip(boundaries) {
            let port = carried(&rack, n);
            let job = begin(&rack, n, Wish::default()).await;
            until(&rack, job, boundary).await;
            rack.kill().await;
            let over = rack.until_over(job).await;
            assert_eq!(
                over.stage,
                "done",
                "{boundary:?}: {over:#?}\n{}",
                rack.told()
            );
            assert_eq!(wrong(&seen(&rack, n).await), [""; 0], "{boundary:?}");
            assert_eq!(carried(&rack, n), port, "{boundary:?}");
            let lives = rack.machine(n).lives();
            let is_off = |(_, end): &(_, End)| matches!(end, End::PoweredOff(_));
            assert!(lives.ended.iter().all(is_off), "{:#?}", lives.ended);
        }
        rack
    });
}
