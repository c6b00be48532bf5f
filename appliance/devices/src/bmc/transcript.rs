//! What was said to a BMC, for the event log: method, path, answer and time of every request; no bodies, no secrets.
//! Kept in memory only; the caller drains it into events.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

/// Requests kept when nobody drains; a bring-up sends about forty.
const KEPT: usize = 256;

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// With this HTTP status.
    Status(u16),
    /// Without an answer.
    Failed(String),
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// HTTP method.
    pub method: String,
    /// Path on the BMC.
    pub path: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// The requests sent so far. Clones share one list, so the caller keeps one even when connecting fails.
#[derive(Debug, Clone, Default)]
pub struct Transcript(Arc<Mutex<VecDeque<Exchange>>>);

impl Transcript {
    /// Takes out everything noted since the last time, oldest first.
    pub fn drain(&self) -> Vec<Exchange> {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.drain(..).collect()
    }

    pub(super) fn note(&self, exchange: Exchange) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() == KEPT {
            list.pop_front();
        }
        list.push_back(exchange);
    }
}
