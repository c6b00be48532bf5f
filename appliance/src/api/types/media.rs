//! Installation media, as the API says them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The wish to import an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The image, as the appliance reaches it.
    pub path: String,
    /// The maker's checksum list.
    pub checksum: Option<String>,
    /// The signature beside it, base64.
    pub signature: Option<String>,
    /// A digest from elsewhere, 64 hexadecimal digits.
    pub sha256: Option<String>,
}

/// A key that may vouch for media.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The key file, base64.
    pub file: String,
    /// The fingerprint that a person has from elsewhere.
    pub fingerprint: Option<String>,
}

/// A key that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its fingerprint.
    pub fingerprint: String,
    /// Whose it is, if the program knows.
    pub maker: Option<String>,
}

/// Work that was handed in, or how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Its number.
    pub number: u64,
    /// What is worked on.
    pub what: String,
    /// Bytes done.
    pub done: u64,
    /// Bytes in all; 0 before it begins.
    pub size: u64,
    /// What became of it; none while it lasts.
    pub outcome: Option<Outcome>,
}

/// What became of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Done: the id of the medium.
    Done(String),
    /// Refused: why.
    Refused(String),
}

/// A medium that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Medium {
    /// What rack files call it.
    pub id: String,
    /// The name its maker gave it.
    pub file: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: String,
    /// `Rocky Linux 9.8`.
    pub release: String,
    /// `x86_64`.
    pub arch: String,
    /// Fingerprint of the key that vouches for it; none if a person gave its digest.
    pub signed_by: Option<String>,
    /// Whether nodes can have its files now.
    pub is_served: bool,
    /// When it was imported.
    pub imported_at: Timestamp,
    /// By whom.
    pub author: String,
}

/// Which one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its id.
    pub id: String,
}
