//! The install stage: on the way to its kickstart a node may be started anew; after that only its arm ends the wait.

use std::time::Duration;

use inventory::arm::ArmState;
use inventory::clock::{Deadline, Now};
use inventory::job::{Job, Stage, Wait};
use inventory::message::{self, Message};

use super::super::any_kind::{ended, job_message, own};
use super::super::limits::RESTARTS_MAX;
use super::{Facts, Next, Step};

/// How often the node was started anew because it did not get as far as its kickstart.
pub fn restarts(job: &Job) -> usize {
    let left = job.past.iter().map(|past| past.stage.as_str());
    left.filter(|stage| *stage == Stage::Install.name()).count()
}

/// What a job in its install stage does next: the arm tells how far the node is.
pub(super) fn next(job: &Job, facts: &Facts, now: &Now) -> Next {
    let Some(arm) = own(job, facts) else {
        return Next::Fail(job_message(message::Job::ArmGone));
    };
    let why = match &arm.state {
        ArmState::Armed => match arm.astray {
            Some(address) => message::Job::AskedFromElsewhere { address },
            None => message::Job::NotBooted,
        },
        ArmState::Booting => message::Job::NoKickstart,
        ArmState::Installing { .. } | ArmState::Trying { .. } => {
            let why = job_message(message::Job::Installing {
                served: facts.served,
                expected: facts.expected,
            });
            let until = arm.deadline;
            return Next::Wait(Wait { why, until });
        }
        ArmState::Spent => return Next::Do(Step::BootDisk),
        ArmState::Broken { .. } | ArmState::Expired | ArmState::Void => {
            return Next::Fail(ended(arm, facts));
        }
    };
    booting(
        job,
        job_message(why),
        (arm.deadline, facts.boot_patience),
        now,
    )
}

/// The node is on its way to its kickstart. If that takes too long it is started anew, as a person would: its firmware lost
/// its one file to a network that was away, or its loader stands at a prompt. Nothing is written before the kickstart.
fn booting(job: &Job, why: Message, limits: (Deadline, Duration), now: &Now) -> Next {
    let (end, patience) = limits;
    let is_same = |wait: &&Wait| job.tries == 0 && wait.why.code() == why.code();
    let known = job.wait.as_ref().filter(is_same);
    match known {
        _ if restarts(job) >= RESTARTS_MAX => Next::Wait(Wait { why, until: end }),
        Some(wait) if wait.until.has_passed(now) => Next::Enter(Stage::Power),
        Some(wait) => Next::Wait(wait.clone()),
        None => {
            let patience = patience.min(end.left(now));
            let until = Deadline::after(now, patience);
            Next::Wait(Wait { why, until })
        }
    }
}
