//! The interlock over all orders of events: exhaustively to a depth that holds every path, and at random beyond it.

use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::clock::NOT_BEFORE;

const LIFE: Duration = Duration::from_secs(3600);

fn at(seconds: u64) -> Now {
    Now {
        wall: NOT_BEFORE,
        mono: Duration::from_secs(seconds),
        boot: Uuid::nil(),
    }
}

fn armed() -> Arm {
    Arm {
        node: "kvm-01".parse().unwrap(),
        mac: Mac([2, 0, 0, 0, 0, 1]),
        address: Ipv4Addr::LOCALHOST,
        job: JobId(1),
        os: "rocky-9".parse().unwrap(),
        errand: Errand::Install,
        epoch: Epoch(1),
        token: Token::from_random([7; 16]),
        kickstart: Sha256::of(b"kickstart"),
        over_ipv6: None,
        astray: None,
        armed_at: NOT_BEFORE,
        deadline: Deadline::after(&at(0), LIFE),
        state: ArmState::Armed,
    }
}

fn every_stimulus() -> [Stimulus; 9] {
    [
        Stimulus::Firmware,
        Stimulus::BootScript,
        Stimulus::Kickstart,
        Stimulus::Installed,
        Stimulus::Tried,
        Stimulus::Failed {
            detail: "disk".to_owned(),
        },
        Stimulus::StartAnew,
        Stimulus::Stop,
        Stimulus::Tick,
    ]
}

/// What an observer of the node sees: what was served or accepted, in order.
#[derive(Default, Clone)]
struct Seen {
    script: bool,
    kickstart: bool,
    /// After the first kickstart: a sign that the machine started anew, or the end.
    over: bool,
}

impl Seen {
    fn fetch_kickstart(&mut self) {
        assert!(self.script && !self.over, "a kickstart out of order");
        self.kickstart = true;
    }

    fn start_anew(&mut self) {
        assert!(!self.kickstart, "an install was cut off");
        self.script = false;
    }
}

/// Applies one stimulus and checks what may never happen, whatever came before.
fn tell(arm: &mut Arm, seen: &mut Seen, stimulus: &Stimulus, now: &Now) {
    let was_live = arm.state.is_live();
    let outcome = arm.outcome(stimulus, Epoch(1), now);
    let served = matches!(outcome, Outcome::Stay | Outcome::Go(_));
    if let Outcome::Go(state) | Outcome::Close(state) = outcome {
        assert!(was_live, "an ended arm changed to {state:?}");
        arm.state = state;
    }
    match stimulus {
        Stimulus::BootScript if served => {
            assert!(
                !seen.kickstart,
                "a boot script after a kickstart would loop"
            );
            assert!(!seen.over, "a boot script from an ended arm");
            seen.script = true;
        }
        Stimulus::Kickstart if served => seen.fetch_kickstart(),
        Stimulus::Installed if served => assert!(seen.kickstart, "installed without a kickstart"),
        Stimulus::Firmware if seen.kickstart && was_live => {
            assert!(
                !arm.state.is_live(),
                "a reboot in the middle went unnoticed"
            );
        }
        Stimulus::StartAnew if served => seen.start_anew(),
        Stimulus::Stop => assert!(!arm.state.is_live(), "stop did not stop"),
        Stimulus::BootScript
        | Stimulus::Kickstart
        | Stimulus::Installed
        | Stimulus::Tried
        | Stimulus::Failed { .. }
        | Stimulus::Firmware
        | Stimulus::StartAnew
        | Stimulus::Tick => {}
    }
    seen.over |= !arm.state.is_live();
}

#[test]
fn every_order_of_six_events_keeps_the_rules() {
    fn walk(arm: &Arm, seen: &Seen, depth: u8) {
        if depth == 0 {
            return;
        }
        for stimulus in &every_stimulus() {
            let (mut arm, mut seen) = (arm.clone(), seen.clone());
            tell(&mut arm, &mut seen, stimulus, &at(1));
            walk(&arm, &seen, depth - 1);
        }
    }
    walk(&armed(), &Seen::default(), 6);
}

