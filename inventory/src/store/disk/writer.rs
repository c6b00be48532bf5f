//! The one writer: drains the queue into one durable transaction, settles tickets only after the commit returned.
//!
//! An error of the disk spoils the engine's open database, so the writer opens the file anew: what was acknowledged is
//! there, what was not is answered with the error. When there is no room it throws off the ballast and tries once more
//! with what is essential; other changes are refused until the ballast fits again.

use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, PoisonError};

use redb::{Database, WriteTransaction};

use super::ballast::{Ballast, is_essential};
use super::fault::{is_aftermath, store_error};
use super::shared::Shared;
use super::tables::{Tail, apply};
use crate::store::{Change, Committed, Settle, Signer, StoreError};

/// Changes in one commit at most: bounds how long the first of them waits for the last.
const BATCH: usize = 1024;

/// A change and whoever waits for it.
pub(super) struct Request {
    pub(super) change: Change,
    pub(super) settle: Settle,
}

/// Opens the database (anew).
pub(super) type Opener = Box<dyn Fn() -> Result<Database, redb::Error> + Send>;

/// The writer thread's own things.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) open: Opener,
    pub(super) signer: Arc<Signer>,
    pub(super) ballast: Option<Ballast>,
}

type Answers = Vec<Result<Committed, StoreError>>;

impl Writer {
    /// Serves the queue until its last sender is gone and it is empty.
    pub(super) fn run(self, queue: &Receiver<Request>) {
        while let Ok(first) = queue.recv() {
            let mut batch = vec![first];
            batch.extend(queue.try_iter().take(BATCH - 1));
            self.serve(batch);
        }
        self.shared.replace(|| Err(StoreError::Closed));
    }

    fn serve(&self, batch: Vec<Request>) {
        let (changes, waiting): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|request| (request.change, request.settle))
            .unzip();
        let answers = self
            .commit_or_mend(&changes)
            .unwrap_or_else(|error| vec![Err(error); changes.len()]);
        for (settle, answer) in waiting.into_iter().zip(answers) {
            if let Ok(committed) = &answer {
                self.shared.tell(committed);
            }
            settle.settle(answer);
        }
    }

    /// Commits, opening the database anew and giving room where that helps.
    fn commit_or_mend(&self, changes: &[Change]) -> Result<Answers, StoreError> {
        if self.is_down() {
            self.reopen();
        }
        let fault = match self.commit(changes)? {
            Ok(answers) => return Ok(answers),
            Err(fault) => fault,
        };
        let error = store_error(&fault);
        let had_ballast = error == StoreError::Full && self.throw_off_ballast();
        self.reopen();
        if had_ballast || is_aftermath(&fault) {
            return self.commit(changes)?.map_err(|fault| {
                self.reopen();
                store_error(&fault)
            });
        }
        Err(error)
    }

    fn is_down(&self) -> bool {
        let database = self
            .shared
            .database
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        database.is_err() || self.shared.is_sick.load(Ordering::Acquire)
    }

    fn reopen(&self) {
        self.shared
            .replace(|| (self.open)().map_err(|fault| store_error(&fault)));
    }

    fn throw_off_ballast(&self) -> bool {
        let loaded = self.ballast.as_ref().filter(|ballast| ballast.is_loaded());
        if let Some(ballast) = loaded {
            ballast.release();
        }
        loaded.is_some()
    }

    /// One transaction for all changes. The outer error says that the database is not open.
    fn commit(&self, changes: &[Change]) -> Result<Result<Answers, redb::Error>, StoreError> {
        let database = self
            .shared
            .database
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let database = database.as_ref().map_err(StoreError::clone)?;
        Ok(self.transact(database, changes))
    }

    fn transact(&self, database: &Database, changes: &[Change]) -> Result<Answers, redb::Error> {
        let txn = database.begin_write()?;
        let answers = self.apply_all(&txn, changes)?;
        if answers.iter().any(Result::is_ok) {
            txn.commit()?;
        } else {
            txn.abort()?;
        }
        Ok(answers)
    }

    fn apply_all(
        &self,
        txn: &WriteTransaction,
        changes: &[Change],
    ) -> Result<Answers, redb::Error> {
        let before = Tail::read(txn)?;
        let mut tail = before;
        let is_tight = self.is_tight(changes);
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            answers.push(if is_tight && !is_essential(change) {
                Err(StoreError::Full)
            } else {
                apply(txn, &mut tail, change)?
            });
        }
        if tail != before {
            tail.keep(txn, &self.signer)?;
        }
        Ok(answers)
    }

    /// Whether the ballast is off and does not fit again. Looked at only when somebody asks for more than the essential.
    fn is_tight(&self, changes: &[Change]) -> bool {
        let ballast = self.ballast.as_ref();
        !changes.iter().all(is_essential) && ballast.is_some_and(|ballast| ballast.load().is_err())
    }
}
