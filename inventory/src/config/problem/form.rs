//! What can be wrong in the form of the file: its syntax, its keys and their types.

use super::Shape;

/// A fault of form.
#[derive(Debug, Clone, PartialEq, Eq)]
#[rustfmt::skip]
#[expect(missing_docs, reason = "the fields are what the sentence of `english` names")]
pub enum Form {
    /// Not TOML.
    Syntax { detail: String },
    /// A format this program does not read.
    Version { found: String },
    /// A key that means nothing here.
    UnknownKey { key: String, table: String, near: Option<String>, known: String },
    /// A key that must be there.
    MissingKey { key: &'static str, table: String },
    /// Two keys of which exactly one must be there.
    OneOf { keys: [&'static str; 2], table: String },
    /// A value of another type.
    WrongType { key: String, want: Shape, found: Shape },
}

impl Form {
    /// The stable code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "syntax",
            Self::Version { .. } => "unknown-format",
            Self::UnknownKey { .. } => "unknown-key",
            Self::MissingKey { .. } => "missing-key",
            Self::OneOf { .. } => "one-of",
            Self::WrongType { .. } => "wrong-type",
        }
    }

    /// See [`super::Problem::is_absence`].
    pub(super) fn is_absence(&self) -> bool {
        match self {
            Self::UnknownKey { .. } | Self::MissingKey { .. } | Self::OneOf { .. } => true,
            Self::Syntax { .. } | Self::Version { .. } | Self::WrongType { .. } => false,
        }
    }
}
