//! Work on media that takes minutes: it is handed in, gets a number, and is done one after the other, since the disk is one.
//! Kept in memory: after a restart a person hands it in again, and an import goes on where it stopped.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use inventory::id::MediumId;
use tokio::sync::Notify;
use tracing::{info, warn};

use super::library::{self, Wish};
use super::pass::Progress;
use super::repository;
use crate::context::Context;

/// How much work may wait: more is a mistake of a script.
const WAITING_MAX: usize = 16;
/// How much finished work is remembered.
const DONE_MAX: usize = 64;

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Task {
    /// Import an image.
    Import(Wish),
    /// Import a package repository.
    Repository(repository::Wish),
    /// Read a medium through.
    Verify(MediumId),
}

/// Work that was handed in.
#[derive(Debug)]
pub struct Work {
    /// What is worked on: a file name or an id.
    pub what: String,
    /// How far it is.
    pub progress: Arc<Progress>,
    /// What became of it: the medium, or the reason.
    pub outcome: OnceLock<Result<String, String>>,
    task: Task,
    author: String,
}

#[derive(Debug, Default)]
struct Ledger {
    last: u64,
    all: BTreeMap<u64, Arc<Work>>,
}

/// Takes work, and tells what became of it.
#[derive(Debug, Default)]
pub struct Desk {
    ledger: Mutex<Ledger>,
    handed_in: Notify,
}

impl Desk {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands in work; its number, or `None` while too much waits.
    pub fn hand_in(&self, task: Task, author: &str) -> Option<u64> {
        let mut ledger = self.ledger();
        let waiting = ledger
            .all
            .values()
            .filter(|work| work.outcome.get().is_none());
        if waiting.count() >= WAITING_MAX {
            return None;
        }
        ledger.last += 1;
        let number = ledger.last;
        let what = match &task {
            Task::Import(library::Wish { path, .. })
            | Task::Repository(repository::Wish { path, .. }) => path.display().to_string(),
            Task::Verify(id) => id.to_string(),
        };
        let work = Work {
            what,
            progress: Arc::default(),
            outcome: OnceLock::new(),
            task,
            author: author.to_owned(),
        };
        ledger.all.insert(number, Arc::new(work));
        while ledger.all.len() > DONE_MAX {
            ledger.all.pop_first();
        }
        self.handed_in.notify_one();
        Some(number)
    }

    /// The work of a number.
    pub fn work(&self, number: u64) -> Option<Arc<Work>> {
        self.ledger().all.get(&number).cloned()
    }

    fn next(&self) -> Option<Arc<Work>> {
        let ledger = self.ledger();
        let mut open = ledger
            .all
            .values()
            .filter(|work| work.outcome.get().is_none());
        open.next().cloned()
    }
}

/// Does what is handed in, until `stop`; what is under way then ends at once.
pub async fn run(context: &Context, stop: impl Future<Output = ()>) {
    let desk = &context.media.desk;
    tokio::pin!(stop);
    loop {
        let Some(work) = desk.next() else {
            tokio::select! {
                () = &mut stop => return,
                () = desk.handed_in.notified() => continue,
            }
        };
        let doing = perform(context, &work);
        tokio::pin!(doing);
        tokio::select! {
            () = &mut doing => {}
            () = &mut stop => {
                work.progress.stop.store(true, Ordering::Relaxed);
                doing.await;
                return;
            }
        }
    }
}

async fn perform(context: &Context, work: &Work) {
    let (progress, author) = (work.progress.clone(), work.author.as_str());
    let outcome = match work.task.clone() {
        Task::Import(wish) => library::import(context, wish, progress, author).await,
        Task::Repository(wish) => repository::import(context, wish, progress, author).await,
        Task::Verify(id) => library::verify(context, &id, progress, author)
            .await
            .map(|()| id),
    };
    match &outcome {
        Ok(medium) => info!(what = work.what, %medium, "medium done"),
        Err(error) => warn!(what = work.what, %error, "medium refused"),
    }
    let told = outcome
        .map(|id| id.to_string())
        .map_err(|error| error.to_string());
    // Nobody else writes it.
    let _already = work.outcome.set(told);
}
