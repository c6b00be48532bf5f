//! Keeps what strangers can provoke from filling the event log: the same thing from the same address is told once in a
//! while. In memory only; after a power cut it is told once more.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use inventory::clock::Now;

/// How long the same thing from the same address is not told again: often enough to see that it goes on.
pub const PAUSE: Duration = Duration::from_secs(600);

/// How many things are remembered at once; while more go on than this, further ones are not told.
const REMEMBERED: usize = 1024;

/// What was told, about whom, and when (monotonic clock).
#[derive(Debug, Default)]
pub struct Seldom(Mutex<HashMap<(IpAddr, &'static str), Duration>>);

impl Seldom {
    /// Whether `what` about `who` is to be told now; if so, it counts as told.
    pub fn is_due(&self, who: IpAddr, what: &'static str, now: &Now) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |at: &Duration| now.mono.saturating_sub(*at) < PAUSE;
        if told.get(&(who, what)).is_some_and(is_fresh) {
            return false;
        }
        if told.len() >= REMEMBERED {
            told.retain(|_, at| is_fresh(at));
        }
        let is_due = told.len() < REMEMBERED;
        if is_due {
            told.insert((who, what), now.mono);
        }
        is_due
    }
}
