//! Asks, before an address of a pool is offered, whether somebody uses it already: an ARP probe (RFC 5227) beside
//! everything else, on one socket for all of them.
//!
//! A reserved address is never probed first: it is its node's, and a node must not wait for it. Nothing is stored; after a
//! power cut addresses are probed anew.

use std::collections::HashMap;
use std::future::Future;
use std::net::Ipv4Addr;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use inventory::net::Mac;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::arp::Arp;
use super::socket::Wire;

/// How often an address is asked for: one frame may be lost.
const PROBES: u32 = 2;

/// Between two probes, and after the last. RFC 5227 §1.1 lets a host wait 9 s, three probes 1 to 2 s apart after a random
/// pause: it configures itself once, and keeps hosts that were switched on together from asking in step. We are one
/// asker, and our client waits: firmware asks again after 4 s, iPXE after 1 s, and 42 machines switched on together shall
/// have their addresses within 100 ms. A host on the same link answers within a millisecond; two times 30 ms leave it
/// thirty. What still slips through, the client's own probe finds (RFC 2131 §4.4.1): it declines.
const PAUSE: Duration = Duration::from_millis(30);

/// Probes under way at once: more than a rack has machines. A client beyond that asks again.
const AT_ONCE: usize = 256;

/// How long a free address counts as free: over the client's OFFER and REQUEST, and its retry if one was lost.
const FREE_FOR: Duration = Duration::from_secs(10);

/// How long an address that somebody answered for is set aside: a machine in use stays, and asking costs every client of
/// the pool 60 ms.
const TAKEN_FOR: Duration = Duration::from_secs(600);

/// Results kept at once; beyond that addresses are probed again. A pool of a /22 fits.
const KEPT_MAX: usize = 1024;

/// Pause after a failed read, so that an interface that went down does not keep a core busy.
const READ_AGAIN: Duration = Duration::from_millis(200);

/// Longest ARP frame that is looked at.
const FRAME_MAX: usize = 128;

/// What became of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probed {
    /// Nobody answered.
    Free,
    /// This machine says that the address is its own.
    Taken(Mac),
    /// Not asked, for the reason given: not to be offered now.
    Unasked(Unasked),
}

/// Why an address was not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unasked {
    /// Too many probes are under way.
    Busy,
    /// The interface did not take the frame.
    NotSent,
}

/// Asks who has an address, on one interface.
#[derive(Debug)]
pub struct Prober {
    wire: Wire,
    known: Mutex<Known>,
}

impl Prober {
    /// Asks through `wire`, which hears ARP. Answers come only while [`Prober::listen`] runs.
    pub fn new(wire: Wire) -> Self {
        Self {
            wire,
            known: Mutex::default(),
        }
    }

    /// The interface's hardware address.
    pub fn mac(&self) -> Mac {
        self.wire.mac()
    }

    /// Whether somebody has `address`: 60 ms if nobody has, at once if it was asked for lately.
    pub async fn probe(&self, address: Ipv4Addr) -> Probed {
        let now = Instant::now();
        if let Some(result) = self.known().result(address, now) {
            return result;
        }
        let Some(mut answered) = self.known().ask(address) else {
            return Probed::Unasked(Unasked::Busy);
        };
        let frame = Arp::probe(self.wire.mac(), address).write();
        for _ in 0..PROBES {
            if let Err(error) = self.wire.send(&frame) {
                tracing::warn!(%address, %error, "ARP probe not sent");
                return Probed::Unasked(Unasked::NotSent);
            }
            let answer = timeout(PAUSE, answered.wait_for(Option::is_some)).await;
            if answer.is_ok() {
                break;
            }
        }
        let taken_by = *answered.borrow();
        drop(answered);
        let mut known = self.known();
        known.forget(address);
        known.keep(address, taken_by, Instant::now());
        taken_by.map_or(Probed::Free, Probed::Taken)
    }

    /// Asks as `ours` who has `address`, at most once in a while, and waits for nobody: whoever answers is heard by
    /// [`Prober::listen`]. Not a probe: a node that tries its new address out would take a probe for a rival
    /// (RFC 5227 §2.1.1) and decline.
    pub fn ask(&self, ours: Ipv4Addr, address: Ipv4Addr) {
        let now = Instant::now();
        let mut known = self.known();
        if known.result(address, now).is_some() {
            return;
        }
        known.keep(address, None, now);
        let frame = Arp::request((self.wire.mac(), ours), address).write();
        if let Err(error) = self.wire.send(&frame) {
            tracing::debug!(%address, %error, "ARP request not sent");
        }
    }

    /// Hears answers until `stop`; shows every ARP packet to `hear`, which must not block.
    pub async fn listen(&self, hear: impl Fn(&Arp), stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut buffer = [0; FRAME_MAX];
        loop {
            let received = tokio::select! {
                () = &mut stop => return,
                received = self.wire.receive(&mut buffer) => received,
            };
            match received {
                Ok(length) => {
                    if let Ok(arp) = Arp::read(&buffer[..length]) {
                        self.hear(&arp);
                        hear(&arp);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "ARP is not heard");
                    tokio::select! {
                        () = &mut stop => return,
                        () = tokio::time::sleep(READ_AGAIN) => {}
                    }
                }
            }
        }
    }

