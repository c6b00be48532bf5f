//! The diagram of a trial as a table, and what holds of it in every stage and with every arm.

use std::net::Ipv4Addr;
use std::time::Duration;

use inventory::arm::{Arm, Broke, Errand};
use inventory::clock::{Deadline, NOT_BEFORE};
use inventory::id::{Epoch, JobId, Sha256, Token};
use inventory::job::{Past, Wish};
use inventory::net::Mac;
use uuid::Uuid;

use super::*;
use crate::jobs::record;

fn at(seconds: u64) -> Now {
    Now {
        wall: NOT_BEFORE,
        mono: Duration::from_secs(seconds),
        boot: Uuid::nil(),
    }
}

fn job(stage: Stage) -> Job {
    Job {
        id: JobId(7),
        node: "kvm-01".parse().unwrap(),
        wish: Wish {
            author: "root".to_owned(),
            at: NOT_BEFORE,
            wipe: None,
            power_off: false,
            aim: Aim::Trial {
                os: "rocky-9".parse().unwrap(),
            },
        },
        stage,
        since: NOT_BEFORE,
        deadline: Deadline::after(&at(0), Duration::from_secs(60)),
        wait: None,
        tries: 0,
        past: Vec::new(),
    }
}

fn facts(job: u64, state: ArmState) -> Facts {
    let arm = Arm {
        node: "kvm-01".parse().unwrap(),
        mac: Mac([2, 0, 0, 0, 0, 1]),
        address: Ipv4Addr::LOCALHOST,
        job: JobId(job),
        os: "rocky-9".parse().unwrap(),
        errand: Errand::Trial,
        epoch: Epoch(1),
        token: Token::from_random([7; 16]),
        kickstart: Sha256::of(b"kickstart"),
        over_ipv6: None,
        astray: None,
        armed_at: NOT_BEFORE,
        deadline: Deadline::after(&at(0), Duration::from_secs(50)),
        state,
    };
    Facts {
        arm: Some(arm),
        ..Facts::default()
    }
}

fn again_until() -> Deadline {
    Deadline::after(&at(0), Duration::from_secs(5))
}

fn every_state() -> [ArmState; 8] {
    let again_until = again_until();
    let why = Broke::Rebooted;
    [
        ArmState::Armed,
        ArmState::Booting,
        ArmState::Installing { again_until },
        ArmState::Trying { again_until },
        ArmState::Spent,
        ArmState::Broken { why },
        ArmState::Expired,
        ArmState::Void,
    ]
}

fn every_stage() -> [Stage; 13] {
    [
        Stage::Check,
        Stage::ProvisionPort,
        Stage::Arm,
        Stage::Power,
        Stage::Install,
        Stage::Verify,
        Stage::ServicePort,
        Stage::Register,
        Stage::VerifyAgain,
        Stage::Playbook,
        Stage::Try,
        Stage::GiveBack { failed: None },
        Stage::Done,
    ]
}

#[test]
fn the_diagram() {
    let none = Facts::default();
    let of = |stage, facts: &Facts| next(&job(stage), facts, &at(1));
    assert_eq!(
        of(Stage::Check, &none),
        Next::Do(Step::Trial(OfTrial::Check))
    );
    assert_eq!(
        of(Stage::ProvisionPort, &none),
        Next::Do(Step::Trial(OfTrial::LendPort))
    );
    assert_eq!(of(Stage::Arm, &none), Next::Do(Step::Trial(OfTrial::Arm)));
    let others = facts(6, ArmState::Spent);
    assert_eq!(of(Stage::Arm, &others), Next::Do(Step::Trial(OfTrial::Arm)));
    assert_eq!(
        of(Stage::Arm, &facts(7, ArmState::Armed)),
        Next::Enter(Stage::Power)
    );
    assert_eq!(
        of(Stage::Power, &facts(7, ArmState::Armed)),
        Next::Do(Step::Power)
    );
    for state in [
        ArmState::Booting,
        ArmState::Trying {
            again_until: again_until(),
        },
        ArmState::Spent,
    ] {
        assert_eq!(of(Stage::Power, &facts(7, state)), Next::Enter(Stage::Try));
    }
    assert_eq!(
        of(Stage::Try, &facts(7, ArmState::Spent)),
        Next::Do(Step::Trial(OfTrial::Judge))
    );
    let back = Stage::GiveBack { failed: None };
    assert_eq!(of(back, &none), Next::Do(Step::Trial(OfTrial::GiveBack)));
}

#[test]
fn every_wait_has_an_end_and_a_name_of_its_own() {
    let waits = [
        ArmState::Armed,
        ArmState::Booting,
        ArmState::Trying {
            again_until: again_until(),
        },
    ];
    let mut codes = Vec::new();
    for state in waits {
        let Next::Wait(wait) = next(&job(Stage::Try), &facts(7, state.clone()), &at(1)) else {
            panic!("{state:?}");
        };
        assert_eq!(wait.until, Deadline::after(&at(0), Duration::from_secs(50)));
        codes.push(wait.why.code());
    }
    assert_eq!(codes, ["job.not-booted", "job.no-kickstart", "job.trying"]);
}

/// No step of a bring-up, in no stage, with no arm: not one that installs, and not the second start of a machine.
#[test]
fn a_trial_never_takes_a_step_that_installs() {
    for stage in every_stage() {
        for state in every_state() {
            let next = next(&job(stage.clone()), &facts(7, state.clone()), &at(1));
            if let Next::Do(step) = next {
                let own = [
                    Step::Trial(OfTrial::Check),
                    Step::Trial(OfTrial::LendPort),
                    Step::Trial(OfTrial::Arm),
                    Step::Power,
                    Step::Trial(OfTrial::Judge),
                    Step::Trial(OfTrial::GiveBack),
                ];
                assert!(own.contains(&step), "{stage:?}, {state:?}: {step:?}");
                assert!(
                    step != Step::Power || state == ArmState::Armed,
                    "{stage:?}, {state:?}"
                );
            }
            let is_over = next == Next::Enter(Stage::Done);
            assert!(!is_over, "{stage:?}, {state:?}: nothing was given back");
        }
    }
}

/// A failure after anything was changed leads to giving it back, and from there to an end, with its reason.
#[test]
fn a_failed_trial_gives_back_before_it_ends() {
    let why = || job_message(message::Job::ArmGone);
    for stage in every_stage() {
        let (failed, _) = record::failed(&job(stage.clone()), why(), &at(1));
        let owes = matches!(
            stage,
            Stage::ProvisionPort | Stage::Arm | Stage::Power | Stage::Try
        );
        let is_back =
            matches!(&failed.stage, Stage::GiveBack { failed: Some(it) } if it.why == why());
        assert_eq!(is_back, owes, "{stage:?}");
        if is_back {
            let (over, _) = record::failed(&failed, why(), &at(2));
            assert!(over.stage.is_over(), "{stage:?}");
        }
    }
}

#[test]
fn the_power_counts_as_touched_once_its_stage_was_left() {
    let mut job = job(Stage::Try);
    assert!(!has_touched_power(&job));
    job.past.push(Past {
        stage: "power".to_owned(),
        entered: NOT_BEFORE,
        left: NOT_BEFORE,
    });
    assert!(has_touched_power(&job));
}
