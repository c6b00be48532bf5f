//! The store of tests and dry runs: everything in memory, gone with the process. Same rules as the one on disk.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{
    Change, Committed, Expect, Head, Hex, Link, PublicKey, Put, Raw, Signer, Store, StoreError,
    Table, Ticket, Watcher,
};
use crate::event::Event;
use crate::id::Sha256;

#[derive(Default)]
struct Kept {
    records: BTreeMap<(Table, String), Raw>,
    links: Vec<Link>,
}

/// Records and events in memory. Its heads are signed with a key that everybody knows: they prove nothing.
#[derive(Default)]
pub struct MemoryStore {
    kept: Mutex<Kept>,
    watchers: Mutex<Vec<Watcher>>,
}

impl Kept {
    fn check(&self, put: &Put) -> Result<(), StoreError> {
        let found = self
            .records
            .get(&(put.table, put.key.clone()))
            .map(|raw| raw.version);
        let agrees = match put.expect {
            Expect::Any => true,
            Expect::Absent => found.is_none(),
            Expect::Version(version) => found == Some(version),
        };
        let conflict = || StoreError::Conflict {
            table: put.table.name(),
            key: put.key.clone(),
        };
        agrees.then_some(()).ok_or_else(conflict)
    }

    fn write(&mut self, put: Put) {
        let slot = (put.table, put.key);
        match put.value {
            Some(value) => {
                let version = self.records.get(&slot).map_or(1, |raw| raw.version + 1);
                self.records.insert(slot, Raw { version, value });
            }
            None => {
                self.records.remove(&slot);
            }
        }
    }

    /// The links that `events` would become; nothing is kept yet.
    fn chain(&self, events: &[Event]) -> Result<Vec<Link>, StoreError> {
        let mut prev = self.links.last().map_or(Sha256([0; 32]), |link| link.sum);
        let mut links = Vec::with_capacity(events.len());
        for (seq, event) in (self.links.len() as u64 + 1..).zip(events) {
            let link = Link::after(seq, prev, event)?;
            prev = link.sum;
            links.push(link);
        }
        Ok(links)
    }

    fn commit(&mut self, change: Change) -> Result<Committed, StoreError> {
        for put in &change.puts {
            self.check(put)?;
        }
        let links = self.chain(&change.events)?;
        let written = change.puts.iter().map(|put| (put.table, put.key.clone()));
        let touched = written.collect();
        for put in change.puts {
            self.write(put);
        }
        let first = self.links.len() as u64 + 1;
        self.links.extend(links);
        Ok(Committed {
            events: first..self.links.len() as u64 + 1,
            touched,
        })
    }
}

impl MemoryStore {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn get(&self, table: Table, key: &str) -> Result<Option<Raw>, StoreError> {
        Ok(self.kept().records.get(&(table, key.to_owned())).cloned())
    }

    fn list(&self, table: Table) -> Result<Vec<(String, Raw)>, StoreError> {
        let kept = self.kept();
        let of_table = kept.records.iter().filter(|((of, _), _)| *of == table);
        Ok(of_table
            .map(|((_, key), raw)| (key.clone(), raw.clone()))
            .collect())
    }

    fn submit(&self, change: Change) -> Ticket {
        let (ticket, settle) = Ticket::new();
        let result = self.kept().commit(change);
        if let Ok(committed) = &result {
            for watcher in self
                .watchers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .iter()
            {
                watcher(committed);
            }
        }
        settle.settle(result);
        ticket
    }

    fn events(&self, from: u64, limit: usize) -> Result<Vec<Link>, StoreError> {
        let skip = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
        Ok(self
            .kept()
            .links
            .iter()
            .skip(skip)
            .take(limit)
            .cloned()
            .collect())
    }

    fn last_event(&self) -> Result<u64, StoreError> {
        Ok(self.kept().links.len() as u64)
    }

    fn head(&self) -> Result<Option<Head>, StoreError> {
        let kept = self.kept();
        let signer = Signer::well_known();
        Ok(kept
            .links
            .last()
            .and_then(|link| Some(signer?.sign(link.seq, link.sum))))
    }

    fn public_key(&self) -> PublicKey {
        Signer::well_known().map_or(Hex([0; 32]), |signer| signer.public_key())
    }

    fn watch(&self, watcher: Watcher) {
        self.watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(watcher);
    }
}
