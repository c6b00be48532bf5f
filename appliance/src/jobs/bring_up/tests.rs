//! The diagram of the bring-up, row by row, and what it may never do whatever the facts are.

use std::net::Ipv4Addr;
use std::time::Duration;

use inventory::arm::{Broke, Errand};
use inventory::clock::{Deadline, NOT_BEFORE};
use inventory::id::{Epoch, JobId, Sha256, Token};
use inventory::job::{Aim, Past, Wish};
use inventory::net::Mac;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

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
            aim: Aim::BringUp,
        },
        deadline: Deadline::after(&at(0), Duration::from_secs(100)),
        stage,
        since: NOT_BEFORE,
        wait: None,
        tries: 0,
        past: Vec::new(),
    }
}

fn arm(job: u64, state: ArmState) -> Facts {
    let arm = Arm {
        node: "kvm-01".parse().unwrap(),
        mac: Mac([2, 0, 0, 0, 0, 1]),
        address: Ipv4Addr::LOCALHOST,
        job: JobId(job),
        os: "rocky-9".parse().unwrap(),
        errand: Errand::Install,
        epoch: Epoch(1),
        token: Token::from_random([7; 16]),
        kickstart: Sha256::of(b""),
        over_ipv6: None,
        astray: None,
        armed_at: NOT_BEFORE,
        deadline: Deadline::after(&at(0), Duration::from_secs(90)),
        state,
    };
    Facts {
        arm: Some(arm),
        ..Facts::default()
    }
}

fn states() -> Vec<ArmState> {
    vec![
        ArmState::Armed,
        ArmState::Booting,
        ArmState::Installing {
            again_until: Deadline::after(&at(0), Duration::from_secs(60)),
        },
        ArmState::Spent,
        ArmState::Broken {
            why: Broke::Rebooted,
        },
        ArmState::Expired,
        ArmState::Void,
    ]
}

fn stages() -> Vec<Stage> {
    vec![
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
        Stage::Done,
        Stage::Failed {
            stage: "power".to_owned(),
            why: job_message(message::Job::ArmGone),
        },
    ]
}

fn is_failure(next: &Next) -> bool {
    matches!(next, Next::Fail(_))
}

#[test]
fn stages_without_an_arm_do_their_step() {
    let cloudy = Facts {
        has_cloud: true,
        ..Facts::default()
    };
    let table = [
        (Stage::Check, Step::Check),
        (Stage::ProvisionPort, Step::ProvisionPort),
        (Stage::Arm, Step::Arm),
        (Stage::Verify, Step::Verify),
        (Stage::ServicePort, Step::ServicePort),
        (Stage::Register, Step::Register),
        (Stage::VerifyAgain, Step::VerifyAgain),
        (Stage::Playbook, Step::Playbook),
    ];
    for (stage, step) in table {
        assert_eq!(
            next(&job(stage.clone()), &cloudy, &at(1)),
            Next::Do(step),
            "{stage:?}"
        );
    }
}

#[test]
fn a_node_without_a_controller_is_not_registered() {
    let next = next(&job(Stage::Register), &Facts::default(), &at(1));
    assert_eq!(next, Next::Enter(Stage::VerifyAgain));
}

#[test]
fn a_machine_that_booted_already_is_not_restarted() {
    for state in states() {
        let next = next(&job(Stage::Power), &arm(7, state.clone()), &at(1));
        match state {
            ArmState::Armed => assert_eq!(next, Next::Do(Step::Power)),
            ArmState::Booting
            | ArmState::Installing { .. }
            | ArmState::Trying { .. }
            | ArmState::Spent => {
                assert_eq!(next, Next::Enter(Stage::Install), "{state:?}");
            }
            ArmState::Broken { .. } | ArmState::Expired | ArmState::Void => {
                assert!(is_failure(&next), "{state:?}");
            }
        }
    }
}

/// The job in its install stage, after so many starts, waiting for this since second 10.
fn waiting(starts: usize, why: message::Job) -> Job {
    let past = |stage: &str| Past {
        stage: stage.to_owned(),
        entered: NOT_BEFORE,
        left: NOT_BEFORE,
    };
    let starts = (1..starts).flat_map(|_| [past("install"), past("power")]);
    Job {
        wait: Some(Wait {
            why: job_message(why),
            until: Deadline::after(&at(10), Duration::from_secs(20)),
        }),
        past: starts.collect(),
        ..job(Stage::Install)
    }
}

#[test]
fn a_node_that_does_not_get_to_its_kickstart_is_started_anew_twice() {
    let states = [
        (ArmState::Armed, message::Job::NotBooted),
        (ArmState::Booting, message::Job::NoKickstart),
    ];
    for (state, why) in states {
        let facts = Facts {
            boot_patience: Duration::from_secs(20),
            ..arm(7, state)
        };
        let until = |next: Next, now: u64| match next {
            Next::Wait(wait) => wait.until.left(&at(now)).as_secs(),
            other => panic!("{other:?}"),
        };
        let fresh = next(&job(Stage::Install), &facts, &at(10));
        assert_eq!(until(fresh, 10), 20);
        assert_eq!(
            until(next(&waiting(1, why.clone()), &facts, &at(29)), 29),
            1
        );
        for starts in 1..=2 {
            let job = waiting(starts, why.clone());
            assert_eq!(next(&job, &facts, &at(30)), Next::Enter(Stage::Power));
            let power = Job {
                stage: Stage::Power,
                wait: None,
                past: waiting(starts + 1, why.clone()).past,
                ..job
            };
            assert_eq!(next(&power, &facts, &at(30)), Next::Do(Step::Power));
        }
        let third = next(&waiting(3, why), &facts, &at(30));
        assert_eq!(until(third, 30), 60, "the end of the arm");
    }
}

