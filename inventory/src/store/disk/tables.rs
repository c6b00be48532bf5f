//! Records and events as the engine keeps them: one table a type, one for the chain of events, one for its head.
//!
//! Everything here works inside a transaction that somebody else begins and commits, so none of it can be half done.

use redb::{ReadTransaction, ReadableTable, TableDefinition, TableError, WriteTransaction};

use crate::event::Event;
use crate::id::Sha256;
use crate::store::{Change, Committed, Expect, Head, Link, Put, Raw, Signer, StoreError, Table};

/// Key to version and JSON.
type Records = TableDefinition<'static, &'static str, (u64, &'static [u8])>;
/// Number to sum before, own sum, and JSON.
type Events = TableDefinition<'static, u64, (&'static [u8; 32], &'static [u8; 32], &'static str)>;

const EVENTS: Events = TableDefinition::new("events");
/// One key, [`HEAD_KEY`]; the value is [`Head`] as JSON.
const HEAD: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("head");
const HEAD_KEY: &str = "head";

fn records(table: Table) -> Records {
    TableDefinition::new(table.name())
}

/// A table that nothing was ever written to is an empty one.
fn if_there<T>(opened: Result<T, TableError>) -> Result<Option<T>, redb::Error> {
    match opened {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// One value.
pub(super) fn get(
    txn: &ReadTransaction,
    table: Table,
    key: &str,
) -> Result<Option<Raw>, redb::Error> {
    let Some(table) = if_there(txn.open_table(records(table)))? else {
        return Ok(None);
    };
    let found = table.get(key)?;
    Ok(found.map(|found| raw(found.value())))
}

fn raw((version, value): (u64, &[u8])) -> Raw {
    Raw {
        version,
        value: value.to_vec(),
    }
}

/// All values of a table, by key.
pub(super) fn list(txn: &ReadTransaction, table: Table) -> Result<Vec<(String, Raw)>, redb::Error> {
    let Some(table) = if_there(txn.open_table(records(table)))? else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    for entry in table.iter()? {
        let (key, value) = entry?;
        all.push((key.value().to_owned(), raw(value.value())));
    }
    Ok(all)
}

/// Up to `limit` links from number `from` on.
pub(super) fn links(
    txn: &ReadTransaction,
    from: u64,
    limit: usize,
) -> Result<Vec<Link>, redb::Error> {
    let Some(table) = if_there(txn.open_table(EVENTS))? else {
        return Ok(Vec::new());
    };
    let mut links = Vec::new();
    for entry in table.range(from..)?.take(limit) {
        let (seq, value) = entry?;
        let (prev, sum, json) = value.value();
        links.push(Link {
            seq: seq.value(),
            prev: Sha256(*prev),
            sum: Sha256(*sum),
            json: json.to_owned(),
        });
    }
    Ok(links)
}

/// The head, if there is any event.
pub(super) fn head(txn: &ReadTransaction) -> Result<Option<Head>, redb::Error> {
    match if_there(txn.open_table(HEAD))? {
        Some(table) => decode_head(&table),
        None => Ok(None),
    }
}

fn decode_head(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<Option<Head>, redb::Error> {
    let Some(found) = table.get(HEAD_KEY)? else {
        return Ok(None);
    };
    let head = serde_json::from_slice(found.value());
    head.map(Some)
        .map_err(|error| redb::Error::Corrupted(format!("head of the event chain: {error}")))
}

/// The end of the chain inside a batch: what the next event is linked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tail {
    seq: u64,
    sum: Sha256,
}

impl Tail {
    /// The end of the chain as the transaction found it.
    pub(super) fn read(txn: &WriteTransaction) -> Result<Self, redb::Error> {
        let head = decode_head(&txn.open_table(HEAD)?)?;
        let empty = Self {
            seq: 0,
            sum: Sha256([0; 32]),
        };
        Ok(head.map_or(empty, |Head { seq, sum, .. }| Self { seq, sum }))
    }

    /// Signs the end of the chain and keeps it.
    pub(super) fn keep(self, txn: &WriteTransaction, signer: &Signer) -> Result<(), redb::Error> {
        let head = signer.sign(self.seq, self.sum);
        let json = serde_json::to_vec(&head)
            .map_err(|error| redb::Error::Corrupted(format!("head cannot be encoded: {error}")))?;
        txn.open_table(HEAD)?.insert(HEAD_KEY, json.as_slice())?;
        Ok(())
    }

    fn chain(self, events: &[Event]) -> Result<Vec<Link>, StoreError> {
        let mut tail = self;
        let mut links = Vec::with_capacity(events.len());
        for event in events {
            let link = Link::after(tail.seq + 1, tail.sum, event)?;
            tail = Self {
                seq: link.seq,
                sum: link.sum,
            };
            links.push(link);
        }
        Ok(links)
    }
}

/// Applies one change of a batch, or refuses it (the inner error) without having written anything.
///
/// # Errors
/// The outer error is the engine's and spoils the whole transaction.
pub(super) fn apply(
    txn: &WriteTransaction,
    tail: &mut Tail,
    change: &Change,
) -> Result<Result<Committed, StoreError>, redb::Error> {
    for put in &change.puts {
        if !is_as_expected(txn, put)? {
            return Ok(Err(StoreError::Conflict {
                table: put.table.name(),
                key: put.key.clone(),
            }));
        }
    }
    let links = match tail.chain(&change.events) {
        Ok(links) => links,
        Err(refused) => return Ok(Err(refused)),
    };
    for put in &change.puts {
        write(txn, put)?;
    }
    let first = tail.seq + 1;
    append(txn, tail, &links)?;
    let written = change.puts.iter().map(|put| (put.table, put.key.clone()));
    Ok(Ok(Committed {
        events: first..tail.seq + 1,
        touched: written.collect(),
    }))
}

fn version(
    table: &impl ReadableTable<&'static str, (u64, &'static [u8])>,
    key: &str,
) -> Result<Option<u64>, redb::Error> {
    Ok(table.get(key)?.map(|found| found.value().0))
}

fn is_as_expected(txn: &WriteTransaction, put: &Put) -> Result<bool, redb::Error> {
    let found = || version(&txn.open_table(records(put.table))?, &put.key);
    match put.expect {
        Expect::Any => Ok(true),
        Expect::Absent => Ok(found()?.is_none()),
        Expect::Version(version) => Ok(found()? == Some(version)),
    }
}

fn write(txn: &WriteTransaction, put: &Put) -> Result<(), redb::Error> {
    let mut table = txn.open_table(records(put.table))?;
    match &put.value {
        Some(value) => {
            let next = version(&table, &put.key)?.map_or(1, |version| version + 1);
            table.insert(put.key.as_str(), (next, value.as_slice()))?;
        }
        None => {
            table.remove(put.key.as_str())?;
        }
    }
    Ok(())
}

fn append(txn: &WriteTransaction, tail: &mut Tail, links: &[Link]) -> Result<(), redb::Error> {
    let mut table = txn.open_table(EVENTS)?;
    for link in links {
        table.insert(link.seq, (&link.prev.0, &link.sum.0, link.json.as_str()))?;
        *tail = Tail {
            seq: link.seq,
            sum: link.sum,
        };
    }
    Ok(())
}
