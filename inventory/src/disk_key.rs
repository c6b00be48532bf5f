//! Passphrases of encrypted disks, sealed: the one that an install delivers, and the one that the node makes at its first
//! login. Which of them open a disk is for the node to know; here nothing is forgotten before a later one replaced it.
//!
//! After a power cut both are there, or the later one was not made use of yet.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{JobId, NodeName, SecretName};
use crate::secret::Sealed;
use crate::store::{Record, Table};

/// So many are kept of a node: a disk that was taken out of service two installs ago is opened by nobody.
pub const KEPT: usize = 8;

/// The passphrases of one node's disks, newest last. Written by the node's job alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskKeys {
    /// The node.
    pub node: NodeName,
    /// Its passphrases.
    pub keys: Vec<DiskKey>,
}

/// One passphrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskKey {
    /// Of the install of this job.
    pub job: JobId,
    /// Whose it is.
    pub origin: Origin,
    /// When it was made.
    pub made_at: Timestamp,
    /// The passphrase, under the node's name.
    pub sealed: Sealed,
}

/// Who made a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The appliance. It crossed the network in the clear, and is good until the first login.
    Delivered,
    /// The node, at the first login.
    Node,
}

impl DiskKeys {
    /// None yet.
    pub fn of(node: NodeName) -> Self {
        let keys = Vec::new();
        Self { node, keys }
    }

    /// What its passphrases are sealed as.
    pub fn sealed_as(node: &NodeName) -> SecretName {
        node.alike()
    }

    /// The last one of a job and an origin.
    pub fn find(&self, job: JobId, origin: Origin) -> Option<&DiskKey> {
        let mut newest = self.keys.iter().rev();
        newest.find(|key| key.job == job && key.origin == origin)
    }

    /// One more; the oldest beyond [`KEPT`] go.
    pub fn add(&mut self, key: DiskKey) {
        self.keys.push(key);
        let over = self.keys.len().saturating_sub(KEPT);
        self.keys.drain(..over);
    }

    /// The node said that what was delivered by `job` opens nothing any more.
    pub fn forget_delivered(&mut self, job: JobId) {
        self.keys
            .retain(|key| key.job != job || key.origin != Origin::Delivered);
    }
}

impl Record for DiskKeys {
    const TABLE: Table = Table::DiskKeys;
    type Key = NodeName;
    fn key(&self) -> NodeName {
        self.node.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(job: u64, origin: Origin) -> DiskKey {
        let sealed = Sealed {
            name: "kvm-01".parse().unwrap(),
            sealed: job.to_string(),
            set_at: Timestamp::UNIX_EPOCH,
        };
        DiskKey {
            job: JobId(job),
            origin,
            made_at: Timestamp::UNIX_EPOCH,
            sealed,
        }
    }

    /// An install that was armed and never ran leaves the passphrase of the disk as it is.
    #[test]
    fn only_what_was_replaced_is_forgotten() {
        let mut keys = DiskKeys::of("kvm-01".parse().unwrap());
        keys.add(key(1, Origin::Delivered));
        keys.add(key(1, Origin::Node));
        keys.forget_delivered(JobId(1));
        keys.add(key(2, Origin::Delivered));
        keys.forget_delivered(JobId(1));
        assert_eq!(keys.find(JobId(1), Origin::Delivered), None);
        assert!(keys.find(JobId(1), Origin::Node).is_some());
        assert!(keys.find(JobId(2), Origin::Delivered).is_some());
        for job in 3..20 {
            keys.add(key(job, Origin::Delivered));
        }
        assert_eq!(keys.keys.len(), KEPT);
        assert!(keys.find(JobId(19), Origin::Delivered).is_some());
    }
}
