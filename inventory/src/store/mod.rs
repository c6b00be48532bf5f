//! Keeping: typed records and a chain of events behind one trait. What a [`Ticket`] acknowledged is on the platter.
//!
//! Writers submit a [`Change`] (all of it or nothing) and wait for its ticket; backends batch concurrent changes into
//! one durable commit. Readers see only what is durable. Encoding is JSON: a rescue needs no special tool.

mod chain;
mod disk;
mod memory;
mod ticket;
pub mod verify;

use std::fmt;
use std::ops::Range;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::event::Event;

pub use chain::{Head, Hex, Link, PublicKey, Signature, Signer};
pub use disk::{Ballast, DiskStore};
pub use memory::MemoryStore;
pub use ticket::{Settle, Ticket};

/// Where records of one type live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// [`crate::arm::Arm`], by node.
    Arms,
    /// [`crate::arm::Payload`], by node.
    Payloads,
    /// [`crate::lease::Lease`], by MAC.
    Leases,
    /// [`crate::lease::Lease`] of an IPv6 address, by MAC.
    Leases6,
    /// [`crate::lease::PoolLease`], by address.
    PoolLeases,
    /// [`crate::dhcp::Window`], by network.
    Windows,
    /// [`crate::node::NodeRecord`], by node.
    Nodes,
    /// [`crate::node::Reports`], by node.
    Reports,
    /// [`crate::node::Stranger`], by MAC.
    Strangers,
    /// [`crate::node::ForeignServer`], by MAC.
    ForeignServers,
    /// Jobs, by number.
    Jobs,
    /// [`crate::device::Pin`], by address.
    Pins,
    /// [`crate::secret::Sealed`], by name.
    Secrets,
    /// [`crate::disk_key::DiskKeys`], by node.
    DiskKeys,
    /// Revisions of the rack file.
    Racks,
    /// [`crate::media::Medium`], by id.
    Media,
    /// Keys that vouch for media, by fingerprint.
    ReleaseKeys,
    /// [`crate::verification::NodeReport`], by node.
    Verifications,
    /// [`crate::manifest::Manifest`], by node.
    Manifests,
    /// [`crate::trial::Trial`], by node.
    Trials,
    /// [`crate::trial::TrialPayload`], by node.
    TrialPayloads,
    /// One-off facts: epoch, counters.
    Meta,
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 22] = [
        Self::Arms,
        Self::Payloads,
        Self::Leases,
        Self::Leases6,
        Self::PoolLeases,
        Self::Windows,
        Self::Nodes,
        Self::Reports,
        Self::Strangers,
        Self::ForeignServers,
        Self::Jobs,
        Self::Pins,
        Self::Secrets,
        Self::DiskKeys,
        Self::Racks,
        Self::Media,
        Self::ReleaseKeys,
        Self::Verifications,
        Self::Manifests,
        Self::Trials,
        Self::TrialPayloads,
        Self::Meta,
    ];

    /// Its stable name on disk.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arms => "arms",
            Self::Payloads => "payloads",
            Self::Leases => "leases",
            Self::Leases6 => "leases6",
            Self::PoolLeases => "pool-leases",
            Self::Windows => "windows",
            Self::Nodes => "nodes",
            Self::Reports => "reports",
            Self::Strangers => "strangers",
            Self::ForeignServers => "foreign-servers",
            Self::Jobs => "jobs",
            Self::Pins => "pins",
            Self::Secrets => "secrets",
            Self::DiskKeys => "disk-keys",
            Self::Racks => "racks",
            Self::Media => "media",
            Self::ReleaseKeys => "release-keys",
            Self::Verifications => "verifications",
            Self::Manifests => "manifests",
            Self::Trials => "trials",
            Self::TrialPayloads => "trial-payloads",
            Self::Meta => "meta",
        }
    }
}

/// A type that is kept.
pub trait Record: Serialize + DeserializeOwned {
    /// Where.
    const TABLE: Table;
    /// By what. Its text is the key on disk, so it must be stable.
    type Key: fmt::Display;
    /// The key of this record.
    fn key(&self) -> Self::Key;
}

/// A record as read, with the version it had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<R> {
    /// Rises by one with every write of this key; 1 for the first, and again after the key was removed.
    pub version: u64,
    /// The record.
    pub value: R,
}

/// What a writer believes about a key. A change with one wrong belief is refused whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Nothing: overwrite whatever is there. For things with one writer only.
    Any,
    /// The key is not there.
    Absent,
    /// The key has this version.
    Version(u64),
}

/// One write of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// Where.
    pub table: Table,
    /// Key, as text.
    pub key: String,
    /// What the writer believes.
    pub expect: Expect,
    /// JSON, or `None` to remove the key.
    pub value: Option<Vec<u8>>,
}

