//! Trials of nodes as the API says them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A trial is wished.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// NAME of the `[os.NAME]` whose installer looks; that of the node's profile if none is named.
    #[serde(default)]
    pub os: Option<String>,
    /// The machine may be switched off if it runs.
    #[serde(default)]
    pub power_off: bool,
}

/// What the last trial of a node found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The node.
    pub node: String,
    /// When it was reported.
    pub at: Timestamp,
    /// The OS whose installer looked.
    pub os: String,
    /// Findings that are wrong.
    pub wrong: usize,
    /// Every finding.
    pub findings: Vec<Finding>,
    /// Everything that the installer saw.
    pub hardware: inventory::trial::Hardware,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code of the subject: `disk`, `port`, `cpu`, ...
    pub what: inventory::trial::What,
    /// The subject in words, with the name of the one that was looked at.
    pub subject: String,
    /// What was asked for.
    pub asked: String,
    /// What was found.
    pub found: String,
    /// `good`, `wrong` or `skipped`.
    pub verdict: String,
}
