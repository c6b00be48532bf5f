//! The steps of jobs: each does one thing outside, may be repeated, and says which stage follows.
//!
//! After a power cut in the middle of a step it is performed again from its beginning.

mod arm;
mod arming;
mod bmc;
mod check;
mod cloud;
mod failure;
mod host;
mod passphrase;
mod playbook;
mod port;
mod power;
mod register;
mod trial;
mod verify;

use std::net::Ipv4Addr;

use inventory::id::SecretName;
use inventory::job::{Job, Stage};
use inventory::message::{Message, Refusal};
use inventory::node::NodeRecord;
use inventory::rack::Node;
use inventory::secret::Secret;
use inventory::store::{StoreError, Stored, read};

pub(super) use self::bmc::login as bmc_login;
use super::bring_up::{OfTrial, Step};
use super::record;
use crate::context::Context;

/// Why a step did not lead to the next stage.
#[derive(Debug)]
pub enum StepError {
    /// It may pass: try again after a pause.
    Again(Message),
    /// It will not pass by itself.
    Fail(Message),
    /// The store.
    Store(StoreError),
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for StepError {
    fn from(refusal: Refusal) -> Self {
        Self::Fail(Message::Refusal(refusal))
    }
}

/// What a step works with: the job, and its node as the rack file says now.
struct Work<'a> {
    context: &'a Context,
    job: &'a Job,
    /// The version of the job's record that this step was decided on.
    version: u64,
    node: Node,
}

impl Work<'_> {
    /// Stores an event of this job.
    async fn tell(&self, what: Message) -> Result<(), StepError> {
        let mut change = inventory::store::Change::default();
        change.tell(record::event(self.job, &self.context.now(), what));
        Ok(self.context.store().submit(change).await.map(drop)?)
    }

    /// A secret of the rack file, opened.
    fn secret(&self, name: &SecretName) -> Result<Secret, StepError> {
        failure::opened(self.context, name)
    }

    fn address(&self) -> Ipv4Addr {
        self.node.address
    }
}

/// Performs `step` for the job of `found`.
pub async fn perform(
    context: &Context,
    found: &Stored<Job>,
    step: Step,
) -> Result<Stage, StepError> {
    let job = &found.value;
    let node = node(context, job, step)?;
    let work = Work {
        context,
        job,
        version: found.version,
        node,
    };
    if is_as_checked(step) {
        as_checked(&work)?;
    }
    do_it(&work, step).await
}

/// Whether `step` is only for the machine that was checked. The last of a trial goes to that one by itself.
fn is_as_checked(step: Step) -> bool {
    match step {
        Step::Check | Step::Trial(OfTrial::Check) | Step::Trial(OfTrial::GiveBack) => false,
        Step::ProvisionPort
        | Step::Arm
        | Step::Power
        | Step::BootDisk
        | Step::Verify
        | Step::ServicePort
        | Step::Register
        | Step::VerifyAgain
        | Step::Playbook
        | Step::Trial(OfTrial::LendPort)
        | Step::Trial(OfTrial::Arm)
        | Step::Trial(OfTrial::Judge) => true,
    }
}

async fn do_it(work: &Work<'_>, step: Step) -> Result<Stage, StepError> {
    match step {
        Step::Check => check::perform(work).await,
        Step::ProvisionPort => port::provision(work).await,
        Step::Arm => arm::perform(work).await,
        Step::Power => power::boot_installer(work).await,
        Step::BootDisk => power::boot_disk(work).await,
        Step::Verify => verify::first(work).await,
        Step::ServicePort => port::serve(work).await,
        Step::Register => register::perform(work).await,
        Step::VerifyAgain => verify::again(work).await,
        Step::Playbook => playbook::perform(work).await,
        Step::Trial(step) => trial::perform(work, step).await,
    }
}

/// The node as the rack file says now. What was lent is given back to the machine and port that it was lent from, whatever the
/// rack file says meanwhile.
fn node(context: &Context, job: &Job, step: Step) -> Result<Node, StepError> {
    if step == Step::Trial(OfTrial::GiveBack) {
        let record = read::<NodeRecord>(context.store(), &job.node)?;
        if let Some(checked) = record.and_then(|found| found.value.checked) {
            return Ok(checked);
        }
    }
    let rack = context.world.rack();
    let gone = || Refusal::NodeGone {
        node: job.node.clone(),
    };
    Ok(rack.nodes.get(&job.node).cloned().ok_or_else(gone)?)
}

/// Another rack file may be in force than at the check: then this is another machine, port or disk than was looked at.
fn as_checked(work: &Work<'_>) -> Result<(), StepError> {
    let record = read::<NodeRecord>(work.context.store(), &work.node.name)?;
    match record.and_then(|found| found.value.checked) {
        Some(checked) if checked == work.node => Ok(()),
        Some(_) | None => Err(Refusal::NodeChanged {
            node: work.node.name.clone(),
        }
        .into()),
    }
}
