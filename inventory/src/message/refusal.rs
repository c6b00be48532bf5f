//! Why a job touched nothing: the machine, its history or our clock is not as the wish needs it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{JobId, MediumId, NodeName, OsName, ProfileName};

/// Why a job touched nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum Refusal {
    /// The rack file gives no serial number for the node, and nobody confirmed the one found.
    SerialUnconfirmed {
        /// What the BMC says.
        found: String,
    },
    /// The machine is another one than the rack file says.
    WrongSerial {
        /// Rack file.
        want: String,
        /// BMC.
        found: String,
    },
    /// The machine is another one than the rack file says.
    WrongUuid {
        /// Rack file.
        want: Uuid,
        /// BMC.
        found: Option<Uuid>,
    },
    /// The node was installed before; a person must allow wiping it.
    InstalledBefore {
        /// By this job.
        job: JobId,
    },
    /// The machine runs, and nobody said that it may be switched off.
    Running {
        /// Its name.
        node: NodeName,
    },
    /// The cloud controller says that guests run on the node: it must not be switched off.
    GuestsRun {
        /// The controller.
        cloud: String,
        /// Its host id.
        host: String,
        /// How many.
        guests: usize,
    },
    /// The node's port carries something that could not be given back after a trial.
    PortForeign {
        /// The port.
        port: String,
        /// What the switch says of it.
        found: String,
    },
    /// The cloud controller knows a host at the node's address.
    KnownToCloud {
        /// The controller.
        cloud: String,
        /// Its host id.
        host: String,
    },
    /// The wall clock is before this software existed.
    ClockWrong {
        /// What it shows.
        shows: String,
    },
    /// The rack file says something else of the node than when it was checked.
    NodeChanged {
        /// Its name.
        node: NodeName,
    },
    /// The medium of the node's OS is not here.
    NoMedium {
        /// Its id.
        id: MediumId,
    },
    /// The folder with the install tree holds something else than the rack file says.
    OtherTree {
        /// The operating system.
        os: OsName,
        /// As the rack file has it.
        wanted: String,
        /// What the folder's `.treeinfo` says, or why it says nothing.
        found: String,
    },
    /// The layout of the node's profile has the images where a reinstall cannot leave them.
    CannotKeep {
        /// The profile.
        profile: ProfileName,
    },
    /// The node is not in the rack any more.
    NodeGone {
        /// Its name.
        node: NodeName,
    },
}
