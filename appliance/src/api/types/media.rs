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

/// The wish to import a package repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRepository {
    /// A folder that has `repodata`, or a tar of one, as the appliance reaches it.
    pub path: String,
    /// What to call it.
    pub name: String,
}

/// A key that may vouch for media.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The key file, base64.
    pub file: String,
    /// The fingerprint that a person has from elsewhere.
    pub fingerprint: Option<String>,
    /// Whether it vouches for packages alone, and for no image.
    #[serde(default)]
    pub is_for_packages: bool,
}

/// A key that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its fingerprint.
    pub fingerprint: String,
    /// What its owner calls himself.
    pub owner: String,
    /// Whether it vouches for packages alone, and for no image.
    pub is_for_packages: bool,
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
    /// What is in it.
    #[serde(flatten)]
    pub holds: Holds,
    /// Whether nodes can have its files now.
    pub is_served: bool,
    /// When it was imported.
    pub imported_at: Timestamp,
    /// By whom.
    pub author: String,
}

/// What is in a medium.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Holds {
    /// An install tree.
    Tree {
        /// `Rocky Linux 9.8`.
        release: String,
        /// `x86_64`.
        arch: String,
        /// Fingerprint of the key that vouches for it; none if a person gave its digest.
        signed_by: Option<String>,
    },
    /// Packages beside those of an OS.
    Repository {
        /// What a person called it at the import.
        name: String,
        /// How many packages.
        packages: usize,
        /// Fingerprints of the keys that signed them.
        signed_by: Vec<String>,
    },
}

/// Which one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its id.
    pub id: String,
}
