//! Verification of nodes, and what is on them, as the API says it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One check of one look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The part of the system: `system`, `disks`, `network`, ...
    pub topic: String,
    /// Stable code of the subject: `kernel`, `bridge`, `failed-units`, ...
    pub what: String,
    /// The subject in words, with the name of the one that was looked at.
    pub subject: String,
    /// What was asked for.
    pub asked: String,
    /// What was found.
    pub found: String,
    /// `good`, `wrong` or `skipped`.
    pub verdict: String,
    /// Why it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One look into a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// The node.
    pub node: String,
    /// When.
    pub at: Timestamp,
    /// `before-registration` or `after-registration`.
    pub look: String,
    /// Checks that are wrong.
    pub wrong: usize,
    /// All checks.
    pub checks: Vec<Check>,
}

/// What an install put on a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The node.
    pub node: String,
    /// When it was listed.
    pub at: Timestamp,
    /// Packages.
    pub packages: Vec<Package>,
    /// Files that the kickstart wrote.
    pub files: Vec<File>,
    /// Units that start by themselves.
    pub units: Vec<String>,
    /// People and root: `NAME:UID:SHELL`.
    pub users: Vec<String>,
}

/// A package on a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Name, epoch, version, release, architecture.
    pub name: String,
    /// SHA-256 of its header, if the node has an RPM database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// A file that the kickstart wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Where.
    pub path: String,
    /// SHA-256 of its content; none if it is gone.
    pub sha256: Option<String>,
    /// `as-written`, `changed`, `gone` or `not-told`.
    pub state: String,
}

/// A passphrase that opens, or once opened, a node's encrypted disks.
#[derive(Clone, Serialize, Deserialize)]
pub struct Passphrase {
    /// Of the install of this job.
    pub job: u64,
    /// `node`: made there at the first login; `delivered`: with the kickstart, good until then.
    pub origin: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// The passphrase.
    pub passphrase: String,
}
