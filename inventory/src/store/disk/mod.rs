//! The store on disk: one file, one writer thread, one durable commit for all changes that wait (group commit).
//!
//! After a power cut the file holds every change whose ticket settled, all of it, and of the others all or nothing: the
//! engine copies on write and switches roots with one sync. Readers see only what is durable.

mod ballast;
mod fault;
mod open;
mod shared;
mod tables;
mod writer;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};

use redb::{ReadTransaction, StorageBackend};
use ring::rand::SecureRandom;

pub use ballast::Ballast;

use super::{
    Change, Head, Link, PublicKey, Raw, Signer, Store, StoreError, Table, Ticket, Watcher,
};
use fault::store_error;
use shared::Shared;
use writer::{Opener, Request, Writer};

/// Records and events in one file. Dropping it writes what is queued, closes the file, and joins the writer.
pub struct DiskStore {
    shared: Arc<Shared>,
    signer: Arc<Signer>,
    /// `None` only while dropping.
    queue: Option<Sender<Request>>,
    writer: Option<JoinHandle<()>>,
}

impl fmt::Debug for DiskStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DiskStore")
    }
}

impl DiskStore {
    /// Opens the store of a data folder, or begins one.
    ///
    /// # Errors
    /// The folder or its files cannot be made or read, or another process has them open.
    pub fn open(dir: &Path, rng: &dyn SecureRandom) -> Result<Self, StoreError> {
        open::folder(dir)?;
        let signer = open::signer(dir, rng)?;
        let ballast = Ballast {
            path: dir.join(open::BALLAST),
        };
        open::begin(dir)?;
        let path = dir.join(open::DATABASE);
        Self::open_on(move || open::platter(&path), signer, Some(ballast))
    }

    /// Opens a store on any storage. `backend` is called again whenever the storage must be opened anew after an error;
    /// it must then show what is on the platter.
    ///
    /// # Errors
    /// The storage cannot be opened, or what it holds is not a store.
    pub fn open_on<B: StorageBackend>(
        backend: impl Fn() -> io::Result<B> + Send + 'static,
        signer: Signer,
        ballast: Option<Ballast>,
    ) -> Result<Self, StoreError> {
        let open: Opener = Box::new(move || open::database(backend()?));
        let database = open().map_err(|fault| store_error(&fault))?;
        let shared = Arc::new(Shared::new(database));
        let signer = Arc::new(signer);
        // A disk that is full already is no reason not to start: only new work is refused.
        let _ = ballast.as_ref().map(Ballast::load);
        let writer = Writer {
            shared: shared.clone(),
            open,
            signer: signer.clone(),
            ballast,
        };
        let (queue, requests) = channel();
        let thread = thread::Builder::new().name("store".to_owned());
        let writer = thread
            .spawn(move || writer.run(&requests))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self {
            shared,
            signer,
            queue: Some(queue),
            writer: Some(writer),
        })
    }

    /// Reads; if the database is shut because of an earlier error, has the writer open it anew and reads once more.
    fn read<T>(
        &self,
        what: impl Fn(&ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let shut = match self.shared.read(&what) {
            Ok(found) => return Ok(found),
            Err(fault) => fault,
        };
        if shut.may_be_mended() && !self.is_writer() {
            self.shared.is_sick.store(true, Ordering::Release);
            self.submit(Change::default()).wait()?;
            return self.shared.read(&what).map_err(StoreError::from);
        }
        Err(shut.into())
    }

    /// Whether this is the writer's own thread (a watcher's call): it must not wait for itself.
    fn is_writer(&self) -> bool {
        let writer = self.writer.as_ref().map(|writer| writer.thread().id());
        writer == Some(thread::current().id())
    }
}

impl Store for DiskStore {
    fn get(&self, table: Table, key: &str) -> Result<Option<Raw>, StoreError> {
        self.read(|txn| tables::get(txn, table, key))
    }

    fn list(&self, table: Table) -> Result<Vec<(String, Raw)>, StoreError> {
        self.read(|txn| tables::list(txn, table))
    }

    fn submit(&self, change: Change) -> Ticket {
        let (ticket, settle) = Ticket::new();
        if let Some(queue) = &self.queue {
            // A queue nobody serves gives the request back, and dropping it settles the ticket as closed.
            let _ = queue.send(Request { change, settle });
        }
        ticket
    }

    fn events(&self, from: u64, limit: usize) -> Result<Vec<Link>, StoreError> {
        self.read(|txn| tables::links(txn, from, limit))
    }

    fn last_event(&self) -> Result<u64, StoreError> {
        Ok(self.head()?.map_or(0, |head| head.seq))
    }

    fn head(&self) -> Result<Option<Head>, StoreError> {
        self.read(tables::head)
    }

    fn public_key(&self) -> PublicKey {
        self.signer.public_key()
    }

    fn watch(&self, watcher: Watcher) {
        let watchers = self.shared.watchers.lock();
        watchers
            .unwrap_or_else(PoisonError::into_inner)
            .push(watcher);
    }
}

impl Drop for DiskStore {
    fn drop(&mut self) {
        self.queue = None;
        let is_writer = self.is_writer();
        if let Some(writer) = self.writer.take().filter(|_| !is_writer) {
            // It panicked: its tickets are settled as closed already, and there is nobody left to tell.
            let _ = writer.join();
        }
    }
}
