//! The end of things: `hinode stop`, and taking a job's arm back when the job is given up.

use inventory::arm::{Arm, Outcome, Stimulus};
use inventory::event::{Actor, Event, Subject};
use inventory::id::{JobId, NetworkName, NodeName};
use inventory::job::Job;
use inventory::message::{self, Message};
use inventory::store::{Change, Expect, StoreError, Stored, read, read_all};

use super::record;
use super::wish::ROUNDS;
use crate::context::Context;
use crate::discover;

/// What `stop` ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stopped {
    /// Nodes whose arm was taken back.
    pub arms: Vec<NodeName>,
    /// Jobs that were ended.
    pub jobs: Vec<JobId>,
    /// Networks whose pool was closed.
    pub pools: Vec<NetworkName>,
}

/// Makes everything safe now: all arms void, so every node boots its own disk, all jobs ended, and all pools closed.
pub async fn stop(context: &Context, author: &str) -> Result<Stopped, StoreError> {
    let mut stopped = Stopped::default();
    for _ in 0..ROUNDS {
        match stop_once(context, author, &mut stopped).await {
            Err(StoreError::Conflict { .. }) => stopped = Stopped::default(),
            other => return other.map(|()| stopped),
        }
    }
    Err(StoreError::Closed)
}

async fn stop_once(
    context: &Context,
    author: &str,
    stopped: &mut Stopped,
) -> Result<(), StoreError> {
    let mut change = Change::default();
    for found in read_all::<Arm>(context.store())? {
        if found.value.state.is_live() {
            stopped.arms.push(found.value.node.clone());
            void(context, found, &mut change)?;
        }
    }
    let why = Message::Job(message::Job::Stopped {
        author: author.to_owned(),
    });
    for found in read_all::<Job>(context.store())? {
        if !found.value.stage.is_over() {
            stopped.jobs.push(found.value.id);
            let (job, event) = record::failed(&found.value, why.clone(), &context.now());
            change
                .put(Expect::Version(found.version), &job)?
                .tell(event);
        }
    }
    stopped.pools = discover::close_all(context, author, &mut change)?;
    let actor = Actor::Person(author.to_owned());
    change.tell(Event {
        at: context.now().wall,
        actor,
        subject: Subject::Rack,
        job: None,
        what: why,
    });
    context.store().submit(change).await.map(drop)
}

/// Adds to `change` that the live arm of `job` is taken back.
pub(super) fn disarm(context: &Context, job: &Job, change: &mut Change) -> Result<(), StoreError> {
    match read::<Arm>(context.store(), &job.node)? {
        Some(found) if found.value.job == job.id && found.value.state.is_live() => {
            void(context, found, change)
        }
        Some(_) | None => Ok(()),
    }
}

fn void(context: &Context, found: Stored<Arm>, change: &mut Change) -> Result<(), StoreError> {
    let now = context.now();
    let Outcome::Close(state) = found
        .value
        .outcome(&Stimulus::Stop, context.world.epoch, &now)
    else {
        return Ok(());
    };
    let arm = Arm {
        state,
        ..found.value
    };
    let event = Event {
        at: now.wall,
        actor: Actor::Appliance,
        subject: Subject::Node(arm.node.clone()),
        job: Some(arm.job),
        what: Message::Install(message::Install::Voided),
    };
    change
        .put(Expect::Version(found.version), &arm)?
        .tell(event);
    Ok(())
}
