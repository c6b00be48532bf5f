//! What looks into an installed system found: check by check, what was asked, what was found, and the verdict.
//!
//! Made by the appliance's verification, one report a node. Written whole: after a power cut it holds the last look that
//! was acknowledged.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::NodeName;
use crate::store::{Record, Table};

mod what;

pub use what::{Topic, What};

/// The longest text of one side of a check, characters: a report stays small whatever a node says.
pub const TEXT_MAX: usize = 300;
/// More checks than a node has subjects; the rest is left out.
pub const CHECKS_MAX: usize = 200;

/// When a node was looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// After the install, before a cloud controller changed anything.
    BeforeRegistration,
    /// After registration, with what that may change.
    AfterRegistration,
}

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Verdict {
    /// As asked.
    Good,
    /// Not as asked.
    Wrong,
    /// Could not be asked of this node, or not yet.
    Skipped {
        /// Why.
        why: String,
    },
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What it is about.
    pub what: What,
    /// Which one, where there are several: a bridge, a link, a unit.
    #[serde(default)]
    pub of: String,
    /// What was asked for.
    pub asked: String,
    /// What was found.
    pub found: String,
    /// How it ended.
    pub verdict: Verdict,
}

impl Check {
    /// What it is about, in words.
    pub fn subject(&self) -> String {
        match self.of.is_empty() {
            true => self.what.title().to_owned(),
            false => format!("{} {}", self.what.title(), self.of),
        }
    }

    /// What is wrong, with both sides; `None` unless it is.
    pub fn fault(&self) -> Option<String> {
        match &self.verdict {
            Verdict::Wrong => Some(format!(
                "{}: found `{}`, wanted `{}`",
                self.subject(),
                self.found,
                self.asked
            )),
            Verdict::Good | Verdict::Skipped { .. } => None,
        }
    }
}

/// One look into a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// When.
    pub at: Timestamp,
    /// At which point of its life.
    pub look: Look,
    /// Every check, in order of their subjects.
    pub checks: Vec<Check>,
    /// What other hosts are compared with: machine id, processor, versions. Name and value.
    #[serde(default)]
    pub traits: BTreeMap<String, String>,
}

impl Verification {
    /// Every fault, in words.
    pub fn faults(&self) -> Vec<String> {
        self.checks.iter().filter_map(Check::fault).collect()
    }
}

/// The last looks of jobs into one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeReport {
    /// The node.
    pub node: NodeName,
    /// Before its registration.
    pub before: Option<Verification>,
    /// After it; none as long as the present install has not come so far.
    pub after: Option<Verification>,
}

impl NodeReport {
    /// The last look.
    pub fn last(&self) -> Option<&Verification> {
        self.after.as_ref().or(self.before.as_ref())
    }
}

impl Record for NodeReport {
    const TABLE: Table = Table::Verifications;
    type Key = NodeName;
    fn key(&self) -> NodeName {
        self.node.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wrong_is_a_fault() {
        let check = |verdict| Check {
            what: What::Bridge,
            of: "cloudbr0".to_owned(),
            asked: "a port with carrier".to_owned(),
            found: "no port".to_owned(),
            verdict,
        };
        let fault = "bridge cloudbr0: found `no port`, wanted `a port with carrier`";
        assert_eq!(check(Verdict::Wrong).fault().as_deref(), Some(fault));
        assert_eq!(check(Verdict::Good).fault(), None);
        let why = "no bridge".to_owned();
        assert_eq!(check(Verdict::Skipped { why }).fault(), None);
    }
}
