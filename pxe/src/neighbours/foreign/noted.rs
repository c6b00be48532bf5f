//! Which foreign servers were seen when, within bounds: a flood of forged answers neither fills the store nor keeps it
//! busy. In memory; after a power cut each is told of once more.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// Most servers that are kept: one is already too many, and a list must stay readable.
pub(super) const KEPT_MAX: usize = 32;

/// A server's record is written anew at most this often.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// A server that was silent for this long is gone: its next packet is an event again. Longer than the pause between two
/// questions, so that one which still stands there is told of once.
pub(super) const GONE_AFTER: Duration = Duration::from_secs(3600);

/// When each server was last heard, and last written, by the monotonic clock.
#[derive(Debug)]
pub(super) struct Noted<K>(HashMap<K, Last>);

impl<K> Default for Noted<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

#[derive(Debug, Clone, Copy)]
struct Last {
    heard: Duration,
    written: Duration,
}

/// What to do about a server that was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    /// Nothing: it was written a moment ago, or too many others were.
    Skip,
    /// Write its record.
    Write,
    /// Write its record and an event.
    Tell,
}

impl<K: Copy + Eq + Hash> Noted<K> {
    pub(super) fn hear(&mut self, sight: K, now: Duration) -> Note {
        let is_over = |since: Duration, span| now.saturating_sub(since) >= span;
        if self.0.len() >= KEPT_MAX {
            self.0.retain(|_, last| !is_over(last.heard, GONE_AFTER));
        }
        let Some(last) = self.0.get_mut(&sight) else {
            if self.0.len() >= KEPT_MAX {
                return Note::Skip;
            }
            let last = Last {
                heard: now,
                written: now,
            };
            self.0.insert(sight, last);
            return Note::Tell;
        };
        let is_back = is_over(last.heard, GONE_AFTER);
        last.heard = now;
        if is_back || is_over(last.written, WRITE_EVERY) {
            last.written = now;
            return if is_back { Note::Tell } else { Note::Write };
        }
        Note::Skip
    }

    /// Those that are not gone.
    pub(super) fn here(&self, now: Duration) -> impl Iterator<Item = K> {
        let is_here = move |last: &Last| now.saturating_sub(last.heard) < GONE_AFTER;
        let here = self.0.iter().filter(move |(_, last)| is_here(last));
        here.map(|(sight, _)| *sight)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use inventory::net::Mac;

    use super::super::sight::Sight;
    use super::*;

    fn sight(n: u32) -> Sight {
        let [a, b, c, d] = n.to_be_bytes();
        Sight {
            server: Ipv4Addr::from(n),
            mac: Mac([2, 0, a, b, c, d]),
        }
    }

    #[test]
    fn a_server_is_told_once_written_once_a_minute_and_told_again_when_it_comes_back() {
        let mut noted = Noted::default();
        let seconds = [0, 1, 59, 60, 61, 125, 125 + 3600];
        let notes = seconds.map(|second| noted.hear(sight(1), Duration::from_secs(second)));
        let (skip, write, tell) = (Note::Skip, Note::Write, Note::Tell);
        assert_eq!(notes, [tell, skip, skip, write, skip, write, tell]);
    }

    #[test]
    fn a_flood_is_noted_up_to_a_bound_and_makes_room_when_it_is_over() {
        let mut noted = Noted::default();
        let at = |n: u32| Duration::from_millis(n.into());
        let told = (0..100_000).filter(|n| noted.hear(sight(*n), at(*n)) != Note::Skip);
        assert_eq!(told.count(), KEPT_MAX);
        let later = GONE_AFTER * 2;
        assert_eq!(noted.here(later).count(), 0);
        assert_eq!(noted.hear(sight(100_000), later), Note::Tell);
        assert_eq!(noted.here(later).collect::<Vec<_>>(), [sight(100_000)]);
        assert_eq!(noted.0.len(), 1);
    }
}