    fn hear(&self, arp: &Arp) {
        // Our own frames do not come back, but a loop in the network may bring them.
        if arp.sender_mac != self.wire.mac() && arp.claims(arp.sender) {
            self.known().hear(arp.sender, arp.sender_mac);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was asked and what came of it.
#[derive(Debug, Default)]
struct Known {
    asked: HashMap<Ipv4Addr, watch::Sender<Option<Mac>>>,
    results: HashMap<Ipv4Addr, (Result<(), Mac>, Instant)>,
}

impl Known {
    /// What was found out lately.
    fn result(&self, address: Ipv4Addr, now: Instant) -> Option<Probed> {
        let (result, until) = self.results.get(&address)?;
        (now < *until).then_some(match result {
            Ok(()) => Probed::Free,
            Err(mac) => Probed::Taken(*mac),
        })
    }

    fn keep(&mut self, address: Ipv4Addr, taken_by: Option<Mac>, now: Instant) {
        if self.results.len() >= KEPT_MAX {
            self.results.retain(|_, (_, until)| now < *until);
        }
        if self.results.len() < KEPT_MAX || self.results.contains_key(&address) {
            let result = match taken_by {
                Some(mac) => (Err(mac), now + TAKEN_FOR),
                None => (Ok(()), now + FREE_FOR),
            };
            self.results.insert(address, result);
        }
    }

    /// Somewhere to wait for an answer, shared by all who ask for the same address.
    fn ask(&mut self, address: Ipv4Addr) -> Option<watch::Receiver<Option<Mac>>> {
        if let Some(asked) = self.asked.get(&address) {
            return Some(asked.subscribe());
        }
        if self.asked.len() >= AT_ONCE {
            // Those whose client gave up first.
            self.asked.retain(|_, asked| asked.receiver_count() > 0);
        }
        let has_room = self.asked.len() < AT_ONCE;
        has_room.then(|| {
            let (answer, answered) = watch::channel(None);
            self.asked.insert(address, answer);
            answered
        })
    }

    /// The last of those who asked for `address` has ended.
    fn forget(&mut self, address: Ipv4Addr) {
        self.asked
            .retain(|asked, answer| *asked != address || answer.receiver_count() > 0);
    }

    /// Tells all who wait for it who has `address`.
    fn hear(&self, address: Ipv4Addr, mac: Mac) {
        if let Some(asked) = self.asked.get(&address) {
            asked.send_replace(Some(mac));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIVAL: Mac = Mac([2, 0, 0, 0, 0, 9]);

    fn address(n: u32) -> Ipv4Addr {
        Ipv4Addr::from(0x0a4d_0000 + n)
    }

    #[test]
    fn a_result_counts_for_its_time() {
        let (mut known, now) = (Known::default(), Instant::now());
        known.keep(address(1), None, now);
        known.keep(address(2), Some(RIVAL), now);
        let after = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(known.result(address(1), after(9)), Some(Probed::Free));
        assert_eq!(known.result(address(1), after(10)), None);
        assert_eq!(
            known.result(address(2), after(599)),
            Some(Probed::Taken(RIVAL))
        );
        assert_eq!(known.result(address(2), after(600)), None);
        assert_eq!(known.result(address(3), now), None);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_goes_on_when_it_is_over() {
        let (mut known, now) = (Known::default(), Instant::now());
        for n in 0..100_000 {
            known.keep(address(n), Some(RIVAL), now);
        }
        assert_eq!(known.results.len(), KEPT_MAX);
        let later = now + TAKEN_FOR;
        known.keep(address(200_000), Some(RIVAL), later);
        assert_eq!(known.results.len(), 1);
    }

    #[test]
    fn questions_are_bounded_and_those_given_up_make_room() {
        let mut known = Known::default();
        let asked: Vec<_> = (0..1000).filter_map(|n| known.ask(address(n))).collect();
        assert_eq!(asked.len(), AT_ONCE);
        assert!(known.ask(address(0)).is_some(), "shares the question");
        drop(asked);
        assert!(known.ask(address(2000)).is_some());
        assert_eq!(known.asked.len(), 1);
    }

    #[test]
    fn everybody_who_asked_for_an_address_hears_its_answer_and_nobody_else() {
        let mut known = Known::default();
        let one = known.ask(address(1)).unwrap();
        let same = known.ask(address(1)).unwrap();
        let other = known.ask(address(2)).unwrap();
        known.hear(address(1), RIVAL);
        assert_eq!((*one.borrow(), *same.borrow()), (Some(RIVAL), Some(RIVAL)));
        assert_eq!(*other.borrow(), None);
        drop(one);
        known.forget(address(1));
        assert!(known.asked.contains_key(&address(1)), "one still waits");
        drop(same);
        known.forget(address(1));
        assert!(!known.asked.contains_key(&address(1)));
    }
}
