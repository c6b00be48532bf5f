//! What can be wrong with a value or a name by itself, and between two of a kind.

use crate::config::what::What;
use crate::id::ProfileName;

/// A fault of a value. `also` is the line of the other place, where two collide.
#[derive(Debug, Clone, PartialEq, Eq)]
#[rustfmt::skip]
#[expect(missing_docs, reason = "the fields are what the sentence of `english` names")]
pub enum Value {
    /// A value that breaks the rule of its kind.
    Bad { what: What, text: String },
    /// A number outside its range.
    OutOfRange { what: What, text: String, min: u32, max: u32 },
    /// A name that stands for nothing.
    Unknown { what: What, text: String, near: Option<String>, known: String },
    /// A value only one may have.
    Twice { what: What, text: String, also: usize },
    /// A value that vendors fill in when they know none.
    Placeholder { what: What, text: String },
    /// Host name and domain are too long together.
    LongHostName { name: String, length: usize },
    /// A node with more or fewer disks than the layout of its profile has.
    DiskCount { profile: ProfileName, wanted: usize, found: usize, also: usize },
    /// Encrypted disks without anything that opens them.
    NoLock,
    /// Encrypted disks without the volume group that is what is encrypted.
    EncryptPlain,
    /// A kernel argument that the appliance writes itself.
    OurArgument { argument: String },
}

impl Value {
    /// The stable code.
    pub(super) fn code(&self) -> String {
        match self {
            Self::Bad { what, .. } => format!("bad-{}", what.code()),
            Self::OutOfRange { what, .. } => format!("range-{}", what.code()),
            Self::Unknown { what, .. } => format!("unknown-{}", what.code()),
            Self::Twice { what, .. } => format!("duplicate-{}", what.code()),
            Self::Placeholder { what, .. } => format!("placeholder-{}", what.code()),
            Self::LongHostName { .. } => "long-host-name".to_owned(),
            Self::DiskCount { .. } => "disk-count".to_owned(),
            Self::NoLock => "no-lock".to_owned(),
            Self::EncryptPlain => "encrypt-plain".to_owned(),
            Self::OurArgument { .. } => "our-argument".to_owned(),
        }
    }

    /// See [`super::Problem::is_absence`].
    pub(super) fn is_absence(&self) -> bool {
        match self {
            Self::Unknown { .. } => true,
            Self::Bad { .. }
            | Self::OutOfRange { .. }
            | Self::Twice { .. }
            | Self::Placeholder { .. }
            | Self::LongHostName { .. }
            | Self::DiskCount { .. }
            | Self::NoLock
            | Self::EncryptPlain
            | Self::OurArgument { .. } => false,
        }
    }
}
