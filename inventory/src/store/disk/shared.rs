//! What readers and the writer share: the open database (or why it is not open) and the watchers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use redb::{Database, ReadTransaction, ReadableDatabase};

use super::fault::{is_aftermath, store_error};
use crate::store::{Committed, StoreError, Watcher};

/// Shared by readers and the writer.
pub(super) struct Shared {
    /// Replaced only by the writer, when it opens the file anew; why it could not, otherwise.
    pub(super) database: RwLock<Result<Database, StoreError>>,
    /// A reader found the database refusing because of an earlier error: the writer must open it anew.
    pub(super) is_sick: AtomicBool,
    pub(super) watchers: Mutex<Vec<Watcher>>,
}

/// Why a read failed.
pub(super) enum ReadFault {
    /// The database is not open.
    Down(StoreError),
    /// The engine's error.
    Engine(redb::Error),
}

impl ReadFault {
    /// Whether opening the file anew may help.
    pub(super) fn may_be_mended(&self) -> bool {
        match self {
            Self::Down(_) => true,
            Self::Engine(fault) => is_aftermath(fault),
        }
    }
}

impl From<ReadFault> for StoreError {
    fn from(fault: ReadFault) -> Self {
        match fault {
            ReadFault::Down(error) => error,
            ReadFault::Engine(fault) => store_error(&fault),
        }
    }
}

impl Shared {
    pub(super) fn new(database: Database) -> Self {
        Self {
            database: RwLock::new(Ok(database)),
            is_sick: AtomicBool::new(false),
            watchers: Mutex::default(),
        }
    }

    /// Runs a read on what is durable now.
    pub(super) fn read<T>(
        &self,
        what: impl Fn(&ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, ReadFault> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let database = database
            .as_ref()
            .map_err(|down| ReadFault::Down(down.clone()))?;
        let txn = database
            .begin_read()
            .map_err(|error| ReadFault::Engine(error.into()))?;
        what(&txn).map_err(ReadFault::Engine)
    }

    /// Replaces the database. The old one is closed first: it holds the lock of the file.
    pub(super) fn replace(&self, open: impl FnOnce() -> Result<Database, StoreError>) {
        let mut slot = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *slot = Err(StoreError::Closed);
        *slot = open();
        self.is_sick.store(false, Ordering::Release);
    }

    /// Tells every watcher.
    pub(super) fn tell(&self, committed: &Committed) {
        let watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        for watcher in watchers.iter() {
            watcher(committed);
        }
    }
}
