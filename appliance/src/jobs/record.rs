//! How a job moves: pure changes of its record with the events that tell of them. Saved by version, so that a runner
//! that was overtaken (by `hinode stop`, say) decides anew.

use std::time::Duration;

use inventory::clock::{Deadline, Now};
use inventory::event::{Actor, Event, Subject};
use inventory::job::{Failure, Job, Past, Stage, Wait};
use inventory::message::{self, Message};

use super::limits::limit;
use super::trial;

/// The first pause after a passing failure; doubled with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause: a BMC that reboots is back within minutes, and nobody should wait longer than needed for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// An event of this job, done by the appliance.
pub fn event(job: &Job, now: &Now, what: Message) -> Event {
    Event {
        at: now.wall,
        actor: Actor::Appliance,
        subject: Subject::Node(job.node.clone()),
        job: Some(job.id),
        what,
    }
}

/// The job in its next stage.
pub fn entered(job: &Job, stage: Stage, now: &Now) -> (Job, Event) {
    let message = match &stage {
        Stage::Done => message::Job::Done,
        Stage::Failed { stage, why } => message::Job::Failed {
            stage: stage.clone(),
            cause: Box::new(why.clone()),
        },
        Stage::GiveBack {
            failed: Some(failure),
        } => message::Job::GivingBack {
            stage: failure.stage.clone(),
            cause: Box::new(failure.why.clone()),
        },
        Stage::Check
        | Stage::ProvisionPort
        | Stage::Arm
        | Stage::Power
        | Stage::Install
        | Stage::Verify
        | Stage::ServicePort
        | Stage::Register
        | Stage::VerifyAgain
        | Stage::Playbook
        | Stage::Try
        | Stage::GiveBack { failed: None } => message::Job::Entered {
            stage: stage.name().to_owned(),
        },
    };
    let mut past = job.past.clone();
    past.push(Past {
        stage: job.stage.name().to_owned(),
        entered: job.since,
        left: now.wall,
    });
    let deadline = Deadline::after(now, limit(&stage));
    let moved = Job {
        stage,
        since: now.wall,
        deadline,
        wait: None,
        tries: 0,
        past,
        ..job.clone()
    };
    let event = event(&moved, now, Message::Job(message));
    (moved, event)
}

/// The job given up. A trial that has begun to change anything gives it back first.
pub fn failed(job: &Job, why: Message, now: &Now) -> (Job, Event) {
    let stage = job.stage.name().to_owned();
    let next = match trial::owes_something(job) {
        true => Stage::GiveBack {
            failed: Some(Box::new(Failure { stage, why })),
        },
        false => Stage::Failed { stage, why },
    };
    entered(job, next, now)
}

/// The job after a passing failure, pausing before it tries again. Only the first of a row is worth an event.
pub fn paused(job: &Job, why: Message, now: &Now) -> (Job, Option<Event>) {
    let tries = job.tries + 1;
    let pause = FIRST_PAUSE
        .saturating_mul(1 << job.tries.min(8))
        .min(LONGEST_PAUSE);
    let told = job
        .wait
        .as_ref()
        .is_some_and(|wait| same_kind(&wait.why, &why));
    let message = message::Job::Retrying {
        tries,
        cause: Box::new(why.clone()),
    };
    let event = (!told).then(|| event(job, now, Message::Job(message)));
    let wait = Some(Wait {
        why,
        until: Deadline::after(now, pause),
    });
    (
        Job {
            wait,
            tries,
            ..job.clone()
        },
        event,
    )
}

fn same_kind(one: &Message, other: &Message) -> bool {
    one.code() == other.code()
}
