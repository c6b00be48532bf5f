//! What is on its way to each client, and what each node has been sent: live transfers, bytes, last requests. In memory,
//! for progress bars and evidence; lost in a power cut, and nobody minds.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Requests remembered for each client: enough to see how far a boot came.
const KEPT: usize = 12;
/// Speeds are taken over at least this long: less would show the sizes of socket buffers.
const OVER: Duration = Duration::from_secs(2);

/// What carries a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// TFTP.
    Tftp,
    /// HTTP.
    Http,
}

impl Service {
    /// As shown and as a label.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tftp => "tftp",
            Self::Http => "http",
        }
    }
}

/// A transfer that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// What carries it.
    pub service: Service,
    /// Whom it goes to.
    pub client: IpAddr,
    /// What is sent: the name as it was asked for.
    pub what: String,
    /// How many bytes are to be sent.
    pub size: u64,
    /// When it began (monotonic clock).
    pub at: Duration,
}

/// A transfer under way, as of one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Underway {
    /// What it is.
    pub begun: Begun,
    /// Bytes that have left.
    pub sent: u64,
    /// Bytes a second: since it was looked at before, some seconds ago, or else since it began.
    pub rate: u64,
}

#[derive(Debug, Default)]
struct Client {
    bytes: u64,
    requests: VecDeque<String>,
}

/// What TFTP and HTTP serve to nodes. Only addresses of known nodes are told to it: [`Served::reset`] alone forgets one.
#[derive(Debug, Clone, Default)]
pub struct Served(Arc<Books>);

#[derive(Debug, Default)]
struct Books {
    clients: Mutex<HashMap<IpAddr, Client>>,
    live: Mutex<BTreeMap<u64, Arc<Live>>>,
    next: AtomicU64,
}

#[derive(Debug)]
struct Live {
    begun: Begun,
    sent: AtomicU64,
    looked: Mutex<Looked>,
}

/// A transfer as it was when somebody looked.
#[derive(Debug, Clone, Copy)]
struct Looked {
    at: Duration,
    sent: u64,
    rate: u64,
}

/// A transfer under way; it is over when this is dropped. What was counted stays counted.
#[derive(Debug)]
pub struct Progress {
    served: Served,
    number: u64,
    live: Arc<Live>,
}

impl Served {
    /// Begins to show a transfer.
    pub fn begin(&self, begun: Begun) -> Progress {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let looked = Looked {
            at: begun.at,
            sent: 0,
            rate: 0,
        };
        let live = Arc::new(Live {
            begun,
            sent: AtomicU64::new(0),
            looked: Mutex::new(looked),
        });
        lock(&self.0.live).insert(number, live.clone());
        Progress {
            served: self.clone(),
            number,
            live,
        }
    }

    /// All transfers under way at `now` (monotonic clock), oldest first.
    pub fn underway(&self, now: Duration) -> Vec<Underway> {
        let live: Vec<_> = lock(&self.0.live).values().cloned().collect();
        live.iter().map(|live| live.look(now)).collect()
    }

    /// Begins at zero again for `client`.
    pub fn reset(&self, client: IpAddr) {
        lock(&self.0.clients).remove(&client);
    }

    /// Bytes so far.
    pub fn of(&self, client: IpAddr) -> u64 {
        let clients = lock(&self.0.clients);
        clients.get(&client).map_or(0, |client| client.bytes)
    }

    /// Notes a request of `client`, for the evidence when its install breaks.
    pub fn note(&self, client: IpAddr, request: String) {
        let mut clients = lock(&self.0.clients);
        let requests = &mut clients.entry(client).or_default().requests;
        if requests.len() == KEPT {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    /// The last requests of `client`, newest last.
    pub fn requests(&self, client: IpAddr) -> Vec<String> {
        let clients = lock(&self.0.clients);
        let requests = clients.get(&client).map(|client| &client.requests);
        requests.map_or_else(Vec::new, |requests| requests.iter().cloned().collect())
    }
}

impl Live {
    fn look(&self, now: Duration) -> Underway {
        let sent = self.sent.load(Ordering::Relaxed);
        let mut looked = lock(&self.looked);
        let over = now.saturating_sub(looked.at);
        let since = sent.saturating_sub(looked.sent);
        if over >= OVER {
            *looked = Looked {
                at: now,
                sent,
                rate: per_second(since, over),
            };
        } else if looked.rate == 0 && looked.sent == 0 {
            // Younger than that: better a rough speed than none.
            return self.shown(sent, per_second(since, over));
        }
        self.shown(sent, looked.rate)
    }

    fn shown(&self, sent: u64, rate: u64) -> Underway {
        Underway {
            begun: self.begun.clone(),
            sent,
            rate,
        }
    }
}

fn per_second(bytes: u64, over: Duration) -> u64 {
    let rate = u128::from(bytes) * 1000 / over.as_millis().max(1);
    u64::try_from(rate).unwrap_or(u64::MAX)
}

impl Progress {
    /// Counts bytes that left for the client.
    pub fn advance(&self, bytes: u64) {
        self.live.sent.fetch_add(bytes, Ordering::Relaxed);
        let mut clients = lock(&self.served.0.clients);
        clients.entry(self.live.begun.client).or_default().bytes += bytes;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        lock(&self.served.0.live).remove(&self.number);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const NODE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 10, 21));

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn begin(served: &Served, what: &str) -> Progress {
        served.begin(Begun {
            service: Service::Http,
            client: NODE,
            what: what.to_owned(),
            size: 10_000,
            at: seconds(100),
        })
    }

    /// Name, bytes and speed of each transfer.
    fn seen(served: &Served, at: u64) -> Vec<(String, u64, u64)> {
        let underway = served.underway(seconds(at));
        let seen = underway
            .iter()
            .map(|it| (it.begun.what.clone(), it.sent, it.rate));
        seen.collect()
    }

    #[test]
    fn a_transfer_is_shown_while_it_lasts_and_counted_for_good() {
        let served = Served::default();
        let (kernel, initrd) = (begin(&served, "vmlinuz"), begin(&served, "initrd.img"));
        kernel.advance(1000);
        initrd.advance(200);
        kernel.advance(500);
        let both = [
            ("vmlinuz".to_owned(), 1500, 150),
            ("initrd.img".to_owned(), 200, 20),
        ];
        assert_eq!(seen(&served, 110), both);
        drop(kernel);
        assert_eq!(seen(&served, 110).len(), 1);
        assert_eq!(served.of(NODE), 1700);
        served.reset(NODE);
        initrd.advance(1);
        assert_eq!(served.of(NODE), 1, "armed anew: what came before is over");
    }

    #[test]
    fn a_speed_is_that_of_the_last_seconds() {
        let served = Served::default();
        let transfer = begin(&served, "x");
        let rate = |at| seen(&served, at)[0].2;
        transfer.advance(3000);
        assert_eq!(rate(101), 3000, "in its first second");
        assert_eq!(rate(103), 1000);
        transfer.advance(800);
        assert_eq!(rate(104), 1000, "looked at too soon again");
        assert_eq!(rate(107), 200);
        assert_eq!(rate(117), 0, "it stands still");
        assert_eq!(rate(118), 0);
        assert_eq!(rate(90), 0, "a clock that jumps");
    }

    #[test]
    fn the_last_requests_are_kept() {
        let served = Served::default();
        for n in 0..100 {
            served.note(NODE, n.to_string());
        }
        let kept = served.requests(NODE);
        assert_eq!((kept.len(), kept[0].as_str()), (KEPT, "88"));
    }
}