#[test]
fn a_step_further_is_patience_anew() {
    let facts = Facts {
        boot_patience: Duration::from_secs(20),
        ..arm(7, ArmState::Booting)
    };
    let Next::Wait(wait) = next(&waiting(1, message::Job::NotBooted), &facts, &at(30)) else {
        panic!("it booted meanwhile");
    };
    assert_eq!(wait.until.left(&at(30)).as_secs(), 20);
}

#[test]
fn a_node_that_asks_from_a_strange_address_is_the_reason_why_it_waits() {
    let address = "fd00:77:0:10:5054:ff:fe77:1".parse().unwrap();
    let mut facts = arm(7, ArmState::Armed);
    facts.arm.as_mut().unwrap().astray = Some(address);
    let Next::Wait(wait) = next(&job(Stage::Install), &facts, &at(1)) else {
        panic!("it may still boot");
    };
    let expected = message::Job::AskedFromElsewhere { address };
    assert_eq!(wait.why, job_message(expected));
}

#[test]
fn one_job_makes_one_arm() {
    for state in states() {
        let is_live = state.is_live();
        let next = next(&job(Stage::Arm), &arm(7, state), &at(1));
        assert_eq!(next == Next::Enter(Stage::Power), is_live);
        assert_eq!(is_failure(&next), !is_live);
    }
    let of_an_earlier_job = arm(6, ArmState::Spent);
    assert_eq!(
        next(&job(Stage::Arm), &of_an_earlier_job, &at(1)),
        Next::Do(Step::Arm)
    );
}

#[test]
fn an_install_ends_by_the_arm_alone() {
    let of = |state| next(&job(Stage::Install), &arm(7, state), &at(1));
    assert_eq!(of(ArmState::Spent), Next::Do(Step::BootDisk));
    assert!(is_failure(&of(ArmState::Broken {
        why: Broke::Rebooted
    })));
    assert!(matches!(of(ArmState::Booting), Next::Wait(_)));
    assert!(is_failure(&next(
        &job(Stage::Install),
        &arm(8, ArmState::Spent),
        &at(1)
    )));
}

#[test]
fn a_broken_install_tells_the_last_requests_and_what_the_console_said_last() {
    let broken = ArmState::Broken {
        why: Broke::Rebooted,
    };
    let told = Facts {
        requests: vec!["GET /ks/1".to_owned()],
        console: vec!["14:03:22 standin: one".to_owned()],
        ..arm(7, broken)
    };
    let Next::Fail(why) = next(&job(Stage::Install), &told, &at(1)) else {
        panic!("it goes on");
    };
    assert_eq!(why.evidence(), told.console);
    assert!(
        why.english().contains("last requests: GET /ks/1"),
        "{}",
        why.english()
    );
}

#[test]
fn every_stage_fails_when_it_is_overdue_and_names_its_blocker() {
    for stage in stages().into_iter().filter(|stage| !stage.is_over()) {
        let why = job_message(message::Job::NotBooted);
        let until = Deadline::after(&at(0), Duration::from_secs(500));
        let job = Job {
            wait: Some(Wait {
                why: why.clone(),
                until,
            }),
            ..job(stage)
        };
        let Next::Fail(Message::Job(message::Job::Overdue { blocker, .. })) =
            next(&job, &arm(7, ArmState::Armed), &at(100))
        else {
            panic!("{:?} is not overdue", job.stage);
        };
        assert_eq!(blocker, Some(Box::new(why)));
    }
}

proptest! {
    #[test]
    fn whatever_the_facts_it_waits_with_a_limit_and_never_restarts_an_install(
        stage in proptest::sample::select(stages()),
        state in proptest::option::of(proptest::sample::select(states())),
        (of, seconds, starts) in (6u64..9, 0u64..200, 1usize..5),
    ) {
        let facts = state.clone().map_or_else(Facts::default, |state| arm(of, state));
        let past = waiting(starts, message::Job::NotBooted).past;
        let job = Job { past, ..job(stage.clone()) };
        let now = at(seconds);
        match next(&job, &facts, &now) {
            Next::Do(Step::Power) => {
                let may_start = match state {
                    Some(ArmState::Armed) => true,
                    Some(ArmState::Booting) => starts > 1,
                    _ => false,
                };
                prop_assert!(of == 7 && may_start);
            }
            Next::Do(Step::Arm) => prop_assert!(of != 7 || state.is_none()),
            Next::Wait(wait) => prop_assert!(wait.until.left(&now) <= Duration::from_secs(100)),
            Next::Over => prop_assert!(stage.is_over()),
            Next::Do(_) | Next::Enter(_) | Next::Fail(_) => prop_assert!(!stage.is_over()),
        }
    }
}
