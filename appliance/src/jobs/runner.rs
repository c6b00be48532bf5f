//! The runner: loads a job, asks `next`, performs, saves, and goes on at once on a transition, an event or a deadline.
//!
//! One task a job, all joined at the end. After a power cut every job that is not over is taken up again where it stood.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use inventory::id::JobId;
use inventory::job::{Job, Wait};
use inventory::message::{self, Message};
use inventory::store::{Change, Expect, StoreError, Stored, read, read_all};
use tokio::sync::Notify;
use tokio::task::{self, JoinSet};
use tracing::{Instrument, error, info_span};

use super::bring_up::{Next, next};
use super::steps::{self, StepError};
use super::{facts, record};
use crate::context::Context;

/// Pause after the store failed: it may be full, and hammering it helps nobody.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// Drives all jobs until `stop`, then drops the steps under way: each can be repeated.
pub async fn run(context: Arc<Context>, stop: impl Future<Output = ()>) {
    let mut tasks = JoinSet::new();
    let mut driven = BTreeMap::new();
    tokio::pin!(stop);
    loop {
        let is_read = take_up(&context, &mut tasks, &mut driven);
        tokio::select! {
            () = &mut stop => break,
            () = context.bell.jobs.notified() => {}
            () = tokio::time::sleep(STORE_PAUSE), if !is_read => {}
            Some(ended) = tasks.join_next_with_id() => match ended {
                Ok((task, ())) => drop(driven.remove(&task)),
                Err(panic) => {
                    error!(%panic, "a job's task broke");
                    if let Some(id) = driven.remove(&panic.id()) {
                        give_up(&context, id).await;
                    }
                }
            }
        }
    }
    tasks.shutdown().await;
}

/// Starts a task for every job that is not over and has none; false if the jobs could not be read.
fn take_up(
    context: &Arc<Context>,
    tasks: &mut JoinSet<()>,
    driven: &mut BTreeMap<task::Id, JobId>,
) -> bool {
    let jobs = match read_all::<Job>(context.store()) {
        Ok(jobs) => jobs,
        Err(failure) => {
            error!(%failure, "jobs cannot be read");
            return false;
        }
    };
    for Stored { value: job, .. } in jobs {
        if !job.stage.is_over() && !driven.values().any(|id| *id == job.id) {
            let id = job.id;
            let span = info_span!("job", id = id.0, node = %job.node);
            let task = tasks.spawn(drive(context.clone(), job).instrument(span));
            driven.insert(task.id(), id);
        }
    }
    true
}

/// Ends a job whose task broke: tried again by itself, a defect would repeat whatever it did to the machine.
async fn give_up(context: &Context, id: JobId) {
    let ended = async {
        let Some(found) = read::<Job>(context.store(), &Job::key_of(id))? else {
            return Ok(());
        };
        let stage = found.value.stage.name().to_owned();
        fail(
            context,
            &found,
            Message::Job(message::Job::Defect { stage }),
        )
        .await
    };
    if let Err(failure) = ended.await {
        let failure: StoreError = failure;
        error!(%failure, id = id.0, "a broken job could not be ended");
    }
}

async fn drive(context: Arc<Context>, job: Job) {
    let bell = context.bell.of(&job.node);
    loop {
        match turn(&context, job.id, &bell).await {
            Ok(true) => {}
            Ok(false) => return,
            // Somebody else wrote it (`hinode stop`, the boot services): read again and decide anew.
            Err(StoreError::Conflict { .. }) => {}
            Err(failure) => {
                error!(%failure, "the job waits for the store");
                tokio::time::sleep(STORE_PAUSE).await;
            }
        }
    }
}

/// One turn of a job; false when it is over.
async fn turn(context: &Context, id: JobId, bell: &Notify) -> Result<bool, StoreError> {
    // Listening begins before reading, so that nothing stored in between is missed.
    let mut heard = std::pin::pin!(bell.notified());
    heard.as_mut().enable();
    let Some(found) = read::<Job>(context.store(), &Job::key_of(id))? else {
        return Ok(false);
    };
    let facts = facts::gather(context, &found.value).await?;
    let now = context.now();
    match next(&found.value, &facts, &now) {
        Next::Over => return Ok(false),
        Next::Enter(stage) => {
            save(context, &found, record::entered(&found.value, stage, &now)).await?
        }
        Next::Fail(why) => fail(context, &found, why).await?,
        Next::Do(step) => {
            let limit = found.value.deadline.left(&now);
            tokio::select! {
                result = steps::perform(context, &found, step) => {
                    finish(context, &found, result).await?;
                }
                () = superseded(context, &found, bell) => {}
                () = tokio::time::sleep(limit) => {}
            }
        }
        Next::Wait(wait) => {
            let left = wait.until.left(&now);
            note_wait(context, &found, wait).await?;
            tokio::select! {
                () = heard => {}
                () = tokio::time::sleep(left) => {}
            }
        }
    }
    Ok(true)
}

/// Returns when somebody else wrote the job: the step under way is no longer wanted.
async fn superseded(context: &Context, found: &Stored<Job>, bell: &Notify) {
    loop {
        let mut heard = std::pin::pin!(bell.notified());
        heard.as_mut().enable();
        match read::<Job>(context.store(), &Job::key_of(found.value.id)) {
            Ok(Some(current)) if current.version == found.version => {}
            Ok(_) | Err(_) => return,
        }
        heard.await;
    }
}

async fn finish(
    context: &Context,
    found: &Stored<Job>,
    result: Result<inventory::job::Stage, StepError>,
) -> Result<(), StoreError> {
    let now = context.now();
    match result {
        Ok(stage) => save(context, found, record::entered(&found.value, stage, &now)).await,
        Err(StepError::Again(why)) => {
            let (job, event) = record::paused(&found.value, why, &now);
            let mut change = Change::default();
            change.put(Expect::Version(found.version), &job)?;
            change.events.extend(event);
            context.store().submit(change).await.map(drop)
        }
        Err(StepError::Fail(why)) => fail(context, found, why).await,
        Err(StepError::Store(failure)) => Err(failure),
    }
}

async fn save(
    context: &Context,
    found: &Stored<Job>,
    (job, event): (Job, inventory::event::Event),
) -> Result<(), StoreError> {
    let mut change = Change::default();
    change
        .put(Expect::Version(found.version), &job)?
        .tell(event);
    context.store().submit(change).await.map(drop)
}

/// Gives the job up, and takes its arm back in the same write: a failed job leaves no right to install behind.
async fn fail(context: &Context, found: &Stored<Job>, why: Message) -> Result<(), StoreError> {
    let (job, event) = record::failed(&found.value, why, &context.now());
    let mut change = Change::default();
    change
        .put(Expect::Version(found.version), &job)?
        .tell(event);
    super::stop::disarm(context, &job, &mut change)?;
    context.store().submit(change).await.map(drop)
}

/// Stores what the job waits for, when that is news: progress inside one wait is read where it arises.
async fn note_wait(context: &Context, found: &Stored<Job>, wait: Wait) -> Result<(), StoreError> {
    let known = found.value.wait.as_ref().map(|known| known.why.code());
    if known == Some(wait.why.code()) {
        return Ok(());
    }
    let mut change = Change::default();
    let job = Job {
        wait: Some(wait),
        ..found.value.clone()
    };
    change.put(Expect::Version(found.version), &job)?;
    context.store().submit(change).await.map(drop)
}
