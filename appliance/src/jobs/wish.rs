//! What people may wish: bring a node up, or try it. Page, API and command line all call this.

use inventory::clock::Deadline;
use inventory::event::{Actor, Event};
use inventory::id::{JobId, NodeName, OsName};
use inventory::job::{Aim, Job, Stage, Wipe, Wish};
use inventory::message::{self, Message};
use inventory::store::{Change, Expect, StoreError, read, read_all};
use serde::{Deserialize, Serialize};

use super::{limits::limit, record};
use crate::context::Context;

/// How often a wish is tried anew when somebody else writes at the same time.
pub(super) const ROUNDS: usize = 8;

/// Why a wish is not taken.
#[derive(Debug, thiserror::Error)]
pub enum WishError {
    /// The node is not in the rack.
    #[error("{0} is not in the rack file; see `hinode status` for the nodes that are")]
    UnknownNode(NodeName),
    /// A job is under way.
    #[error(
        "job {job} for {node} is under way; see it with `hinode job {job}`, or end it with `hinode stop`"
    )]
    Busy {
        /// The node.
        node: NodeName,
        /// Its job.
        job: JobId,
    },
    /// The OS is not in the rack.
    #[error("{0} is no [os.NAME] of the rack file; name one that is")]
    UnknownOs(OsName),
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

/// The nodes of the rack that a bring-up of "all" means: not those whose last one was reached.
///
/// # Errors
/// The store cannot be read.
pub fn not_up_yet(context: &Context) -> Result<Vec<NodeName>, StoreError> {
    let jobs = read_all::<Job>(context.store())?;
    let is_up = |node: &NodeName| {
        let mut last = jobs.iter().rev();
        let last =
            last.find(|found| &found.value.node == node && found.value.wish.aim == Aim::BringUp);
        last.is_some_and(|last| last.value.stage == Stage::Done)
    };
    let rack = context.world.rack();
    Ok(rack
        .nodes
        .keys()
        .filter(|node| !is_up(node))
        .cloned()
        .collect())
}

/// What a person allows a bring-up to do to its machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// What is on its disks may be destroyed.
    pub wipe: Option<Wipe>,
    /// It may be switched off if it runs.
    pub power_off: bool,
}

/// Begins the bring-up of `node`.
pub async fn bring_up(
    context: &Context,
    node: &NodeName,
    author: &str,
    allowed: Allowed,
) -> Result<JobId, WishError> {
    if !context.world.rack().nodes.contains_key(node) {
        return Err(WishError::UnknownNode(node.clone()));
    }
    let wish = Wish {
        author: author.to_owned(),
        at: context.now().wall,
        wipe: allowed.wipe,
        power_off: allowed.power_off,
        aim: Aim::BringUp,
    };
    taken(context, node, &wish).await
}

/// Begins a trial of `node` with the installer of `os`, or of the OS of its profile. It may be switched off if `power_off`.
pub async fn try_out(
    context: &Context,
    node: &NodeName,
    author: &str,
    (os, power_off): (Option<OsName>, bool),
) -> Result<JobId, WishError> {
    let rack = context.world.rack();
    let unknown = || WishError::UnknownNode(node.clone());
    let known = rack.nodes.get(node).ok_or_else(unknown)?;
    let profile = rack.profiles.get(&known.profile).ok_or_else(unknown)?;
    let os = os.unwrap_or_else(|| profile.os.clone());
    if !rack.oses.contains_key(&os) {
        return Err(WishError::UnknownOs(os));
    }
    let wish = Wish {
        author: author.to_owned(),
        at: context.now().wall,
        wipe: None,
        power_off,
        aim: Aim::Trial { os },
    };
    taken(context, node, &wish).await
}

async fn taken(context: &Context, node: &NodeName, wish: &Wish) -> Result<JobId, WishError> {
    for _ in 0..ROUNDS {
        match begin(context, node, wish).await {
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
    let author = wish.author.clone();
    let what = Message::Job(match &wish.aim {
        Aim::BringUp => message::Job::Wished { author },
        Aim::Trial { os } => message::Job::TrialWished {
            author,
            os: os.clone(),
        },
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
