//! Bytes served to each address and its last requests, in memory, for progress bars and evidence. Lost in a power cut, and nobody minds.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Requests remembered for each client: enough to see how far a boot came.
const KEPT: usize = 12;

#[derive(Debug, Default)]
struct Client {
    bytes: u64,
    requests: VecDeque<String>,
}

/// What TFTP and HTTP served, by the client's address, since [`Served::reset`].
#[derive(Debug, Default)]
pub struct Served(Mutex<HashMap<IpAddr, Client>>);

impl Served {
    /// Counts bytes that left for `client`. Only addresses of known nodes are to be counted: the map is never pruned.
    pub fn add(&self, client: IpAddr, bytes: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.entry(client).or_default().bytes += bytes;
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
        counts.get(&client).map_or(0, |client| client.bytes)
    }

    /// Notes a request of `client`, for the evidence when its install breaks. Same rule as [`Served::add`].
    pub fn note(&self, client: IpAddr, request: String) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = &mut counts.entry(client).or_default().requests;
        if requests.len() == KEPT {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    /// The last requests of `client`, newest last.
    pub fn requests(&self, client: IpAddr) -> Vec<String> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .get(&client)
            .map(|client| client.requests.iter().cloned().collect())
            .unwrap_or_default()
    }
}
