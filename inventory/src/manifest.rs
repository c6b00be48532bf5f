//! What an install put on a node: packages, files, units and users, as they were found there at the end of the bring-up.
//!
//! A record of its own beside the node's: it is a hundred times as long. Written whole by the node's job.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{NodeName, Sha256};
use crate::store::{Record, Table};

/// More packages, files, units or users than any host has; the rest is left out.
pub const ITEMS_MAX: usize = 5000;

/// What is on a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The node.
    pub node: NodeName,
    /// When it was listed.
    pub at: Timestamp,
    /// Installed packages, by name.
    pub packages: Vec<Package>,
    /// Files that the kickstart wrote, by path.
    pub files: Vec<PutFile>,
    /// Units that start by themselves.
    pub units: Vec<String>,
    /// People and root: `NAME:UID:SHELL`.
    pub users: Vec<String>,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Name, epoch, version, release, architecture.
    pub name: String,
    /// SHA-256 of its header, which has the sums of all its files in it (RPM tag SHA256HEADER); none where there is no RPM
    /// database, as in the test rack's stand-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// A file that the kickstart wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutFile {
    /// Where.
    pub path: String,
    /// Sum of its content as found, hexadecimal; none if it is gone.
    pub found: Option<String>,
    /// Compared with what was written.
    pub state: FileState,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    /// It is as the kickstart wrote it.
    AsWritten,
    /// It was changed since: the host key at the first login, the controller's own files at registration.
    Changed,
    /// It is not there any more.
    Gone,
    /// The kickstart does not tell its content: it was added to, or a program made it.
    NotTold,
}

impl PutFile {
    /// Compares a file that should hold `written` with what was `found`.
    pub fn of(path: String, written: Option<Sha256>, found: Option<String>) -> Self {
        let state = match (&written, &found) {
            (_, None) => FileState::Gone,
            (None, Some(_)) => FileState::NotTold,
            (Some(written), Some(found)) if hex::encode(written.0) == *found => {
                FileState::AsWritten
            }
            (Some(_), Some(_)) => FileState::Changed,
        };
        Self { path, found, state }
    }
}

impl Record for Manifest {
    const TABLE: Table = Table::Manifests;
    type Key = NodeName;
    fn key(&self) -> NodeName {
        self.node.clone()
    }
}
