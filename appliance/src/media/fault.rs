//! Why a medium is refused.

use std::path::PathBuf;

use super::repository;
use inventory::id::{MediumId, Sha256};
use inventory::store::StoreError;
use media::signature::Fingerprint;
use media::{checksum, iso, signature, treeinfo};

/// See the sentences. Nothing was imported then; what was copied so far stays only if the rest may still come.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// A file of the operator's, or one of ours.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The list does not speak of this image.
    #[error(transparent)]
    List(#[from] checksum::Fault),
    /// The list is not its maker's, or the key file is none.
    #[error(transparent)]
    Signature(#[from] signature::Fault),
    /// A key that nobody vouched for.
    #[error(
        "key {found} is none that this program knows; if you know it to be its maker's, say so: --fingerprint {found}"
    )]
    StrangeKey {
        /// Its fingerprint.
        found: Fingerprint,
    },
    /// Another key than was said.
    #[error("the key file holds key {found}, not {said}; get the maker's own")]
    OtherKey {
        /// In the file.
        found: Fingerprint,
        /// As typed.
        said: Fingerprint,
    },
    /// Nobody says what the image should be.
    #[error(
        "nobody vouches for this image: give its maker's list (--checksum CHECKSUM, with --signature CHECKSUM.asc if that \
         lies beside it), or a digest that you have from somewhere else (--sha256 HEX)"
    )]
    NoVoucher,
    /// Not as long as its maker says.
    #[error("the image has {found} bytes, its maker says {said}; get it again")]
    Size {
        /// Of the file.
        found: u64,
        /// In the list.
        said: u64,
    },
    /// Not the bytes its maker says.
    #[error("the image has the SHA-256 {found}, its maker says {said}; get it again")]
    Digest {
        /// Of the file.
        found: Sha256,
        /// In the list.
        said: Sha256,
    },
    /// The bytes changed since they were imported.
    #[error(
        "medium {id} has changed on our disk: SHA-256 {found} instead of {said}; remove it, check the disk, import it again"
    )]
    Rotten {
        /// The medium.
        id: MediumId,
        /// As it is.
        found: Sha256,
        /// As it was.
        said: Sha256,
    },
    /// No image that we can read.
    #[error(transparent)]
    Iso(#[from] iso::Fault),
    /// Not an install tree.
    #[error("the image has no {path}; this is no install medium of an Enterprise Linux")]
    NoTree {
        /// What it should have.
        path: String,
    },
    /// Its `.treeinfo` is none.
    #[error(transparent)]
    TreeInfo(#[from] treeinfo::Fault),
    /// Installer and packages of different minor releases.
    #[error(
        "the installer is of {version}, and the image has {package}; the two do not go together: get the image as its maker \
         gives it"
    )]
    OtherMinor {
        /// As in its name.
        package: String,
        /// In `.treeinfo`.
        version: String,
    },
    /// Its `.treeinfo` lies.
    #[error(
        "{path} is not what .treeinfo says: SHA-256 {found} instead of {said}; the image is broken"
    )]
    Part {
        /// The file.
        path: String,
        /// As it is.
        found: Sha256,
        /// In `.treeinfo`.
        said: Sha256,
    },
    /// No machine of ours.
    #[error("the image is for {found}; this appliance installs x86_64 and aarch64")]
    Arch {
        /// In `.treeinfo`.
        found: String,
    },
    /// A package repository that is none, or not a good one.
    #[error(transparent)]
    Repository(#[from] repository::Fault),
    /// No room.
    #[error(
        "it needs {need} MiB and a GiB to spare, the data folder has {free} MiB free; make room"
    )]
    Space {
        /// MiB.
        need: u64,
        /// MiB.
        free: u64,
    },
    /// Not here.
    #[error("there is no medium {0}; `hinode media list` shows those that are")]
    Unknown(String),
    /// Still named by the rack file, or on its way to a node.
    #[error("medium {id} is in use by {by}; it stays")]
    InUse {
        /// The medium.
        id: MediumId,
        /// What uses it.
        by: String,
    },
    /// The appliance stops.
    #[error("stopped in the middle; import it again, and it goes on where it stopped")]
    Stopped,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
