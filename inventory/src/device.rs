//! What is remembered of devices we log in to: the certificate or host key pinned on first use.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::{Record, Table};

/// A pinned certificate or host key. A different one is refused and reported; a person may unpin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// Where it was seen: `HOST:PORT`.
    pub address: String,
    /// SHA-256 of the DER certificate, or of the SSH public key, 64 hex digits.
    pub fingerprint: String,
    /// When it was first seen.
    pub first_seen: Timestamp,
}

impl Record for Pin {
    const TABLE: Table = Table::Pins;
    type Key = String;
    fn key(&self) -> String {
        self.address.clone()
    }
}
