//! Revisions of the rack file: every one that was ever in force, with who loaded it and when.

use inventory::config;
use inventory::event::{Actor, Event, Subject};
use inventory::message::{self, Message};
use inventory::rack::Rack;
use inventory::store::{Change, Expect, Record, Store, StoreError, Table, read_all};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::handover::playbook::{Unusable, usable};
use crate::media::fit::{self, Misfit};

/// One revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Rises by one, from 1.
    pub revision: u64,
    /// The file as written.
    pub text: String,
    /// The file as checked.
    pub rack: Rack,
    /// Who loaded it.
    pub author: String,
    /// When.
    pub at: Timestamp,
}

impl Record for Revision {
    const TABLE: Table = Table::Racks;
    /// Ten digits, so that keys sort as numbers do.
    type Key = String;
    fn key(&self) -> String {
        format!("{:010}", self.revision)
    }
}

/// Why a rack file was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// It has faults.
    #[error("the rack file has {} faults; run `hinode check` on it", .0.len())]
    Faults(Vec<config::Fault>),
    /// Somebody else changed the rack meanwhile.
    #[error(
        "revision {in_force} is in force, this file was made from {made_from}; export it, merge, apply again"
    )]
    Overtaken {
        /// In force.
        in_force: u64,
        /// What the file was made from.
        made_from: u64,
    },
    /// An OS is to come from a medium that does not hold it.
    #[error(transparent)]
    Media(#[from] Misfit),
    /// A playbook cannot be run.
    #[error(transparent)]
    Playbook(#[from] Unusable),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The revision in force.
pub fn current(store: &dyn Store) -> Result<Option<Revision>, StoreError> {
    Ok(read_all::<Revision>(store)?.pop().map(|found| found.value))
}

/// Loads a rack file: checked whole, stored, then in force for everything that begins from now on.
pub async fn apply(
    context: &Context,
    text: &str,
    made_from: Option<u64>,
    author: &str,
) -> Result<Revision, ApplyError> {
    let rack = config::check(text).map_err(ApplyError::Faults)?;
    fit::fits(context, &rack)?;
    usable(&rack)?;
    let in_force = current(context.store())?.map_or(0, |found| found.revision);
    if let Some(made_from) = made_from.filter(|made_from| *made_from != in_force) {
        return Err(ApplyError::Overtaken {
            in_force,
            made_from,
        });
    }
    let revision = Revision {
        revision: in_force + 1,
        text: text.to_owned(),
        rack,
        author: author.to_owned(),
        at: context.now().wall,
    };
    let applied = message::Store::RackApplied {
        revision: revision.revision,
        nodes: revision.rack.nodes.len(),
    };
    let mut change = Change::default();
    change.put(Expect::Absent, &revision)?.tell(Event {
        at: revision.at,
        actor: Actor::Person(author.to_owned()),
        subject: Subject::Rack,
        job: None,
        what: Message::Store(applied),
    });
    context.store().submit(change).await?;
    context.world.set_rack(revision.rack.clone());
    context.rack_changed.notify_waiters();
    Ok(revision)
}
