//! Changes, events and stores for the tests.

use std::path::Path;

use inventory::event::{Actor, Event, Subject};
use inventory::message::Message;
use inventory::store::{Change, DiskStore, Expect, Put, Store, Table};
use ring::rand::SystemRandom;

/// The store of a folder.
pub(crate) fn disk(dir: &Path) -> DiskStore {
    DiskStore::open(dir, &SystemRandom::new()).unwrap()
}

/// An event that tells `detail`.
pub(crate) fn event(detail: &str) -> Event {
    Event {
        at: jiff::Timestamp::UNIX_EPOCH,
        actor: Actor::Person(detail.to_owned()),
        subject: Subject::Rack,
        job: None,
        what: Message::Store(inventory::message::Store::SecretSet),
    }
}

/// A change of one key.
pub(crate) fn put(table: Table, key: &str, expect: Expect, value: &str) -> Change {
    let mut change = Change::default();
    change.puts.push(Put {
        table,
        key: key.to_owned(),
        expect,
        value: Some(value.into()),
    });
    change
}

/// A change that removes one key.
pub(crate) fn remove(table: Table, key: &str, expect: Expect) -> Change {
    let mut change = put(table, key, expect, "");
    change.puts[0].value = None;
    change
}

/// Version and text of a key, if it is there.
pub(crate) fn look(store: &dyn Store, table: Table, key: &str) -> Option<(u64, String)> {
    let raw = store.get(table, key).unwrap()?;
    Some((raw.version, String::from_utf8(raw.value).unwrap()))
}
