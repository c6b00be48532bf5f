//! One turn of a job: load, ask `next`, perform or wait, save by version. A turn that was overtaken changes nothing.

use inventory::id::JobId;
use inventory::job::{Job, Stage, Wait};
use inventory::message::Message;
use inventory::store::{Change, Expect, StoreError, Stored, read};
use tokio::sync::Notify;

use super::bring_up::Next;
use super::steps::{self, StepError};
use super::{facts, next, record};
use crate::context::Context;

/// One turn of a job; false when it is over.
pub(super) async fn turn(context: &Context, id: JobId, bell: &Notify) -> Result<bool, StoreError> {
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
    result: Result<Stage, StepError>,
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
pub(super) async fn fail(
    context: &Context,
    found: &Stored<Job>,
    why: Message,
) -> Result<(), StoreError> {
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
