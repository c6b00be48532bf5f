//! Verification of nodes, as the API says it.

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
