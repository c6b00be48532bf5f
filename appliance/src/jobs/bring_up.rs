//! First day: a dark machine becomes a registered host. The diagram of the job, top to bottom; no I/O, no clock, no chance.

mod install;

use std::time::Duration;

use inventory::arm::{Arm, ArmState};
use inventory::clock::Now;
use inventory::job::{Job, Stage, Wait};
use inventory::message::{self, Message};

use super::any_kind::{arm, defect, ended, job_message, own, whatever_it_is};
pub use install::restarts;

/// A step that does something outside. Each can be repeated safely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The machine is the rack file's, and nothing says that it is in use.
    Check,
    /// The port into the provisioning VLAN.
    ProvisionPort,
    /// Render and arm.
    Arm,
    /// Boot from network once, restart.
    Power,
    /// Boot from disk from now on.
    BootDisk,
    /// Log in to the installed system and look.
    Verify,
    /// The service VLANs onto the port.
    ServicePort,
    /// Add the host to the cloud controller and see it Up.
    Register,
    /// Look again.
    VerifyAgain,
    /// Run the profile's playbook.
    Playbook,
    /// Of a trial.
    Trial(OfTrial),
}

/// A step of a trial that is no other job's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfTrial {
    /// The machine is the rack file's, and nothing is lost if it is switched off.
    Check,
    /// The port carries the management VLAN untagged, and what it carried is noted.
    LendPort,
    /// Render and arm.
    Arm,
    /// Compare what was reported with the rack file.
    Judge,
    /// Port and machine become what they were.
    GiveBack,
}

/// What a job does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Perform this step.
    Do(Step),
    /// Enter this stage; there is nothing to do before.
    Enter(Stage),
    /// Wait for an event, and look again then at the latest.
    Wait(Wait),
    /// Give up.
    Fail(Message),
    /// Nothing, ever again.
    Over,
}

/// What is known beside the job itself.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The node's arm, whoever made it.
    pub arm: Option<Arm>,
    /// Bytes served to the node since it was armed.
    pub served: u64,
    /// Bytes that an install of its OS fetches, if one was seen.
    pub expected: Option<u64>,
    /// The node's last requests, newest last.
    pub requests: Vec<String>,
    /// What its console said last, newest last; empty if it is not read.
    pub console: Vec<String>,
    /// How long it may take to its boot script, and from there to its kickstart.
    pub boot_patience: Duration,
    /// Whether the rack file gives the node a cloud controller.
    pub has_cloud: bool,
}

/// What `job` does next.
pub fn next(job: &Job, facts: &Facts, now: &Now) -> Next {
    if let Some(next) = whatever_it_is(job, now) {
        return next;
    }
    match &job.stage {
        Stage::Check => Next::Do(Step::Check),
        Stage::ProvisionPort => Next::Do(Step::ProvisionPort),
        Stage::Arm => arm(job, facts, Step::Arm),
        Stage::Power => power(job, facts),
        Stage::Install => install::next(job, facts, now),
        Stage::Verify => Next::Do(Step::Verify),
        Stage::ServicePort => Next::Do(Step::ServicePort),
        Stage::Register if facts.has_cloud => Next::Do(Step::Register),
        Stage::Register => Next::Enter(Stage::VerifyAgain),
        Stage::VerifyAgain => Next::Do(Step::VerifyAgain),
        Stage::Playbook => Next::Do(Step::Playbook),
        Stage::Try | Stage::GiveBack { .. } => Next::Fail(defect(job)),
        Stage::Done | Stage::Failed { .. } => Next::Over,
    }
}

fn power(job: &Job, facts: &Facts) -> Next {
    let Some(arm) = own(job, facts) else {
        return Next::Fail(job_message(message::Job::ArmGone));
    };
    match &arm.state {
        ArmState::Armed => Next::Do(Step::Power),
        ArmState::Booting if restarts(job) > 0 => Next::Do(Step::Power),
        // It booted already (the step before a power cut did its work): a second restart would break the install.
        ArmState::Booting
        | ArmState::Installing { .. }
        | ArmState::Trying { .. }
        | ArmState::Spent => Next::Enter(Stage::Install),
        ArmState::Broken { .. } | ArmState::Expired | ArmState::Void => {
            Next::Fail(ended(arm, facts))
        }
    }
}

#[cfg(test)]
mod tests;