proptest! {
    #[test]
    fn long_orders_with_time_passing_keep_the_rules(
        events in proptest::collection::vec((0usize..7, 0u64..400), 1..60)
    ) {
        let (mut arm, mut seen, mut now) = (armed(), Seen::default(), 0);
        for (which, passed) in events {
            now += passed;
            tell(&mut arm, &mut seen, &every_stimulus()[which], &at(now));
            if now > LIFE.as_secs() {
                prop_assert!(!arm.state.is_live(), "alive after its deadline");
            }
        }
    }
}

fn state_after(events: &[Stimulus]) -> ArmState {
    let (mut arm, mut seen) = (armed(), Seen::default());
    for event in events {
        tell(&mut arm, &mut seen, event, &at(1));
    }
    arm.state
}

#[test]
fn the_way_to_spent_and_the_ways_to_broken() {
    let [firmware, script, kickstart, installed, _, failed, ..] = every_stimulus();
    let begun = [firmware.clone(), script, kickstart];
    let then = |last: Stimulus| state_after(&[&begun[..], &[last]].concat());
    assert_eq!(then(installed), ArmState::Spent);
    assert_eq!(
        then(firmware),
        ArmState::Broken {
            why: Broke::Rebooted
        }
    );
    let reported = Broke::Reported {
        detail: "disk".to_owned(),
    };
    assert_eq!(then(failed), ArmState::Broken { why: reported });
}

#[test]
fn the_kickstart_is_served_again_within_minutes_and_not_later() {
    let (mut arm, mut seen) = (armed(), Seen::default());
    for stimulus in [Stimulus::BootScript, Stimulus::Kickstart] {
        tell(&mut arm, &mut seen, &stimulus, &at(10));
    }
    let again = |seconds| arm.outcome(&Stimulus::Kickstart, Epoch(1), &at(seconds));
    assert_eq!(again(10 + KICKSTART_RETRY.as_secs() - 1), Outcome::Stay);
    assert_eq!(again(10 + KICKSTART_RETRY.as_secs()), Outcome::Refuse);
}

#[test]
fn a_restored_appliance_voids_the_arms_of_its_former_life() {
    for stimulus in every_stimulus() {
        assert_eq!(
            armed().outcome(&stimulus, Epoch(2), &at(1)),
            Outcome::Close(ArmState::Void)
        );
    }
}

/// Whatever happens in whatever order: the arm of a trial never counts as installing, and takes no word of an install; that of
/// an install never counts as trying.
#[test]
fn an_arm_keeps_to_its_errand_in_every_order() {
    fn walk(arm: &Arm, depth: u8) {
        if depth == 0 {
            return;
        }
        for stimulus in &every_stimulus() {
            let outcome = arm.outcome(stimulus, Epoch(1), &at(1));
            let is_granted = matches!(outcome, Outcome::Stay | Outcome::Go(_));
            let (foreign, is_foreign) = match arm.errand {
                Errand::Install => (
                    Stimulus::Tried,
                    matches!(arm.state, ArmState::Trying { .. }),
                ),
                Errand::Trial => (
                    Stimulus::Installed,
                    matches!(arm.state, ArmState::Installing { .. }),
                ),
            };
            assert!(!is_foreign, "{:?} in {:?}", arm.errand, arm.state);
            assert!(
                !(is_granted && *stimulus == foreign),
                "{:?} granted",
                stimulus
            );
            let state = match outcome {
                Outcome::Go(state) | Outcome::Close(state) => state,
                Outcome::Stay | Outcome::Refuse => arm.state.clone(),
            };
            let next = Arm {
                state,
                ..arm.clone()
            };
            walk(&next, depth - 1);
        }
    }
    for errand in [Errand::Install, Errand::Trial] {
        let arm = Arm { errand, ..armed() };
        walk(&arm, 5);
    }
}
