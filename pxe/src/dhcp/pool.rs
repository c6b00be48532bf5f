//! The addresses of one pool: who has which, and which is given next. Pure: time comes in as the monotonic clock, and
//! whoever calls makes durable what must be.
//!
//! An address belongs to one MAC at a time. A MAC keeps its address as long as nobody else needed it. Offers that nobody
//! takes are forgotten soon, and there are never many of them: a flood of invented MACs costs a bounded memory.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use inventory::lease::Holder;
use inventory::net::Mac;

/// How long an address of a pool is given, seconds. Short: the window is a matter of minutes, and so is what remains of it.
pub(super) const LEASE_SECONDS: u32 = 600;

/// A lease that is renewed is written anew at most this often, so it is kept that much longer than its client knows.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// How long an address is kept for a lease.
pub(super) const KEPT: Duration = Duration::from_secs(LEASE_SECONDS as u64 + 60);

/// How long an offer waits to be taken. EDK2 collects offers for its first 4 s.
const OFFERED: Duration = Duration::from_secs(10);

/// How long an address rests that a client found somebody else on.
pub(super) const QUARANTINE: Duration = Duration::from_secs(3600);

/// How long an address is passed over that somebody answered for, or that could not be asked for.
const PASSED_OVER: Duration = Duration::from_secs(60);

/// Most offers that wait to be taken. More than any rack has machines.
const OFFERS_MAX: usize = 4096;

/// Most addresses of a pool that are given: bounds the memory of a pool that is a whole /8.
const SIZE_MAX: u32 = 1 << 18;

/// Addresses of one network that strangers get.
#[derive(Debug)]
pub(super) struct Pool {
    range: RangeInclusive<u32>,
    /// Never given, though in the range: somebody of the rack file has it.
    taken: HashSet<u32>,
    slots: HashMap<u32, Slot>,
    by_mac: HashMap<Mac, u32>,
    /// Every slot by the time it ends.
    ends: BTreeSet<(Duration, u32)>,
    offers: usize,
    /// The lowest address that was never given.
    fresh: u32,
    /// Those below it that nobody has.
    freed: BTreeSet<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    state: State,
    until: Duration,
    /// When it was last made durable as it is.
    written: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Offered(Mac),
    Held(Holder),
}

/// What becomes of a REQUEST for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is the client's. `is_durable` if that is on the platter already.
    Yes { is_durable: bool },
    /// It is not.
    No,
}

impl Pool {
    /// A pool of the addresses `first` to `last` without `taken`, where nobody has any.
    pub(super) fn new((first, last): (Ipv4Addr, Ipv4Addr), taken: HashSet<u32>) -> Self {
        let range = range(first, last);
        Self {
            fresh: *range.start(),
            range,
            taken,
            slots: HashMap::new(),
            by_mac: HashMap::new(),
            ends: BTreeSet::new(),
            offers: 0,
            freed: BTreeSet::new(),
        }
    }

    /// The same clients with another range: those whose address is no longer in it lose it.
    pub(super) fn reshape(&mut self, (first, last): (Ipv4Addr, Ipv4Addr), taken: HashSet<u32>) {
        let old = std::mem::replace(self, Self::new((first, last), taken));
        for (address, slot) in old.slots {
            if self.may_give(address) {
                self.put(address, slot);
            }
        }
    }

    /// What was stored: `address` is `holder`'s until `until`.
    pub(super) fn restore(&mut self, address: Ipv4Addr, holder: Holder, until: Duration) {
        let address = u32::from(address);
        let twice = match holder {
            Holder::Client(mac) => self.by_mac.contains_key(&mac),
            Holder::Somebody => false,
        };
        if self.may_give(address) && !twice {
            let state = State::Held(holder);
            let written = None;
            self.put(
                address,
                Slot {
                    state,
                    until,
                    written,
                },
            );
        }
    }

    /// An address for `mac`, which would like `wants`. None if there is none.
    pub(super) fn offer(
        &mut self,
        mac: Mac,
        wants: Option<Ipv4Addr>,
        now: Duration,
    ) -> Option<Ipv4Addr> {
        if let Some(&address) = self.by_mac.get(&mac) {
            let slot = *self.slots.get(&address)?;
            let until = slot.until.max(now + OFFERED);
            self.put(address, Slot { until, ..slot });
            return Some(address.into());
        }
        if self.offers >= OFFERS_MAX && !self.forget_an_offer(now) {
            return None;
        }
        let wants = wants.map(u32::from).filter(|wants| self.is_free(*wants));
        let address = wants
            .or_else(|| self.next_fresh())
            .or_else(|| self.freed.first().copied())
            .or_else(|| self.oldest(now))?;
        let slot = Slot {
            state: State::Offered(mac),
            until: now + OFFERED,
            written: None,
        };
        self.put(address, slot);
        Some(address.into())
    }