/// Writes and events that become durable together or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// Records.
    pub puts: Vec<Put>,
    /// Events, in order.
    pub events: Vec<Event>,
}

impl Change {
    /// Adds a record to write.
    pub fn put<R: Record>(&mut self, expect: Expect, record: &R) -> Result<&mut Self, StoreError> {
        let value =
            serde_json::to_vec(record).map_err(|error| unreadable::<R>(&record.key(), &error))?;
        let key = record.key().to_string();
        self.puts.push(Put {
            table: R::TABLE,
            key,
            expect,
            value: Some(value),
        });
        Ok(self)
    }

    /// Adds a key to remove.
    pub fn remove<R: Record>(&mut self, expect: Expect, key: &R::Key) -> &mut Self {
        self.puts.push(Put {
            table: R::TABLE,
            key: key.to_string(),
            expect,
            value: None,
        });
        self
    }

    /// Adds an event.
    pub fn tell(&mut self, event: Event) -> &mut Self {
        self.events.push(event);
        self
    }
}

/// What a durable change did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Numbers of its events, in order; empty if it had none.
    pub events: Range<u64>,
    /// The tables and keys it wrote.
    pub touched: Vec<(Table, String)>,
}

/// Why the store did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else wrote first: read again and decide anew.
    #[error("{table}/{key} was changed by somebody else; read it again and decide anew")]
    Conflict {
        /// Table name.
        table: &'static str,
        /// Key.
        key: String,
    },
    /// A record cannot be encoded or read back.
    #[error("{table}/{key} cannot be read: {why}; restore the data from a backup")]
    Unreadable {
        /// Table name.
        table: &'static str,
        /// Key.
        key: String,
        /// The decoder's words.
        why: String,
    },
    /// The disk is full. Nothing was lost; new work is refused until there is room.
    #[error(
        "the data disk is full: free space under the data folder; nothing acknowledged was lost"
    )]
    Full,
    /// The disk or file failed.
    #[error("the data store failed ({0}); check the disk, then start the appliance again")]
    Failed(String),
    /// The store is closing.
    #[error("the data store is closing; ask again after the restart")]
    Closed,
}

fn unreadable<R: Record>(key: &R::Key, error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable {
        table: R::TABLE.name(),
        key: key.to_string(),
        why: error.to_string(),
    }
}

/// A value with its version, still encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw {
    /// See [`Stored::version`].
    pub version: u64,
    /// JSON.
    pub value: Vec<u8>,
}

/// Called with every commit, after it is durable, on the store's own thread: it must not block.
pub type Watcher = Box<dyn Fn(&Committed) + Send + Sync>;

/// A keeper of records and events.
pub trait Store: Send + Sync {
    /// One value.
    fn get(&self, table: Table, key: &str) -> Result<Option<Raw>, StoreError>;
    /// All values of a table, by key.
    fn list(&self, table: Table) -> Result<Vec<(String, Raw)>, StoreError>;
    /// Asks for a change; the ticket settles when it is durable or refused.
    fn submit(&self, change: Change) -> Ticket;
    /// Up to `limit` events from number `from` on, oldest first.
    fn events(&self, from: u64, limit: usize) -> Result<Vec<Link>, StoreError>;
    /// Number of the newest event; 0 if there is none.
    fn last_event(&self) -> Result<u64, StoreError>;
    /// The signed end of the chain of events; `None` while there is no event.
    fn head(&self) -> Result<Option<Head>, StoreError>;
    /// What the head's signature is checked with.
    fn public_key(&self) -> PublicKey;
    /// Calls `watcher` after every commit from now on.
    fn watch(&self, watcher: Watcher);
}

/// One record, decoded.
pub fn read<R: Record>(store: &dyn Store, key: &R::Key) -> Result<Option<Stored<R>>, StoreError> {
    let Some(raw) = store.get(R::TABLE, &key.to_string())? else {
        return Ok(None);
    };
    let value = serde_json::from_slice(&raw.value).map_err(|error| unreadable::<R>(key, &error))?;
    Ok(Some(Stored {
        version: raw.version,
        value,
    }))
}

/// All records of a type, decoded, by key.
pub fn read_all<R: Record>(store: &dyn Store) -> Result<Vec<Stored<R>>, StoreError> {
    let mut records = Vec::new();
    for (key, raw) in store.list(R::TABLE)? {
        let value = serde_json::from_slice(&raw.value).map_err(|error| StoreError::Unreadable {
            table: R::TABLE.name(),
            key: key.clone(),
            why: error.to_string(),
        })?;
        records.push(Stored {
            version: raw.version,
            value,
        });
    }
    Ok(records)
}
