//! The console of a node that dies in the middle of its install is in the failure; a BMC without one changes nothing.

use std::net::SocketAddr;
use std::time::Duration;

use hyper::Method;
use tests::ipmi::IpmiSim;
use tests::packet_node::{Fault, Faults, Step};
use tests::rack_of_packets::{RackOfPackets, file, play};

use super::kills::until;
use super::{count, is_brought_up};

const QUICK: Duration = Duration::from_millis(200);
/// What the installer says before the machine goes.
const LAST_WORDS: &str = "standin: writing the disk";

/// The rack file says that every console is read.
async fn read_consoles(rack: &RackOfPackets) {
    let mut apply: appliance::api::types::Apply =
        rack.appliance.client().get("/v1/rack").await.unwrap();
    let with = "credential = \"bmc\", console = \"ipmi\" }";
    apply.text = apply.text.replace("credential = \"bmc\" }", with);
    rack.send(Method::PUT, "/v1/rack", &apply).await;
}

/// The machine says it until the appliance has heard it.
async fn says(rack: &RackOfPackets, sim: &mut IpmiSim) {
    let heard = async {
        loop {
            sim.say(format!("\x1b[2J{LAST_WORDS}\r\n").as_bytes())
                .await
                .unwrap();
            let shown = rack.appliance.command(&["console", &file::name(1)]).await;
            if String::from_utf8_lossy(&shown.stdout).contains(LAST_WORDS) {
                return;
            }
            tokio::time::sleep(QUICK).await;
        }
    };
    let heard = tokio::time::timeout(tests::rack_of_packets::LIMIT, heard).await;
    assert!(heard.is_ok(), "{}", rack.told());
}

#[test]
fn a_machine_that_dies_amid_its_install_leaves_its_last_words_in_the_failure() {
    play(1, QUICK, async |rack| {
        let at = SocketAddr::from((file::bmc(1), 623));
        let mut sim = IpmiSim::start_at(at).await.unwrap();
        read_consoles(&rack).await;
        // Long enough that its machine loses power before.
        let slow = Fault::Delay(2 * tests::rack_of_packets::LIMIT);
        rack.machine(1).lives().faults = Faults::none().and(Step::Packages, slow);
        let job = rack.up(1, None).await.unwrap();
        until(&rack, job, ("install.kickstart-served", "")).await;
        says(&rack, &mut sim).await;
        rack.machine(1).pull_the_plug();
        let over = rack.until_over(job).await;
        let why = over.failure.unwrap();
        assert_eq!(why.code, "job.install-broken");
        assert!(
            why.text
                .contains("rebooted before the installer reported; last requests: ")
        );
        let said = |line: &String| line.ends_with(&format!(" {LAST_WORDS}"));
        assert!(why.evidence.iter().any(said), "{why:#?}");
        assert!(!why.evidence.concat().contains('\x1b'));
        let shown = rack.appliance.command(&["job", &job.to_string()]).await;
        assert!(String::from_utf8_lossy(&shown.stdout).contains(&format!(" {LAST_WORDS}\n")));
        let events = rack.history().await;
        let failed = events.iter().find(|event| event.what.code == "job.failed");
        assert!(failed.unwrap().what.evidence.iter().any(said));
        rack
    });
}

#[test]
fn a_console_that_nobody_gives_away_changes_nothing() {
    play(1, QUICK, async |rack| {
        read_consoles(&rack).await;
        let job = rack.up(1, None).await.unwrap();
        is_brought_up(&rack, 1, job).await;
        assert_eq!(count(&rack.history().await, job, "device.silent"), 0);
        rack
    });
}
