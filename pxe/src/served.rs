//! Bytes served to each address, counted in memory for progress bars. Lost in a power cut, and nobody minds.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Bytes served by TFTP and HTTP, by the client's address, since [`Served::reset`].
#[derive(Debug, Default)]
pub struct Served(Mutex<HashMap<IpAddr, u64>>);

impl Served {
    /// Counts bytes that left for `client`. Only addresses of known nodes are to be counted: the map is never pruned.
    pub fn add(&self, client: IpAddr, bytes: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(client).or_default() += bytes;
    }

    /// Begins at zero again for `client`.
    pub fn reset(&self, client: IpAddr) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&client);
    }

    /// Bytes so far.
    pub fn of(&self, client: IpAddr) -> u64 {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(&client).copied().unwrap_or_default()
    }
}
