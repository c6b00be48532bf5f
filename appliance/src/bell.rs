//! The bell: wakes the jobs that may wait for what was just stored. Nobody polls, so a thousand waiting jobs cost nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use inventory::id::NodeName;
use inventory::store::{Committed, Table};
use tokio::sync::Notify;

/// Rung by the store after every commit.
#[derive(Debug, Default)]
pub struct Bell {
    nodes: Mutex<HashMap<String, Arc<Notify>>>,
    /// Rung when a job was written.
    pub jobs: Notify,
}

impl Bell {
    /// Rung when something about `node` was written.
    pub fn of(&self, node: &NodeName) -> Arc<Notify> {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.entry(node.to_string()).or_default().clone()
    }

    /// Wakes whoever may wait for what was committed. Does not block: it runs on the store's thread.
    pub fn ring(&self, committed: &Committed) {
        let nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        for (table, key) in &committed.touched {
            match table {
                Table::Arms | Table::Reports | Table::Nodes | Table::Trials => {
                    if let Some(node) = nodes.get(key) {
                        node.notify_waiters();
                    }
                }
                // A job's key is its number: all jobs look whether it is theirs. Jobs are written a few times a minute.
                Table::Jobs => {
                    self.jobs.notify_one();
                    nodes.values().for_each(|node| node.notify_waiters());
                }
                Table::Payloads
                | Table::TrialPayloads
                | Table::Leases
                | Table::Leases6
                | Table::PoolLeases
                | Table::Windows
                | Table::Strangers
                | Table::ForeignServers
                | Table::Pins
                | Table::Secrets
                | Table::DiskKeys
                | Table::Racks
                | Table::Media
                | Table::ReleaseKeys
                | Table::Verifications
                | Table::Manifests
                | Table::Meta => {}
            }
        }
    }
}
