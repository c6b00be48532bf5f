//! The machine's clocks.

use std::time::Duration;

use inventory::clock::{Clock, Now};
use jiff::Timestamp;
use nix::time::{ClockId, clock_gettime};
use uuid::Uuid;

/// Where Linux tells which boot this is.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Reads the machine's clocks.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    boot: Uuid,
}

/// Why the machine's clocks cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{BOOT_ID} does not tell which boot this is ({0}); is /proc mounted?")]
pub struct NoBootId(String);

impl SystemClock {
    /// Learns which boot this is.
    pub fn new() -> Result<Self, NoBootId> {
        let text = std::fs::read_to_string(BOOT_ID).map_err(|error| NoBootId(error.to_string()))?;
        let boot = text.trim().parse().map_err(|_| NoBootId(text))?;
        Ok(Self { boot })
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        // CLOCK_BOOTTIME is there since Linux 2.6.39; without it a deadline never passes, and people look.
        let mono = clock_gettime(ClockId::CLOCK_BOOTTIME)
            .map(Duration::from)
            .unwrap_or_default();
        Now {
            wall: Timestamp::now(),
            mono,
            boot: self.boot,
        }
    }
}
