//! Installation media that the appliance keeps: what each is, who vouched for it, and where in its image each file lies.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{MediumId, RepoName, Sha256};
use crate::store::{Record, Table};

/// A run of bytes of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extent {
    /// Bytes from the beginning of the image.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
}

impl Extent {
    /// The first byte behind it.
    pub fn end(&self) -> u64 {
        self.offset + self.length
    }
}

/// The regular files of an image by path: parts joined by `/`, without a slash in front; no part is empty, `.` or `..`.
/// Not kept: reading the directories of an image anew takes milliseconds, and what is served cannot differ from it then.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index(pub BTreeMap<String, Extent>);

impl Index {
    /// Where the file at `path` lies, if there is one.
    pub fn get(&self, path: &str) -> Option<Extent> {
        self.0.get(path).copied()
    }
}

/// A medium as kept. Its image is a file named after its id; it is whole and was checked when this is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Medium {
    /// What rack files and URLs call it.
    pub id: MediumId,
    /// The name its maker gave the image.
    pub file: String,
    /// Bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256,
    /// What is in it.
    #[serde(flatten)]
    pub holds: Holds,
    /// When it was imported.
    pub imported_at: Timestamp,
    /// By whom.
    pub author: String,
}

/// What is in a medium.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Holds {
    /// An install tree, in the image that its maker gave away.
    Tree(Tree),
    /// Packages beside those of an OS, in a tar made at the import.
    Repository(Repository),
}

/// An install tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// The volume label of its image.
    pub label: String,
    /// The release in its `.treeinfo`, as `Rocky Linux 9.8`.
    pub release: String,
    /// The architecture there, as `x86_64`.
    pub arch: String,
    /// Who says that it is what it says.
    pub voucher: Voucher,
}

/// A package repository. Every package in it was signed by one of its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// What a person called it at the import.
    pub name: RepoName,
    /// How many packages.
    pub packages: usize,
    /// Fingerprints of the keys that signed them.
    pub keys: BTreeSet<String>,
    /// The Enterprise Linux releases that its packages were built for (`.el9` in their release), where they say so.
    pub built_for: BTreeSet<u8>,
    /// Versions of the packages that say which minor release a system is (`rocky-release` and its like); usually none.
    pub releases: BTreeSet<String>,
}

/// Who says that a medium is what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voucher {
    /// A signature over its checksum list.
    Signature {
        /// Fingerprint of the key.
        key: String,
        /// Whose key that is, if the program knows.
        maker: Option<String>,
    },
    /// A person, who gave the digest by hand.
    Person,
}

impl Record for Medium {
    const TABLE: Table = Table::Media;
    type Key = MediumId;
    fn key(&self) -> MediumId {
        self.id.clone()
    }
}
