//! What people may wish: bring a node up, stop everything. Page, API and command line all call these.

use inventory::arm::{Arm, Outcome, Stimulus};
use inventory::clock::Deadline;
use inventory::event::{Actor, Event, Subject};
use inventory::id::{JobId, NodeName};
use inventory::job::{Job, Stage, Wish};
use inventory::message::{self, Message};
use inventory::store::{Change, Expect, StoreError, Stored, read, read_all};
use serde::{Deserialize, Serialize};

use super::{limits::limit, record};
use crate::context::Context;

/// How often a wish is tried anew when somebody else writes at the same time.
const ROUNDS: usize = 8;

/// Why a wish is not taken.
#[derive(Debug, thiserror::Error)]
pub enum WishError {
    /// The node is not in the rack.
    #[error("{0} is not in the rack file; see `hinode status` for the nodes that are")]
    UnknownNode(NodeName),
    /// A job is under way.
    #[error(
        "job {job} for {node} is under way; watch it with `hinode up {node} --watch`, or end it with `hinode stop`"
    )]
    Busy {
        /// The node.
        node: NodeName,
        /// Its job.
        job: JobId,
    },
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The last job number given.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct LastJob(JobId);

impl inventory::store::Record for LastJob {
    const TABLE: inventory::store::Table = inventory::store::Table::Meta;
    type Key = &'static str;
    fn key(&self) -> &'static str {
        "last-job"
    }
}

/// Begins the bring-up of `node`. `wipe` is a serial number typed by a person who allows that data is destroyed.
pub async fn bring_up(
    context: &Context,
    node: &NodeName,
    author: &str,
    wipe: Option<String>,
) -> Result<JobId, WishError> {
    if !context.world.rack().nodes.contains_key(node) {
        return Err(WishError::UnknownNode(node.clone()));
    }
    let wish = Wish {
        author: author.to_owned(),
        at: context.now().wall,
        wipe,
    };
    for _ in 0..ROUNDS {
        match begin(context, node, &wish).await {
            Err(WishError::Store(StoreError::Conflict { .. })) => {}
            other => return other,
        }
    }
    Err(WishError::Store(StoreError::Closed))
}

async fn begin(context: &Context, node: &NodeName, wish: &Wish) -> Result<JobId, WishError> {
    let jobs = read_all::<Job>(context.store())?;
    let busy = jobs
        .iter()
        .find(|found| &found.value.node == node && !found.value.stage.is_over());
    if let Some(found) = busy {
        return Err(WishError::Busy {
            node: node.clone(),
            job: found.value.id,
        });
    }
    let last = read::<LastJob>(context.store(), &"last-job")?;
    let (id, expect) = match last {
        Some(last) => (JobId(last.value.0.0 + 1), Expect::Version(last.version)),
        None => (JobId(1), Expect::Absent),
    };
    let job = new_job(context, id, node, wish);
    let what = Message::Job(message::Job::Wished {
        author: wish.author.clone(),
    });
    let event = Event {
        actor: Actor::Person(wish.author.clone()),
        ..record::event(&job, &context.now(), what)
    };
    let mut change = Change::default();
    change
        .put(expect, &LastJob(id))?
        .put(Expect::Absent, &job)?
        .tell(event);
    context.store().submit(change).await?;
    Ok(id)
}

fn new_job(context: &Context, id: JobId, node: &NodeName, wish: &Wish) -> Job {
    let now = context.now();
    let stage = Stage::Check;
    let deadline = Deadline::after(&now, limit(&stage));
    let (node, wish) = (node.clone(), wish.clone());
    Job {
        id,
        node,
        wish,
        stage,
        since: now.wall,
        deadline,
        wait: None,
        tries: 0,
        past: Vec::new(),
    }
}

/// What `stop` ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// Nodes whose arm was taken back.
    pub arms: Vec<NodeName>,
    /// Jobs that were ended.
    pub jobs: Vec<JobId>,
}

/// Makes everything safe now: all arms void, so every node boots its own disk, and all jobs ended.
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
