//! What every backend must do, run on each of them.

use std::sync::{Arc, Mutex};

use inventory::store::verify::verify;
use inventory::store::{
    Change, Committed, DiskStore, Expect, MemoryStore, Store, StoreError, Table,
};

use crate::make::{disk, event, look, put, remove};

type Rule = (&'static str, fn(&dyn Store));

/// The rules, each on an empty store.
const RULES: &[Rule] = &[
    (
        "a version rises by one with each write of its key",
        versions,
    ),
    (
        "a wrong belief is a conflict and changes nothing",
        conflicts,
    ),
    ("a change is done whole or not at all", all_or_nothing),
    (
        "a key written twice in one change counts twice",
        twice_in_one,
    ),
    ("a removed key is absent, and begins anew", removal),
    ("a list is by key and of one table only", lists),
    ("tickets of one submitter settle in order", order),
    ("of many that expect the same version one wins", one_wins),
    ("events are numbered from 1 and paged", paging),
    ("an event of a refused change is not told", refused_event),
    (
        "a watcher hears each change once, durable, before its ticket",
        watching,
    ),
    ("events are chained under a signed head", chained),
];

#[test]
fn the_store_in_memory_conforms() {
    for (rule, check) in RULES {
        println!("{rule}");
        check(&MemoryStore::default());
    }
}

#[test]
fn the_store_on_disk_conforms() {
    for (rule, check) in RULES {
        println!("{rule}");
        let dir = tempfile::tempdir().unwrap();
        check(&disk(dir.path()));
    }
}

#[test]
fn a_reopened_store_has_everything_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let key = {
        let store = disk(dir.path());
        chained(&store);
        store.public_key()
    };
    let store = disk(dir.path());
    assert_eq!(store.public_key(), key);
    assert_eq!(look(&store, Table::Jobs, "1"), Some((3, "c".to_owned())));
    let mut change = put(Table::Jobs, "1", Expect::Version(3), "d");
    change.tell(event("after"));
    assert_eq!(store.submit(change).wait().unwrap().events, 4..5);
    let links = store.events(1, 9).unwrap();
    verify(&links, store.head().unwrap(), key, None).unwrap();
}

#[test]
fn a_folder_serves_one_store_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let first = disk(dir.path());
    let rng = ring::rand::SystemRandom::new();
    let second = DiskStore::open(dir.path(), &rng);
    assert!(matches!(second, Err(StoreError::Failed(why)) if why.contains("another appliance")));
    drop(first);
    disk(dir.path());
}

#[test]
fn a_missing_key_is_not_replaced_in_silence() {
    let dir = tempfile::tempdir().unwrap();
    drop(disk(dir.path()));
    let key = dir.path().join("events.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let rng = ring::rand::SystemRandom::new();
    let refused = DiskStore::open(dir.path(), &rng).unwrap_err().to_string();
    assert!(refused.contains("events.key is missing"), "{refused}");
    std::fs::write(&key, kept).unwrap();
    disk(dir.path());
}

#[test]
fn a_first_opening_that_was_cut_short_is_completed() {
    let dir = tempfile::tempdir().unwrap();
    for left in ["events.key.new", "hinode.redb.new"] {
        std::fs::write(dir.path().join(left), "half of it").unwrap();
    }
    disk(dir.path());
    disk(dir.path());
}

#[test]
fn closing_writes_what_is_queued() {
    let dir = tempfile::tempdir().unwrap();
    let store = disk(dir.path());
    let tickets = (0..500).map(|n| put(Table::Leases, &n.to_string(), Expect::Absent, "x"));
    let tickets: Vec<_> = tickets.map(|change| store.submit(change)).collect();
    drop(store);
    for ticket in tickets {
        ticket.wait().unwrap();
    }
    assert_eq!(disk(dir.path()).list(Table::Leases).unwrap().len(), 500);
}

#[test]
fn the_files_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("data");
    let _store = disk(&dir);
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("events.key")), 0o600);
    assert_eq!(mode(&dir.join("hinode.redb")), 0o600);
}

fn done(store: &dyn Store, change: Change) -> Committed {
    store.submit(change).wait().unwrap()
}

fn conflict(table: Table, key: &str) -> StoreError {
    StoreError::Conflict {
        table: table.name(),
        key: key.to_owned(),
    }
}

fn versions(store: &dyn Store) {
    for (version, value) in [(1, "a"), (2, "b"), (3, "c")] {
        done(store, put(Table::Nodes, "n", Expect::Any, value));
        assert_eq!(
            look(store, Table::Nodes, "n"),
            Some((version, value.to_owned()))
        );
    }
    assert_eq!(look(store, Table::Nodes, "other"), None);
}

fn conflicts(store: &dyn Store) {
    done(store, put(Table::Arms, "n", Expect::Absent, "a"));
    for wrong in [Expect::Absent, Expect::Version(0), Expect::Version(2)] {
        for change in [
            put(Table::Arms, "n", wrong, "z"),
            remove(Table::Arms, "n", wrong),
        ] {
            assert_eq!(store.submit(change).wait(), Err(conflict(Table::Arms, "n")));
        }
    }
    let missing = put(Table::Arms, "m", Expect::Version(1), "z");
    assert_eq!(
        store.submit(missing).wait(),
        Err(conflict(Table::Arms, "m"))
    );
    assert_eq!(look(store, Table::Arms, "n"), Some((1, "a".to_owned())));
    done(store, put(Table::Arms, "n", Expect::Version(1), "b"));
}

