//! What the diagrams of all kinds of job share. No I/O, no clock, no chance.

use inventory::arm::{Arm, ArmState, Errand};
use inventory::clock::Now;
use inventory::job::{Job, Stage, Wait};
use inventory::message::{self, Message};

use super::bring_up::{Facts, Next, Step};
use super::limits::limit;

/// What holds of every kind of job: one that is over does nothing, no stage lasts for ever, and a pause is waited out.
pub(super) fn whatever_it_is(job: &Job, now: &Now) -> Option<Next> {
    if job.stage.is_over() {
        return Some(Next::Over);
    }
    if job.deadline.has_passed(now) {
        return Some(Next::Fail(overdue(job)));
    }
    retry_wait(job, now).map(Next::Wait)
}

/// A stage of another kind of job.
pub(super) fn defect(job: &Job) -> Message {
    let stage = job.stage.name().to_owned();
    job_message(message::Job::Defect { stage })
}

/// A step failed in a passing way, and its pause is not over. While an installer runs a wait is for facts mostly, and only a
/// failed try makes it a pause.
fn retry_wait(job: &Job, now: &Now) -> Option<Wait> {
    let is_pause = !matches!(job.stage, Stage::Install | Stage::Try) || job.tries > 0;
    let wait = job.wait.as_ref().filter(|_| is_pause)?;
    (!wait.until.has_passed(now)).then(|| wait.clone())
}

/// The arm, if this job made it.
pub(super) fn own<'a>(job: &Job, facts: &'a Facts) -> Option<&'a Arm> {
    facts.arm.as_ref().filter(|arm| arm.job == job.id)
}

/// The arm stage: `step` makes the arm.
pub(super) fn arm(job: &Job, facts: &Facts, step: Step) -> Next {
    match own(job, facts) {
        None => Next::Do(step),
        Some(arm) if arm.state.is_live() => Next::Enter(Stage::Power),
        // One job, one arm: it ended, so the job does too.
        Some(arm) => Next::Fail(ended(arm, facts)),
    }
}

/// Why an ended arm ends its job.
pub(super) fn ended(arm: &Arm, facts: &Facts) -> Message {
    let message = match &arm.state {
        ArmState::Broken { why } => {
            let (why, requests) = (why.clone(), facts.requests.clone());
            let console = facts.console.clone();
            match arm.errand {
                Errand::Install => message::Job::InstallBroken {
                    why,
                    requests,
                    console,
                },
                Errand::Trial => message::Job::TrialBroken {
                    why,
                    requests,
                    console,
                },
            }
        }
        ArmState::Armed
        | ArmState::Booting
        | ArmState::Installing { .. }
        | ArmState::Trying { .. }
        | ArmState::Spent
        | ArmState::Expired
        | ArmState::Void => message::Job::ArmGone,
    };
    job_message(message)
}

fn overdue(job: &Job) -> Message {
    job_message(message::Job::Overdue {
        stage: job.stage.name().to_owned(),
        limit_s: limit(&job.stage).as_secs(),
        blocker: job.wait.as_ref().map(|wait| Box::new(wait.why.clone())),
    })
}

pub(super) fn job_message(message: message::Job) -> Message {
    Message::Job(message)
}
