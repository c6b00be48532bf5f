//! Time as an argument: wall clock, monotonic clock and boot id in one value, and deadlines that outlive a restart.
//!
//! Deadlines are stored with the boot they were set in; after a reboot of the machine the remaining time counts again.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// No correct clock shows less than this (the date of the first release): before it, nothing is armed.
pub const NOT_BEFORE: Timestamp = Timestamp::constant(1_793_491_200, 0); // 2026-11-01T00:00:00Z

/// One instant, as every clock of this machine shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// Wall clock, UTC. Can jump; for people and for records, never for measuring.
    pub wall: Timestamp,
    /// Time since this machine booted, suspend included (CLOCK_BOOTTIME). Never jumps.
    pub mono: Duration,
    /// Which boot `mono` counts from (`/proc/sys/kernel/random/boot_id`).
    pub boot: Uuid,
}

impl Now {
    /// False while the wall clock shows a date before this software existed: a board that lost its battery.
    pub fn is_plausible(&self) -> bool {
        self.wall >= NOT_BEFORE
    }
}

/// Where time comes from: the machine's clocks, or a test's.
pub trait Clock: Send + Sync {
    /// This instant.
    fn now(&self) -> Now;
}

/// A point in time after which something is overdue, safe against jumps of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    boot: Uuid,
    set_at: Duration,
    span: Duration,
}

impl Deadline {
    /// `span` from `now`.
    pub fn after(now: &Now, span: Duration) -> Self {
        Self {
            boot: now.boot,
            set_at: now.mono,
            span,
        }
    }

    /// How long is left; zero once it has passed. In another boot than it was set in, the whole span.
    pub fn left(&self, now: &Now) -> Duration {
        if now.boot == self.boot {
            self.span
                .saturating_sub(now.mono.saturating_sub(self.set_at))
        } else {
            self.span
        }
    }

    /// Whether it has passed.
    pub fn has_passed(&self, now: &Now) -> bool {
        self.left(now).is_zero()
    }

    /// The same deadline counted in the present boot: to be stored at start, or it would never pass after a reboot.
    pub fn carried_over(&self, now: &Now) -> Self {
        if now.boot == self.boot {
            *self
        } else {
            Self::after(now, self.span)
        }
    }
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.span.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(mono: u64, boot: u128) -> Now {
        Now {
            wall: NOT_BEFORE,
            mono: Duration::from_secs(mono),
            boot: Uuid::from_u128(boot),
        }
    }

    #[test]
    fn a_deadline_passes_in_its_own_boot() {
        let deadline = Deadline::after(&at(10, 1), Duration::from_secs(5));
        assert!(!deadline.has_passed(&at(14, 1)));
        assert!(deadline.has_passed(&at(15, 1)));
    }

    #[test]
    fn after_a_reboot_the_remaining_time_counts_again() {
        let deadline = Deadline::after(&at(10, 1), Duration::from_secs(5)).carried_over(&at(2, 2));
        assert!(!deadline.has_passed(&at(6, 2)));
        assert!(deadline.has_passed(&at(7, 2)));
    }
}
