//! The node's only disk: it outlives restarts and power cuts.

use super::kickstart::Kickstart;

/// What is on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disk {
    /// Nothing, not even a partition table.
    Blank,
    /// Somebody's data, as `wipefs` names it.
    Data(String),
    /// An install that did not come to its end.
    Half,
    /// A system.
    Installed(Box<Kickstart>),
}

impl Disk {
    /// What `wipefs` finds.
    pub(super) fn marks(&self) -> Option<&str> {
        match self {
            Self::Blank => None,
            Self::Data(marks) => Some(marks),
            Self::Half => Some("gpt"),
            Self::Installed(_) => Some("LVM2_member gpt xfs"),
        }
    }
}
