//! Concurrent writers whose every change writes two keys and one event that must agree, and the check that they do.

use std::collections::BTreeMap;
use std::fmt;

use inventory::event::{Actor, Event};
use inventory::store::verify::{ChainFault, verify};
use inventory::store::{Change, Expect, Store, StoreError, Table};

use crate::make::{event, look, put};

/// Change number `n` of writer `writer`, counted from 1: a counter, a key of its own, and an event.
pub(crate) fn change(writer: usize, n: u64) -> Change {
    let before = if n == 1 {
        Expect::Absent
    } else {
        Expect::Version(n - 1)
    };
    let mut change = put(Table::Leases, &writer.to_string(), before, &n.to_string());
    let own = put(
        Table::Nodes,
        &name(writer, n),
        Expect::Absent,
        &"x".repeat(200),
    );
    change.puts.extend(own.puts);
    change.tell(event(&name(writer, n)));
    change
}

fn name(writer: usize, n: u64) -> String {
    format!("{writer}-{n:06}")
}

/// Runs `writers` threads of `changes` changes each, from what each has done already; `acknowledged` hears of each.
pub(crate) fn run(
    store: &dyn Store,
    writers: usize,
    changes: u64,
    acknowledged: impl Fn(usize, u64) + Sync,
) {
    let acknowledged = &acknowledged;
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let done = done(store, writer);
            scope.spawn(move || {
                for n in done + 1..=done + changes {
                    store.submit(change(writer, n)).wait().unwrap();
                    acknowledged(writer, n);
                }
            });
        }
    });
}

/// How many changes of a writer the store holds.
pub(crate) fn done(store: &dyn Store, writer: usize) -> u64 {
    look(store, Table::Leases, &writer.to_string()).map_or(0, |(_, n)| n.parse().unwrap())
}

/// What is wrong with a store after a cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Damage {
    /// It does not open or read.
    Unreadable(StoreError),
    /// A change that was acknowledged is not there.
    Lost {
        writer: usize,
        acknowledged: u64,
        found: u64,
    },
    /// More is there than was ever asked for.
    Invented {
        writer: usize,
        asked: u64,
        found: u64,
    },
    /// The parts of a change do not agree.
    Half {
        writer: usize,
        counter: u64,
        keys: Vec<String>,
        events: Vec<String>,
    },
    /// The chain of events does not hold.
    Chain(ChainFault),
}

impl From<StoreError> for Damage {
    fn from(error: StoreError) -> Self {
        Self::Unreadable(error)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Checks that each writer's acknowledged changes are there, at most one more, and that all parts agree.
pub(crate) fn inspect(store: &dyn Store, acknowledged: &[u64]) -> Result<(), Damage> {
    let links = store.events(1, usize::MAX)?;
    verify(&links, store.head()?, store.public_key(), None).map_err(Damage::Chain)?;
    let events = links.iter().map(|link| link.event().map(who));
    let events = by_writer(events.collect::<Result<Vec<_>, _>>()?);
    let keys = store.list(Table::Nodes)?.into_iter().map(|(key, _)| key);
    let keys = by_writer(keys.collect());
    let counters = store.list(Table::Leases)?;
    for (writer, acknowledged) in acknowledged.iter().copied().enumerate() {
        let counter = counters.iter().find(|(key, _)| *key == writer.to_string());
        let found = counter.map_or(0, |(_, raw)| raw.version);
        if found < acknowledged {
            return Err(Damage::Lost {
                writer,
                acknowledged,
                found,
            });
        }
        if found > acknowledged + 1 {
            return Err(Damage::Invented {
                writer,
                asked: acknowledged + 1,
                found,
            });
        }
        let part = |parts: &BTreeMap<String, Vec<String>>| {
            parts.get(&writer.to_string()).cloned().unwrap_or_default()
        };
        let (keys, events) = (part(&keys), part(&events));
        let all: Vec<_> = (1..=found).map(|n| name(writer, n)).collect();
        let written = counter.map_or("0".into(), |(_, raw)| String::from_utf8_lossy(&raw.value));
        if keys != all || events != all || written != found.to_string() {
            return Err(Damage::Half {
                writer,
                counter: found,
                keys,
                events,
            });
        }
    }
    Ok(())
}

fn who(event: Event) -> String {
    match event.actor {
        Actor::Person(name) => name,
        Actor::Node(_) | Actor::Appliance => panic!("not one of ours: {event:?}"),
    }
}

/// `W-N` grouped by `W`, in the order given.
fn by_writer(names: Vec<String>) -> BTreeMap<String, Vec<String>> {
    let mut grouped: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in names {
        let (writer, _) = name.split_once('-').unwrap();
        grouped.entry(writer.to_owned()).or_default().push(name);
    }
    grouped
}
