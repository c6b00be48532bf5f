//! What a switch port does with VLANs, in the words every vendor shares.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use inventory::net::{Vlan, VlanSet};

/// What a port does with VLANs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Untagged frames only, all in this VLAN.
    Access(Vlan),
    /// Tagged frames of several VLANs, and untagged ones of one VLAN or none.
    Trunk(Trunk),
}

/// The VLANs of a trunk port. The native VLAN is always among the allowed ones, and there is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trunk {
    native: Option<Vlan>,
    allowed: VlanSet,
}

/// A trunk that would carry nothing. Switches read an empty list as "all VLANs".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a trunk with no VLAN at all: name at least one VLAN it carries")]
pub struct NoVlan;

impl Trunk {
    /// A trunk that carries `allowed` and `native`; the latter untagged.
    pub fn new(native: Option<Vlan>, allowed: VlanSet) -> Result<Self, NoVlan> {
        let mut allowed = allowed;
        allowed.0.extend(native);
        if allowed.0.is_empty() {
            return Err(NoVlan);
        }
        Ok(Self { native, allowed })
    }

    /// The VLAN of untagged frames; without one they are dropped.
    pub fn native(&self) -> Option<Vlan> {
        self.native
    }

    /// Every VLAN it carries, the native one included.
    pub fn allowed(&self) -> &VlanSet {
        &self.allowed
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access(vlan) => write!(f, "access {vlan}"),
            Self::Trunk(Trunk {
                native: Some(native),
                allowed,
            }) => {
                write!(f, "trunk {allowed} native {native}")
            }
            Self::Trunk(Trunk {
                native: None,
                allowed,
            }) => write!(f, "trunk {allowed}"),
        }
    }
}

/// What a port was found to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Something we would also write.
    Mode(Mode),
    /// Something outside our model, in the switch's own words. It can be replaced, and is compared as text.
    Foreign(String),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mode(mode) => mode.fmt(f),
            Self::Foreign(text) => write!(f, "`{text}`"),
        }
    }
}

/// A switch as it is: every port by the switch's own name for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// Ports.
    pub ports: BTreeMap<String, Found>,
}

/// A switch as it should be. A port that is not named stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Want {
    /// What these ports should do.
    pub ports: BTreeMap<String, Mode>,
    /// Ports that are never touched: uplinks and the path to ourselves.
    pub uplinks: BTreeSet<String>,
}

/// What makes a change outlive a power cut of the switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// The change itself: it was on the switch's disk before the answer came.
    ByCommit,
}
