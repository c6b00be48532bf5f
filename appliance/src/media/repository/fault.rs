//! Why a package repository is refused.

use std::path::PathBuf;

use inventory::id::Sha256;
use media::rpm::{self, Nevra};
use media::signature::{Fingerprint, Unproven};
use media::{repodata, tar};

/// See the sentences. Nothing is imported then, and nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No repository.
    #[error(
        "{path} has no repodata/repomd.xml; give the folder that has it, or a tar made there (tar -C FOLDER -cf FILE.tar .); \
         createrepo_c makes it"
    )]
    NoMetadata {
        /// What was given.
        path: PathBuf,
    },
    /// Larger than any.
    #[error("{path} is larger than any; this is no repository")]
    TooLarge {
        /// Which file.
        path: &'static str,
    },
    /// The tar.
    #[error(transparent)]
    Tar(#[from] tar::Fault),
    /// The metadata.
    #[error(transparent)]
    Metadata(#[from] repodata::Fault),
    /// A file that is named and not there.
    #[error(
        "{by} names {path}, which is not there; copy the repository again, or run createrepo_c anew"
    )]
    Missing {
        /// Which.
        path: String,
        /// Who names it.
        by: String,
    },
    /// A link, a pipe, a folder.
    #[error("{path} is a link, or no regular file; put the file itself there")]
    NotPlain {
        /// Which.
        path: String,
    },
    /// Of another length than is said.
    #[error("{path} has {found} bytes, {by} says {said}; copy it again, or run createrepo_c anew")]
    Size {
        /// Which.
        path: String,
        /// Bytes.
        found: u64,
        /// Bytes.
        said: u64,
        /// Who says so.
        by: String,
    },
    /// Of other bytes than is said.
    #[error(
        "{path} has the SHA-256 {found}, {by} says {said}; copy it again, or run createrepo_c anew"
    )]
    Digest {
        /// Which.
        path: String,
        /// Its own.
        found: Sha256,
        /// Another.
        said: Sha256,
        /// Who says so.
        by: String,
    },
    /// One file twice.
    #[error("the metadata name {path} twice; run createrepo_c anew")]
    Twice {
        /// Which.
        path: String,
    },
    /// Not a package.
    #[error("{path}: {fault}")]
    Rpm {
        /// Which file.
        path: String,
        /// Why.
        fault: rpm::Fault,
    },
    /// Its signature proves nothing.
    #[error("{path}: {fault}")]
    Signature {
        /// Which file.
        path: String,
        /// Why.
        fault: Unproven,
    },
    /// Its payload is not the one whose digest was signed.
    #[error("{path}: its payload is not what {by} signed: it was changed; get it again")]
    Payload {
        /// Which file.
        path: String,
        /// Whose signature the header has.
        by: Fingerprint,
    },
    /// Another package than its metadata say.
    #[error("{path} is {found}, and the list of packages says {said}; run createrepo_c anew")]
    Other {
        /// Which file.
        path: String,
        /// As signed.
        found: Box<Nevra>,
        /// As listed.
        said: Box<Nevra>,
    },
}