    /// `mac` takes `address`, or keeps it; `is_ours` if it named this server, so that an offer forgotten meanwhile still
    /// counts while nobody else has the address.
    pub(super) fn take(
        &mut self,
        (mac, address): (Mac, Ipv4Addr),
        is_ours: bool,
        now: Duration,
    ) -> Taken {
        let address = u32::from(address);
        let mine = self.by_mac.get(&mac) == Some(&address);
        let forgotten = is_ours && !self.by_mac.contains_key(&mac) && self.is_free(address);
        if !mine && !forgotten {
            return Taken::No;
        }
        let state = State::Held(Holder::Client(mac));
        let before = self.slots.get(&address).filter(|slot| slot.state == state);
        let fresh = |at: &Duration| now.saturating_sub(*at) < WRITE_EVERY;
        let written = before.and_then(|slot| slot.written).filter(fresh);
        let until = now + KEPT;
        self.put(
            address,
            Slot {
                state,
                until,
                written,
            },
        );
        let is_durable = written.is_some();
        Taken::Yes { is_durable }
    }

    /// The lease of `address` is on the platter since `now`.
    pub(super) fn is_written(&mut self, address: Ipv4Addr, now: Duration) {
        if let Some(slot) = self.slots.get_mut(&address.into()) {
            slot.written = Some(now);
        }
    }

    /// `mac` does not take what it was offered.
    pub(super) fn forget(&mut self, mac: Mac) {
        let Some(&address) = self.by_mac.get(&mac) else {
            return;
        };
        let slot = self.slots.get(&address);
        if slot.is_some_and(|slot| slot.state == State::Offered(mac)) {
            self.free(address);
        }
    }

    /// `mac` needs `address` no longer. Whether it was its own.
    pub(super) fn release(&mut self, mac: Mac, address: Ipv4Addr) -> bool {
        let address = u32::from(address);
        let mine = self.by_mac.get(&mac) == Some(&address);
        if mine {
            self.free(address);
        }
        mine
    }

    /// `address`, offered to `mac` a moment ago, is not to be given now.
    pub(super) fn pass_over(&mut self, mac: Mac, address: Ipv4Addr, now: Duration) {
        self.rest(mac, address, now + PASSED_OVER);
    }

    /// `mac` found somebody else on `address`, which it had from here: it rests. Whether it was its own.
    pub(super) fn decline(&mut self, mac: Mac, address: Ipv4Addr, now: Duration) -> bool {
        self.rest(mac, address, now + QUARANTINE)
    }

    fn rest(&mut self, mac: Mac, address: Ipv4Addr, until: Duration) -> bool {
        let mine = self.release(mac, address);
        if mine {
            let slot = Slot {
                state: State::Held(Holder::Somebody),
                until,
                written: None,
            };
            self.put(address.into(), slot);
        }
        mine
    }

    fn may_give(&self, address: u32) -> bool {
        self.range.contains(&address) && !self.taken.contains(&address)
    }

    fn is_free(&self, address: u32) -> bool {
        self.may_give(address) && !self.slots.contains_key(&address)
    }

    fn next_fresh(&mut self) -> Option<u32> {
        while self.fresh <= *self.range.end() {
            let address = self.fresh;
            self.fresh += 1;
            if self.is_free(address) {
                return Some(address);
            }
        }
        None
    }

    /// The address whose time was over first.
    fn oldest(&mut self, now: Duration) -> Option<u32> {
        let &(until, address) = self.ends.first()?;
        (until <= now).then(|| {
            self.clear(address);
            address
        })
    }

    /// Makes room for an offer, if the oldest slot is an offer whose time is over.
    fn forget_an_offer(&mut self, now: Duration) -> bool {
        let over = self.ends.iter().take_while(|(until, _)| *until <= now);
        let is_offer = |address: &u32| {
            let slot = self.slots.get(address);
            slot.is_some_and(|slot| matches!(slot.state, State::Offered(_)))
        };
        let found = over.map(|(_, address)| *address).find(is_offer);
        if let Some(address) = found {
            self.free(address);
        }
        found.is_some()
    }

    /// Takes the address from whoever has it, for the next one.
    fn free(&mut self, address: u32) {
        self.clear(address);
        self.freed.insert(address);
    }

    fn put(&mut self, address: u32, slot: Slot) {
        self.clear(address);
        self.freed.remove(&address);
        match slot.state {
            State::Offered(mac) => {
                self.offers += 1;
                self.by_mac.insert(mac, address);
            }
            State::Held(Holder::Client(mac)) => {
                self.by_mac.insert(mac, address);
            }
            State::Held(Holder::Somebody) => {}
        }
        self.ends.insert((slot.until, address));
        self.slots.insert(address, slot);
    }

    fn clear(&mut self, address: u32) {
        let Some(slot) = self.slots.remove(&address) else {
            return;
        };
        self.ends.remove(&(slot.until, address));
        match slot.state {
            State::Offered(mac) => {
                self.offers -= 1;
                self.by_mac.remove(&mac);
            }
            State::Held(Holder::Client(mac)) => {
                self.by_mac.remove(&mac);
            }
            State::Held(Holder::Somebody) => {}
        }
    }
}

fn range(first: Ipv4Addr, last: Ipv4Addr) -> RangeInclusive<u32> {
    let first = u32::from(first);
    first..=u32::from(last).min(first.saturating_add(SIZE_MAX - 1))
}

#[cfg(test)]
mod tests;
