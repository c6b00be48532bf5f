//! Messages of jobs: stages entered, what a job waits for, why it gave up.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Message;
use crate::arm::Broke;
use crate::id::OsName;

/// From a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum Job {
    /// A person wished it.
    Wished {
        /// The account.
        author: String,
    },
    /// A person wished a trial.
    TrialWished {
        /// The account.
        author: String,
        /// With the installer of this OS.
        os: OsName,
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
    /// The node asked for its boot script from an address that is not its own.
    AskedFromElsewhere {
        /// That address.
        address: IpAddr,
    },
    /// The node booted the installer and has not fetched its kickstart.
    NoKickstart,
    /// The node did not get as far as its kickstart and is switched off and on again.
    StartedAnew {
        /// How often, this time included.
        restarts: usize,
    },
    /// The installer runs.
    Installing {
        /// Bytes served so far.
        served: u64,
        /// Bytes the whole install fetches, if known.
        expected: Option<u64>,
    },
    /// The kickstart of a trial was served, and its report has not come.
    Trying,
    /// The trial ended without a report.
    TrialBroken {
        /// What broke it.
        why: Broke,
        /// The last requests the node made, newest last.
        requests: Vec<String>,
        /// The last lines of its console, newest last.
        console: Vec<String>,
    },
    /// The trial's report is in and judged.
    Judged {
        /// The OS whose installer looked.
        os: OsName,
        /// Each fault found, with what was wanted.
        faults: Vec<String>,
    },
    /// A trial failed; machine and port become what they were before it ends.
    GivingBack {
        /// In this stage.
        stage: String,
        /// Why.
        cause: Box<Message>,
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
        /// The last lines of its console, newest last, each with the time of day (UTC); empty if it was not read.
        #[serde(default)]
        console: Vec<String>,
    },
    /// The installed system is not as it should be.
    NotAsInstalled {
        /// Each fault found, with what was wanted.
        faults: Vec<String>,
    },
    /// The profile's playbook was run, and everything in it worked.
    PlaybookRan {
        /// Its path on the appliance.
        playbook: String,
        /// The last lines of what it said.
        output: Vec<String>,
    },
    /// The profile's playbook was run, and something in it failed.
    PlaybookFailed {
        /// Its path on the appliance.
        playbook: String,
        /// How it ended.
        how: String,
        /// The last lines of what it said.
        output: Vec<String>,
    },
}

impl Job {
    /// See [`Message::evidence`].
    pub(super) fn evidence(&self) -> &[String] {
        match self {
            Self::InstallBroken { console, .. } | Self::TrialBroken { console, .. } => console,
            Self::PlaybookRan { output, .. } | Self::PlaybookFailed { output, .. } => output,
            Self::Failed { cause, .. }
            | Self::Retrying { cause, .. }
            | Self::GivingBack { cause, .. } => cause.evidence(),
            Self::Overdue { blocker, .. } => blocker.as_ref().map_or(&[], |why| why.evidence()),
            Self::Wished { .. }
            | Self::TrialWished { .. }
            | Self::Entered { .. }
            | Self::Done
            | Self::Stopped { .. }
            | Self::Working { .. }
            | Self::NotBooted
            | Self::AskedFromElsewhere { .. }
            | Self::NoKickstart
            | Self::StartedAnew { .. }
            | Self::Installing { .. }
            | Self::Trying
            | Self::Judged { .. }
            | Self::Defect { .. }
            | Self::ArmGone
            | Self::NotAsInstalled { .. } => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_install_that_was_stored_before_consoles_were_read_is_read() {
        let stored = r#"{"job": {"code": "install-broken", "why": {"why": "rebooted"}, "requests": ["GET /ks/1"]}}"#;
        let message: Message = serde_json::from_str(stored).unwrap();
        assert!(message.evidence().is_empty());
        assert!(message.english().ends_with("last requests: GET /ks/1"));
    }

    #[test]
    fn the_sentence_has_the_last_line_and_the_evidence_has_all() {
        let console = vec!["14:03:21 one".to_owned(), "14:03:22 two".to_owned()];
        let broken = Message::Job(Job::InstallBroken {
            why: Broke::Rebooted,
            requests: vec!["GET /ks/1".to_owned()],
            console: console.clone(),
        });
        assert!(broken.english().contains("14:03:22 two"));
        let failed = Message::Job(Job::Failed {
            stage: "install".to_owned(),
            cause: Box::new(broken),
        });
        assert_eq!(failed.evidence(), console);
    }
}
