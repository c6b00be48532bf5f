//! What can be wrong between VLANs, roles, ports and bridges.

use crate::id::{NetworkName, SwitchName};
use crate::net::Vlan;
use crate::rack::Role;

/// A fault of layer 2. `also` is the line of the other place, where two collide.
#[derive(Debug, Clone, PartialEq, Eq)]
#[rustfmt::skip]
#[expect(missing_docs, reason = "the fields are what the sentence of `english` names")]
pub enum Layer2 {
    /// `vlan` and `vlans` in one network.
    VlanAndVlans,
    /// A VLAN that switches keep for themselves.
    VlanReserved { vlan: Vlan },
    /// A VLAN of two networks.
    VlanTaken { vlan: Vlan, by: NetworkName, also: usize },
    /// Several VLANs where only one can be.
    OneVlan { network: NetworkName, role: Role },
    /// No network has the role.
    NoRole { role: Role },
    /// Two networks have a role that one can have.
    RoleTwice { role: Role, by: NetworkName, also: usize },
    /// The appliance has no interface where nodes boot.
    NobodyAnswers { network: NetworkName },
    /// A node on a port that must not be touched.
    Uplink { port: String, also: usize },
    /// A switch without a port to protect.
    NoUplink { switch: SwitchName },
    /// A bridge on a network that has several VLANs.
    BridgeOverVlans { network: NetworkName, also: usize },
    /// A bridge where nothing may run.
    BridgeOnParking { network: NetworkName, also: usize },
    /// Two bridges of a profile on one network.
    BridgedTwice { network: NetworkName, also: usize },
}

impl Layer2 {
    /// The stable code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::VlanAndVlans => "vlan-and-vlans",
            Self::VlanReserved { .. } => "reserved-vlan",
            Self::VlanTaken { .. } => "duplicate-vlan",
            Self::OneVlan { .. } => "several-vlans",
            Self::NoRole { .. } => "missing-role",
            Self::RoleTwice { .. } => "duplicate-role",
            Self::NobodyAnswers { .. } => "nobody-answers",
            Self::Uplink { .. } => "uplink-as-node-port",
            Self::NoUplink { .. } => "no-uplink",
            Self::BridgeOverVlans { .. } => "bridge-over-vlans",
            Self::BridgeOnParking { .. } => "bridge-on-parking",
            Self::BridgedTwice { .. } => "bridged-twice",
        }
    }

    /// See [`super::Problem::is_absence`].
    pub(super) fn is_absence(&self) -> bool {
        match self {
            Self::NoRole { .. } | Self::NobodyAnswers { .. } | Self::NoUplink { .. } => true,
            Self::VlanAndVlans
            | Self::VlanReserved { .. }
            | Self::VlanTaken { .. }
            | Self::OneVlan { .. }
            | Self::RoleTwice { .. }
            | Self::Uplink { .. }
            | Self::BridgeOverVlans { .. }
            | Self::BridgeOnParking { .. }
            | Self::BridgedTwice { .. } => false,
        }
    }
}
