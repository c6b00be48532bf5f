//! Any sequence of changes, in batches and over restarts, answers and ends as the same sequence on a plain map.

use std::collections::BTreeMap;
use std::path::Path;

use inventory::store::{Change, Committed, Expect, MemoryStore, Put, Store, StoreError, Table};
use proptest::prelude::*;

use crate::make::{disk, event};

const TABLES: [Table; 2] = [Table::Leases, Table::Nodes];
const KEYS: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Clone)]
enum Step {
    /// Submitted together, then waited for.
    Batch(Vec<Change>),
    Reopen,
}

type Slot = (Table, String);

#[derive(Default)]
struct Model {
    records: BTreeMap<Slot, (u64, Vec<u8>)>,
    events: u64,
}

impl Model {
    fn expects(&self, put: &Put) -> bool {
        let slot = (put.table, put.key.clone());
        match (put.expect, self.records.get(&slot)) {
            (Expect::Any, _) | (Expect::Absent, None) => true,
            (Expect::Version(version), Some((found, _))) => version == *found,
            (Expect::Absent, Some(_)) | (Expect::Version(_), None) => false,
        }
    }

    fn submit(&mut self, change: &Change) -> Result<Committed, StoreError> {
        if let Some(put) = change.puts.iter().find(|put| !self.expects(put)) {
            return Err(StoreError::Conflict {
                table: put.table.name(),
                key: put.key.clone(),
            });
        }
        let slot = |put: &Put| (put.table, put.key.clone());
        for put in &change.puts {
            let before = self
                .records
                .remove(&slot(put))
                .map_or(0, |(version, _)| version);
            if let Some(value) = &put.value {
                self.records.insert(slot(put), (before + 1, value.clone()));
            }
        }
        let first = self.events + 1;
        self.events += change.events.len() as u64;
        Ok(Committed {
            events: first..self.events + 1,
            touched: change.puts.iter().map(slot).collect(),
        })
    }
}

fn puts() -> impl Strategy<Value = Put> {
    let expect = prop_oneof![
        Just(Expect::Any),
        Just(Expect::Absent),
        (1u64..4).prop_map(Expect::Version),
    ];
    let value = prop::option::weighted(0.8, prop::collection::vec(any::<u8>(), 0..40));
    let slot = (
        prop::sample::select(&TABLES[..]),
        prop::sample::select(&KEYS[..]),
    );
    (slot, expect, value).prop_map(|((table, key), expect, value)| Put {
        table,
        key: key.to_owned(),
        expect,
        value,
    })
}

fn changes() -> impl Strategy<Value = Change> {
    let events = prop::collection::vec("[a-z]{0,8}".prop_map(|text| event(&text)), 0..3);
    (prop::collection::vec(puts(), 0..4), events).prop_map(|(puts, events)| Change { puts, events })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let batch = prop::collection::vec(changes(), 1..8).prop_map(Step::Batch);
    prop::collection::vec(prop_oneof![6 => batch, 1 => Just(Step::Reopen)], 1..12)
}

fn agrees(store: &dyn Store, model: &Model) {
    for table in TABLES {
        let found = store.list(table).unwrap().into_iter();
        let found: Vec<_> = found
            .map(|(key, raw)| (key, (raw.version, raw.value)))
            .collect();
        let of_table = model.records.iter().filter(|((of, _), _)| *of == table);
        let wanted: Vec<_> = of_table
            .map(|((_, key), raw)| (key.clone(), raw.clone()))
            .collect();
        assert_eq!(found, wanted);
    }
    assert_eq!(store.last_event().unwrap(), model.events);
}

fn submit(store: &dyn Store, model: &mut Model, changes: &[Change]) {
    let tickets: Vec<_> = changes
        .iter()
        .map(|change| store.submit(change.clone()))
        .collect();
    for (change, ticket) in changes.iter().zip(tickets) {
        assert_eq!(ticket.wait(), model.submit(change));
    }
    agrees(store, model);
}

fn play_on_disk(dir: &Path, steps: &[Step]) {
    let mut store = disk(dir);
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Batch(changes) => submit(&store, &mut model, changes),
            Step::Reopen => {
                drop(store);
                store = disk(dir);
                agrees(&store, &model);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_disk_answers_and_ends_as_the_model(steps in steps()) {
        let dir = tempfile::tempdir().unwrap();
        play_on_disk(dir.path(), &steps);
    }

    #[test]
    fn the_memory_answers_and_ends_as_the_model(steps in steps()) {
        let store = MemoryStore::default();
        let mut model = Model::default();
        for step in &steps {
            match step {
                Step::Batch(changes) => submit(&store, &mut model, changes),
                Step::Reopen => {}
            }
        }
    }
}
