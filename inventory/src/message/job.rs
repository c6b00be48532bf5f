//! Messages of jobs: stages entered, what a job waits for, why it gave up.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::arm::Broke;

/// From a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum Job {
    /// A person wished it.
    Wished {
        /// The account.
        author: String,
    },
    /// A stage was entered.
    Entered {
        /// Its name.
        stage: String,
    },
    /// A step failed in a passing way and is tried again.
    Retrying {
        /// Tries so far.
        tries: u32,
        /// What went wrong.
        cause: Box<Message>,
    },
    /// Given up.
    Failed {
        /// In this stage.
        stage: String,
        /// Why.
        cause: Box<Message>,
    },
    /// Reached.
    Done,
    /// Ended by `hinode stop`.
    Stopped {
        /// The account.
        author: String,
    },
    /// A stage lasted longer than it may.
    Overdue {
        /// Its name.
        stage: String,
        /// How long it may last, seconds.
        limit_s: u64,
        /// What it waited for last.
        blocker: Option<Box<Message>>,
    },
    /// A step is running.
    Working {
        /// Its stage.
        stage: String,
    },
    /// The node has not asked for its boot script.
    NotBooted,
    /// The node booted the installer and has not fetched its kickstart.
    NoKickstart,
    /// The installer runs.
    Installing {
        /// Bytes served so far.
        served: u64,
        /// Bytes the whole install fetches, if known.
        expected: Option<u64>,
    },
    /// The appliance's own fault.
    Defect {
        /// In this stage.
        stage: String,
    },
    /// The arm was not there any more, or ended otherwise than expected.
    ArmGone,
    /// The install broke.
    InstallBroken {
        /// What broke it.
        why: Broke,
        /// The last requests the node made, newest last.
        requests: Vec<String>,
    },
    /// The installed system is not as it should be.
    NotAsInstalled {
        /// Each fault found, with what was wanted.
        faults: Vec<String>,
    },
}
