//! Machines that are not in the rack file, answered or not, noted within bounds: a flood of invented MACs neither fills the store nor
//! keeps it busy. The count is in memory; after a power cut it begins with what is stored.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use inventory::event::{Actor, Event, Subject};
use inventory::lease::{Holder, PoolLease};
use inventory::message::{Boot, Message};
use inventory::net::Mac;
use inventory::node::Stranger;
use inventory::store::{self, Change, Expect, Store, StoreError};

use crate::World;

/// Most strangers that are kept: more than a rack has machines, few enough to list.
pub(super) const KEPT_MAX: usize = 256;

/// A stranger's record is written anew at most this often.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// A stranger that was silent for this long is an event again.
const TELL_EVERY: Duration = Duration::from_secs(3600);

/// When each stranger was last written and told of, by the monotonic clock. One for all services: a machine asks on several
/// interfaces and over IPv4 and IPv6 at the same time, and its record is one.
#[derive(Debug, Default)]
pub(crate) struct Strangers(Mutex<HashMap<Mac, Last>>);

#[derive(Debug, Clone, Copy, Default)]
struct Last {
    written: Option<Duration>,
    heard: Option<Duration>,
    given: Option<Duration>,
}

/// A packet of a stranger.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard<'a> {
    pub(crate) mac: Mac,
    pub(crate) vendor_class: &'a str,
    /// Where it came in.
    pub(crate) interface: &'a str,
    /// The address of a pool that it was given; most are given nothing.
    pub(crate) given: Option<Ipv4Addr>,
}

/// What to do about a stranger that was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Note {
    /// Nothing: it was written a moment ago, or too many others were.
    Skip,
    /// Write its record.
    Write,
    /// Write its record and an event.
    Tell,
}

impl Strangers {
    /// Takes up those that are stored.
    pub(crate) fn load(&self, store: &dyn Store) -> Result<(), StoreError> {
        let stored = store::read_all::<Stranger>(store)?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for found in stored.into_iter().take(KEPT_MAX) {
            known.entry(found.value.mac).or_default();
        }
        Ok(())
    }

    fn note(&self, heard: &Heard<'_>, now: Duration) -> Note {
        let mac = heard.mac;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(&mac) && known.len() >= KEPT_MAX {
            return Note::Skip;
        }
        let last = known.entry(mac).or_default();
        let is_over = |since: Option<Duration>, span| {
            since.is_none_or(|since| now.saturating_sub(since) >= span)
        };
        let was = match heard.given {
            // What was given an address a moment ago asks for another kind, and is no news for that.
            None => last.heard.replace(now).max(last.given),
            Some(_) => last.given.replace(now),
        };
        if is_over(was, TELL_EVERY) {
            last.written = Some(now);
            return Note::Tell;
        }
        if !is_over(last.written, WRITE_EVERY) {
            return Note::Skip;
        }
        last.written = Some(now);
        Note::Write
    }

    /// Notes that a stranger was heard, and what became of it. No reply waits for the note: one that is lost is made again in
    /// a minute.
    pub(crate) fn hear(&self, world: &World, heard: Heard<'_>) -> Result<(), StoreError> {
        let note = self.note(&heard, world.now().mono);
        if note == Note::Skip {
            return Ok(());
        }
        let mut change = Change::default();
        change.put(Expect::Any, &record(world, &heard)?)?;
        if note == Note::Tell {
            tracing::info!(?heard, "not in the rack file");
            change.tell(event(world, &heard));
        }
        drop(world.store.submit(change));
        Ok(())
    }
}

fn record(world: &World, heard: &Heard<'_>) -> Result<Stranger, StoreError> {
    let now = world.now().wall;
    let before = store::read::<Stranger>(&*world.store, &heard.mac)?.map(|found| found.value);
    let had = before.as_ref().and_then(|before| before.address);
    let address = match (heard.given, had) {
        (Some(given), _) => Some(given),
        // Heard over IPv6, or of another mind: what it was given before is its own until the lease ends.
        (None, Some(had)) if holds(world, heard.mac, had)? => Some(had),
        (None, Some(_) | None) => None,
    };
    Ok(Stranger {
        mac: heard.mac,
        interface: heard.interface.to_owned(),
        address,
        vendor_class: heard.vendor_class.to_owned(),
        first_seen: before.map_or(now, |before| before.first_seen),
        last_seen: now,
    })
}

/// Whether an address of a pool is leased to `mac` now.
fn holds(world: &World, mac: Mac, address: Ipv4Addr) -> Result<bool, StoreError> {
    let lease = store::read::<PoolLease>(&*world.store, &address)?.map(|found| found.value);
    Ok(lease.is_some_and(|lease| {
        lease.holder == Holder::Client(mac) && !lease.deadline.has_passed(&world.now())
    }))
}

fn event(world: &World, heard: &Heard<'_>) -> Event {
    let (mac, interface) = (heard.mac, heard.interface.to_owned());
    Event {
        at: world.now().wall,
        actor: Actor::Appliance,
        subject: Subject::Stranger(mac),
        job: None,
        what: Message::Boot(match heard.given {
            None => Boot::StrangerHeard { mac, interface },
            Some(address) => Boot::PoolLeaseGiven { mac, address },
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn heard(number: u32, given: Option<Ipv4Addr>) -> Heard<'static> {
        let [a, b, c, d] = number.to_be_bytes();
        Heard {
            mac: Mac([2, 0, a, b, c, d]),
            vendor_class: "",
            interface: "eth0",
            given,
        }
    }

    #[test]
    fn a_stranger_is_told_once_and_written_once_a_minute() {
        let strangers = Strangers::default();
        let notes = [0, 1, 59, 60, 61, 125, 125 + 3600]
            .map(|second| strangers.note(&heard(1, None), at(second)));
        let expected = [
            Note::Tell,
            Note::Skip,
            Note::Skip,
            Note::Write,
            Note::Skip,
            Note::Write,
            Note::Tell,
        ];
        assert_eq!(notes, expected);
    }

    #[test]
    fn its_first_address_is_told_though_it_was_heard_a_moment_before() {
        let strangers = Strangers::default();
        let given = Some(Ipv4Addr::new(10, 0, 0, 100));
        let notes = [None, given, given].map(|given| strangers.note(&heard(1, given), at(5)));
        assert_eq!(notes, [Note::Tell, Note::Tell, Note::Skip]);
    }

    #[test]
    fn what_was_given_an_address_and_asks_over_ipv6_too_leaves_its_record_alone() {
        let strangers = Strangers::default();
        let given = Some(Ipv4Addr::new(10, 0, 0, 100));
        let notes = [(given, 5), (None, 5), (None, 64), (None, 66)];
        let notes = notes.map(|(given, second)| strangers.note(&heard(1, given), at(second)));
        let expected = [Note::Tell, Note::Skip, Note::Skip, Note::Write];
        assert_eq!(notes, expected);
    }

    #[test]
    fn a_flood_of_macs_is_noted_up_to_a_bound() {
        let strangers = Strangers::default();
        let noted = (0..100_000_u32).filter(|number| {
            strangers.note(&heard(*number, None), at(u64::from(*number))) != Note::Skip
        });
        assert_eq!(noted.count(), KEPT_MAX);
    }
}
