//! Faults at every step, and hundreds of mixtures of them: nothing is installed twice, nobody else gets the kickstart,
//! and an install that was interrupted is broken for good.

use inventory::arm::{ArmState, Broke};
use inventory::node::Phase;
use tests::packet_node::{Disk, End, Fault, Faults, Firmware, Step, Trace};

use super::rig::{Rig, THIEF};

/// Mixtures played in one run: some seconds.
const SEEDS: u64 = 60;

#[tokio::test]
async fn a_restart_before_the_kickstart_costs_a_restart_and_one_after_it_breaks_the_install() {
    for step in Step::ALL {
        let rig = Rig::start().await;
        rig.arm(1).await;
        let mut node = rig.node(1, Firmware::Bios);
        let (trace, end) = node.run(Faults::none().and(step, Fault::Reboot)).await;
        if step <= Step::Kickstart {
            assert_eq!(end, End::Up, "{step:?}: {:#?}", trace.asked);
            assert_eq!(rig.arm_state(1), ArmState::Spent, "{step:?}");
            assert_eq!(trace.writes, 1, "{step:?}");
        } else {
            let broken = ArmState::Broken {
                why: Broke::Rebooted,
            };
            assert_eq!(rig.arm_state(1), broken, "{step:?}");
            assert_eq!(trace.got(Step::Kickstart), ["200"], "{step:?}: never again");
            assert!(rig.is_remembered(1), "{step:?}");
        }
        rig.stop().await;
    }
}

#[tokio::test]
async fn lost_late_and_repeated_packets_change_nothing() {
    let late = Fault::Delay(std::time::Duration::from_millis(20));
    for fault in [Fault::Drop, Fault::Duplicate, late] {
        let everywhere = Step::ALL.into_iter().fold(Faults::none(), |faults, step| {
            faults.and(step, fault.clone())
        });
        let rig = Rig::start().await;
        rig.arm(1).await;
        let mut node = rig.node(1, Firmware::Uefi);
        let (trace, end) = node.run(everywhere).await;
        assert_eq!(end, End::Up, "{fault:?}: {:#?}", trace.asked);
        assert_eq!(rig.arm_state(1), ArmState::Spent, "{fault:?}");
        let phases = [Phase::Pre, Phase::Partitioned, Phase::Installed];
        assert_eq!(rig.phases(1), phases, "{fault:?}: each report once");
        rig.stop().await;
    }
}

#[tokio::test]
async fn somebody_else_at_another_address_gets_nothing_of_the_node_s() {
    let rig = Rig::start().await;
    rig.arm(1).await;
    let thief = |faults: Faults, step| faults.and(step, Fault::Thief(THIEF));
    let steps = [Step::Kickstart, Step::Pre, Step::Installed];
    let mut node = rig.node(1, Firmware::BiosIpxe);
    let (trace, end) = node
        .run(steps.into_iter().fold(Faults::none(), thief))
        .await;
    assert_eq!(end, End::Up);
    let got: Vec<&str> = trace
        .thefts
        .iter()
        .map(|theft| theft.got.as_str())
        .collect();
    assert_eq!(got, ["403"; 3]);
    assert_eq!(rig.arm_state(1), ArmState::Spent);
    rig.stop().await;
}

/// What holds however it went.
fn check(seed: u64, rig: &Rig, (trace, end): (&Trace, &End)) {
    let state = rig.arm_state(1);
    let context = || format!("seed {seed}: {end:?}, {state:?}, {:#?}", trace.asked);
    assert!(trace.writes <= 1, "written twice; {}", context());
    let served = trace.got(Step::Kickstart).contains(&"200");
    assert_eq!(served, rig.is_remembered(1), "{}", context());
    let stolen = |theft: &&tests::packet_node::Asked| {
        matches!(
            theft.step,
            Step::Kickstart | Step::Pre | Step::Partitioned | Step::Installed
        ) && theft.got == "200"
    };
    assert_eq!(trace.thefts.iter().find(stolen), None, "{}", context());
    let installed = rig.phases(1).contains(&Phase::Installed);
    assert_eq!(installed, state == ArmState::Spent, "{}", context());
    assert_ne!(*end, End::Looping, "{}", context());
}

#[tokio::test]
async fn no_mixture_of_faults_installs_twice_or_loops() {
    for seed in 0..SEEDS {
        let rig = Rig::start().await;
        rig.arm(1).await;
        let firmware = Firmware::ALL[usize::try_from(seed).unwrap() % Firmware::ALL.len()];
        let mut node = rig.node(1, firmware);
        let (trace, end) = node.run(Faults::from_seed(seed, THIEF)).await;
        check(seed, &rig, (&trace, &end));
        // Switched on again: a system if there is one, else nothing, but no second install.
        let before = node.disk.clone();
        let was_live = rig.arm_state(1).is_live() && before == Disk::Blank;
        let (trace, end) = node.run(Faults::none()).await;
        if !was_live {
            assert_eq!(
                (trace.writes, &node.disk),
                (0, &before),
                "seed {seed}: {end:?}"
            );
        }
        rig.stop().await;
    }
}
