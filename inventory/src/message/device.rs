//! Messages about devices: BMCs, switches, cloud controllers, and nodes we log in to.

use serde::{Deserialize, Serialize};

/// About a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum Device {
    /// It did not answer, or answered with a passing fault. Tried again.
    Silent {
        /// Which device.
        device: String,
        /// What was tried and what came back.
        detail: String,
    },
    /// It refused our login. Not tried again by itself.
    Denied {
        /// Which device.
        device: String,
        /// What was tried and what to do.
        detail: String,
    },
    /// It cannot do this.
    Unsupported {
        /// Which device.
        device: String,
        /// What.
        detail: String,
    },
    /// It refused, or said yes and did not do it.
    Refused {
        /// Which device.
        device: String,
        /// What was tried, what came back, what to do.
        detail: String,
    },
    /// It shows another certificate or key than before.
    Changed {
        /// Which device.
        device: String,
        /// Both fingerprints.
        detail: String,
    },
    /// A certificate or key was seen for the first time and pinned.
    Pinned {
        /// Where.
        address: String,
        /// SHA-256.
        fingerprint: String,
    },
    /// A person had a pinned certificate or key forgotten: the next one shown is trusted.
    Unpinned {
        /// Where.
        address: String,
        /// SHA-256 of the one forgotten.
        fingerprint: String,
    },
    /// A request was made that changes the device.
    Did {
        /// Which device.
        device: String,
        /// The deed, by the driver.
        deed: String,
        /// What the driver read back.
        found: String,
    },
}
