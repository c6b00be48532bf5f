//! Jobs as stored: what was wished, which stage it is in, what it waits for. Only the job runner writes them.
//!
//! After a power cut a job goes on with the step of its stored stage; every step can be repeated.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::Deadline;
use crate::id::{JobId, NodeName, OsName};
use crate::message::Message;
use crate::store::{Record, Table};

/// A piece of long work for one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// For this node.
    pub node: NodeName,
    /// What is to be reached, as a person wished it.
    pub wish: Wish,
    /// How far it is.
    pub stage: Stage,
    /// When the stage was entered.
    pub since: Timestamp,
    /// The stage must be left before this.
    pub deadline: Deadline,
    /// What it waits for at the moment, if it does.
    pub wait: Option<Wait>,
    /// Tries of the present step that failed in a passing way.
    pub tries: u32,
    /// Stages left behind, in order.
    pub past: Vec<Past>,
}

impl Record for Job {
    const TABLE: Table = Table::Jobs;
    /// Ten digits, so that keys sort as numbers do.
    type Key = String;
    fn key(&self) -> String {
        Self::key_of(self.id)
    }
}

impl Job {
    /// The key of job `id`.
    pub fn key_of(id: JobId) -> String {
        format!("{:010}", id.0)
    }
}

/// What a person wished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// The account.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// That what is on its disk is destroyed, if a person allows it.
    pub wipe: Option<Wipe>,
    /// Whether the machine may be switched off if it runs.
    #[serde(default)]
    pub power_off: bool,
    /// What for.
    #[serde(default)]
    pub aim: Aim,
}

/// What a job is to reach.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Aim {
    /// A host that serves.
    #[default]
    BringUp,
    /// To know whether the installer of an OS finds all of the machine's hardware. Nothing is written.
    Trial {
        /// That OS.
        os: OsName,
    },
}

/// A person's leave to destroy what is on a machine's disks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wipe {
    /// The serial number of the machine, typed.
    pub serial: String,
    /// But not its volume of guests' images.
    #[serde(default)]
    pub keep_images: bool,
}

/// Stages of a bring-up, in order; those of a trial after them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Stage {
    /// Identity and evidence: the BMC's machine is the rack file's, and nothing says that it is in use.
    Check,
    /// The switch port into the provisioning VLAN.
    ProvisionPort,
    /// Render, and make the arm.
    Arm,
    /// Boot from network once, read back, restart.
    Power,
    /// The installer runs; the arm tells.
    Install,
    /// The installed system boots from its disk and is verified over SSH.
    Verify,
    /// The service VLANs onto the port.
    ServicePort,
    /// Registered with the cloud controller and seen Up.
    Register,
    /// Verified again, with what registration may change.
    VerifyAgain,
    /// The playbook of its profile, if that has one.
    Playbook,
    /// A trial: the installer looks at the machine; the arm tells.
    Try,
    /// A trial: machine and port become what they were.
    GiveBack {
        /// Why the trial is over, if it did not reach its aim.
        failed: Option<Box<Failure>>,
    },
    /// Reached.
    Done,
    /// Given up.
    Failed {
        /// The stage it failed in, by name.
        stage: String,
        /// Why, and what to do.
        why: Message,
    },
}

/// Why a job will count as failed once everything is given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The stage it failed in, by name.
    pub stage: String,
    /// Why, and what to do.
    pub why: Message,
}

impl Stage {
    /// Its name in status lists and events.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::ProvisionPort => "provision-port",
            Self::Arm => "arm",
            Self::Power => "power",
            Self::Install => "install",
            Self::Verify => "verify",
            Self::ServicePort => "service-port",
            Self::Register => "register",
            Self::VerifyAgain => "verify-again",
            Self::Playbook => "playbook",
            Self::Try => "trial",
            Self::GiveBack { .. } => "give-back",
            Self::Done => "done",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether nothing more will happen.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Done | Self::Failed { .. } => true,
            Self::Check
            | Self::ProvisionPort
            | Self::Arm
            | Self::Power
            | Self::Install
            | Self::Verify
            | Self::ServicePort
            | Self::Register
            | Self::VerifyAgain
            | Self::Playbook
            | Self::Try
            | Self::GiveBack { .. } => false,
        }
    }
}

/// What a job waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Who or what must act, for a person.
    pub why: Message,
    /// Look again then, if nothing happens before.
    pub until: Deadline,
}

/// A stage left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Its name.
    pub stage: String,
    /// When it was entered.
    pub entered: Timestamp,
    /// When it was left.
    pub left: Timestamp,
}