fn all_or_nothing(store: &dyn Store) {
    let mut change = put(Table::Leases, "a", Expect::Absent, "1");
    change
        .puts
        .extend(put(Table::Nodes, "b", Expect::Version(7), "2").puts);
    assert_eq!(
        store.submit(change).wait(),
        Err(conflict(Table::Nodes, "b"))
    );
    assert_eq!(look(store, Table::Leases, "a"), None);
    let mut change = put(Table::Leases, "a", Expect::Absent, "1");
    change
        .puts
        .extend(put(Table::Nodes, "b", Expect::Absent, "2").puts);
    let touched = done(store, change).touched;
    assert_eq!(
        touched,
        [
            (Table::Leases, "a".to_owned()),
            (Table::Nodes, "b".to_owned())
        ]
    );
}

fn twice_in_one(store: &dyn Store) {
    let mut change = put(Table::Meta, "a", Expect::Absent, "1");
    change
        .puts
        .extend(put(Table::Meta, "a", Expect::Absent, "2").puts);
    done(store, change);
    assert_eq!(look(store, Table::Meta, "a"), Some((2, "2".to_owned())));
}

fn removal(store: &dyn Store) {
    done(store, put(Table::Pins, "a", Expect::Any, "1"));
    done(store, put(Table::Pins, "a", Expect::Any, "2"));
    done(store, remove(Table::Pins, "a", Expect::Version(2)));
    assert_eq!(look(store, Table::Pins, "a"), None);
    done(store, remove(Table::Pins, "a", Expect::Any));
    done(store, put(Table::Pins, "a", Expect::Absent, "3"));
    assert_eq!(look(store, Table::Pins, "a"), Some((1, "3".to_owned())));
}

fn lists(store: &dyn Store) {
    for key in ["b", "a", "c"] {
        done(store, put(Table::Strangers, key, Expect::Any, key));
    }
    done(store, put(Table::Secrets, "other", Expect::Any, "x"));
    let keys = store
        .list(Table::Strangers)
        .unwrap()
        .into_iter()
        .map(|(key, _)| key);
    assert_eq!(keys.collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(store.list(Table::Jobs).unwrap().is_empty());
}

fn order(store: &dyn Store) {
    let tickets: Vec<_> = (0..300)
        .map(|n| {
            let mut change = put(Table::Jobs, "j", Expect::Any, &n.to_string());
            change.tell(event(&n.to_string()));
            store.submit(change)
        })
        .collect();
    for (n, ticket) in (0..).zip(tickets) {
        assert_eq!(ticket.wait().unwrap().events, n + 1..n + 2);
        assert!(store.last_event().unwrap() > n);
    }
    assert_eq!(look(store, Table::Jobs, "j"), Some((300, "299".to_owned())));
}

fn one_wins(store: &dyn Store) {
    done(store, put(Table::Arms, "n", Expect::Absent, "armed"));
    let claim = || put(Table::Arms, "n", Expect::Version(1), "spent");
    let wins = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| store.submit(claim()).wait().is_ok()))
            .collect();
        let won = racers.into_iter().map(|racer| racer.join().unwrap());
        won.filter(|won| *won).count()
    });
    assert_eq!(wins, 1);
}

fn paging(store: &dyn Store) {
    assert_eq!(store.last_event().unwrap(), 0);
    assert_eq!(store.head().unwrap(), None);
    let mut change = Change::default();
    for n in 1..=5 {
        change.tell(event(&n.to_string()));
    }
    assert_eq!(done(store, change).events, 1..6);
    let page = |from, limit| {
        let links = store.events(from, limit).unwrap();
        links.iter().map(|link| link.seq).collect::<Vec<_>>()
    };
    assert_eq!(page(0, 2), [1, 2]);
    assert_eq!(page(3, 2), [3, 4]);
    assert_eq!(page(5, 9), [5]);
    assert_eq!(page(6, 9), [0; 0]);
    assert_eq!(page(1, 0), [0; 0]);
    assert_eq!(store.events(4, 1).unwrap()[0].event().unwrap(), event("4"));
}

fn refused_event(store: &dyn Store) {
    let mut change = put(Table::Jobs, "1", Expect::Version(9), "x");
    change.tell(event("never"));
    assert!(store.submit(change).wait().is_err());
    assert_eq!(store.last_event().unwrap(), 0);
}

fn watching(store: &dyn Store) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = heard.clone();
    store.watch(Box::new(move |committed| {
        ear.lock().unwrap().push(committed.clone())
    }));
    let told = done(store, put(Table::Nodes, "a", Expect::Any, "1"));
    assert_eq!(*heard.lock().unwrap(), [told]);
    assert!(
        store
            .submit(put(Table::Nodes, "a", Expect::Absent, "2"))
            .wait()
            .is_err()
    );
    assert_eq!(heard.lock().unwrap().len(), 1);
}

fn chained(store: &dyn Store) {
    for value in ["a", "b", "c"] {
        let mut change = put(Table::Jobs, "1", Expect::Any, value);
        change.tell(event(value));
        done(store, change);
    }
    let links = store.events(1, 9).unwrap();
    let head = store.head().unwrap();
    let verified = verify(&links, head, store.public_key(), None).unwrap();
    assert_eq!(verified.events, 3);
    assert_eq!(verified.head, links[2].sum);
}
