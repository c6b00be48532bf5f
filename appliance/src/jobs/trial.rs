//! Trial: a machine is looked at by an installer that writes nothing, and goes back to what it was. The diagram of the job,
//! top to bottom; no I/O, no clock, no chance.
//!
//! Whatever ends it once it has begun to change anything, `give-back` comes before the end: port and machine become what they
//! were, with the arm taken back in the same write that leads there.

use inventory::arm::ArmState;
use inventory::clock::Now;
use inventory::job::{Aim, Job, Stage, Wait};
use inventory::message;

use super::any_kind::{arm, defect, ended, job_message, own, whatever_it_is};
use super::bring_up::{Facts, Next, OfTrial, Step};

/// What `job`, a trial, does next.
pub fn next(job: &Job, facts: &Facts, now: &Now) -> Next {
    if let Some(next) = whatever_it_is(job, now) {
        return next;
    }
    match &job.stage {
        Stage::Check => Next::Do(Step::Trial(OfTrial::Check)),
        Stage::ProvisionPort => Next::Do(Step::Trial(OfTrial::LendPort)),
        Stage::Arm => arm(job, facts, Step::Trial(OfTrial::Arm)),
        Stage::Power => power(job, facts),
        Stage::Try => tried(job, facts),
        Stage::GiveBack { .. } => Next::Do(Step::Trial(OfTrial::GiveBack)),
        Stage::Install
        | Stage::Verify
        | Stage::ServicePort
        | Stage::Register
        | Stage::VerifyAgain
        | Stage::Playbook => Next::Fail(defect(job)),
        Stage::Done | Stage::Failed { .. } => Next::Over,
    }
}

/// Whether giving `job` up leaves something to give back.
pub fn owes_something(job: &Job) -> bool {
    let is_trial = match job.wish.aim {
        Aim::Trial { .. } => true,
        Aim::BringUp => false,
    };
    let has_begun = match job.stage {
        Stage::ProvisionPort | Stage::Arm | Stage::Power | Stage::Try => true,
        Stage::Check
        | Stage::Install
        | Stage::Verify
        | Stage::ServicePort
        | Stage::Register
        | Stage::VerifyAgain
        | Stage::Playbook
        | Stage::GiveBack { .. }
        | Stage::Done
        | Stage::Failed { .. } => false,
    };
    is_trial && has_begun
}

/// Whether the job may have restarted the machine.
pub fn has_touched_power(job: &Job) -> bool {
    let mut left = job.past.iter().map(|past| past.stage.as_str());
    left.any(|stage| stage == Stage::Power.name())
}

fn power(job: &Job, facts: &Facts) -> Next {
    let Some(arm) = own(job, facts) else {
        return Next::Fail(job_message(message::Job::ArmGone));
    };
    match &arm.state {
        ArmState::Armed => Next::Do(Step::Power),
        // It booted already: the step before a power cut did its work.
        ArmState::Booting
        | ArmState::Installing { .. }
        | ArmState::Trying { .. }
        | ArmState::Spent => Next::Enter(Stage::Try),
        ArmState::Broken { .. } | ArmState::Expired | ArmState::Void => {
            Next::Fail(ended(arm, facts))
        }
    }
}

/// The arm tells how far the machine is. It is started once; what does not come is told by name when the time is over.
fn tried(job: &Job, facts: &Facts) -> Next {
    let Some(arm) = own(job, facts) else {
        return Next::Fail(job_message(message::Job::ArmGone));
    };
    let why = match &arm.state {
        ArmState::Armed => match arm.astray {
            Some(address) => message::Job::AskedFromElsewhere { address },
            None => message::Job::NotBooted,
        },
        ArmState::Booting => message::Job::NoKickstart,
        ArmState::Trying { .. } => message::Job::Trying,
        ArmState::Spent => return Next::Do(Step::Trial(OfTrial::Judge)),
        // The arm of a trial does not install.
        ArmState::Installing { .. } => return Next::Fail(defect(job)),
        ArmState::Broken { .. } | ArmState::Expired | ArmState::Void => {
            return Next::Fail(ended(arm, facts));
        }
    };
    Next::Wait(Wait {
        why: job_message(why),
        until: arm.deadline,
    })
}

#[cfg(test)]
mod tests;
