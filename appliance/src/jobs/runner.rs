//! The runner: loads a job, asks `next`, performs, saves, and goes on at once on a transition, an event or a deadline.
//!
//! One task a job, all joined at the end. After a power cut every job that is not over is taken up again where it stood.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use inventory::id::JobId;
use inventory::job::Job;
use inventory::message::{self, Message};
use inventory::store::{StoreError, Stored, read, read_all};
use tokio::sync::Notify;
use tokio::task::{self, JoinSet};
use tracing::{Instrument, error, info_span};

use super::console;
use super::turn::{fail, turn};
use crate::context::Context;

/// Pause after the store failed: it may be full, and hammering it helps nobody.
pub(super) const STORE_PAUSE: Duration = Duration::from_secs(5);

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

/// The turns of a job, and its node's console beside them; both end with the job.
async fn drive(context: Arc<Context>, job: Job) {
    let bell = context.bell.of(&job.node);
    let console = console::follow(&context, job.id, &bell);
    tokio::join!(turns(&context, job.id, &bell), console);
}

async fn turns(context: &Context, id: JobId, bell: &Notify) {
    loop {
        match turn(context, id, bell).await {
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
