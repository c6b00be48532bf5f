//! The simulator's clock: the machine's, and as wrong as it was told to be.

use jiff::{SignedDuration, Timestamp};

use super::Shared;

impl Shared {
    /// What time it believes it is.
    pub(super) fn now(&self) -> Timestamp {
        let off = SignedDuration::from_secs(self.faults.clock_ahead_s());
        let now = Timestamp::now();
        now.saturating_add(off).unwrap_or(now)
    }
}
