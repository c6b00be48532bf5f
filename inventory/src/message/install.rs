//! Messages about an arm and the install it allows.

use serde::{Deserialize, Serialize};

use crate::arm::Broke;
use crate::id::{OsName, Sha256};
use crate::node::Phase;

/// About an arm and the install it allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum Install {
    /// The node may be installed once.
    Armed {
        /// The OS.
        os: OsName,
        /// Sum of the kickstart that will be served.
        kickstart: Sha256,
        /// Sum of the one that is served over IPv6.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kickstart6: Option<Sha256>,
    },
    /// The node may boot the installer once to be tried; nothing is written.
    ArmedForTrial {
        /// The OS whose installer it is.
        os: OsName,
        /// Sum of the kickstart that will be served.
        kickstart: Sha256,
        /// Sum of the one that is served over IPv6.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kickstart6: Option<Sha256>,
    },
    /// The installer's boot script was served.
    BootScriptServed,
    /// The kickstart was served: from here the disk may be written.
    KickstartServed,
    /// The kickstart of a trial was served: it looks, and writes nothing.
    TrialServed,
    /// The kickstart was asked for by somebody who may not have it.
    KickstartRefused {
        /// Why.
        why: String,
    },
    /// The installer reported.
    Reported {
        /// How far it is.
        phase: Phase,
        /// Its own words.
        detail: String,
    },
    /// An installer with the right token reported when its arm did not allow a report any more (or not yet).
    ReportRefused {
        /// How far it says it is.
        phase: Phase,
        /// Its own words.
        detail: String,
        /// Why it does not count.
        why: String,
    },
    /// The installer reported success; the arm is spent.
    Spent,
    /// The installer of a trial reported; the arm is spent.
    Tried,
    /// The install failed; the node boots its own disk from now on.
    Broken {
        /// What broke it.
        cause: Broke,
    },
    /// The arm's time passed before the node booted.
    Expired,
    /// The arm was taken back.
    Voided,
}
