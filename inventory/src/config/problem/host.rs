//! What can be wrong with the network of a host: its bond, bridges and further addresses, and hosts of one cluster that
//! differ.

use crate::fragment::BadLine;
use crate::id::{NetworkName, NodeName, ProfileName};
use crate::word::LinkName;

/// A fault of a host's network. `also` is the line of the other place, where two collide.
#[derive(Debug, Clone, PartialEq, Eq)]
#[rustfmt::skip]
#[expect(missing_docs, reason = "the fields are what the sentence of `english` names")]
pub enum Host {
    /// A bond of a node with one port.
    BondOfOne { profile: ProfileName, also: usize },
    /// A bridge named as a link that something else makes.
    BridgeName { name: LinkName },
    /// One kind of traffic over two bridges.
    TrafficTwice { traffic: &'static str, by: LinkName, also: usize },
    /// Guests' VLANs on a bridge whose port is a VLAN itself.
    TrunkOnVlan { network: NetworkName },
    /// A network that is a trunk's and has a bridge or another trunk.
    TrunkTaken { network: NetworkName, also: usize },
    /// The address where nodes boot, written as another one.
    BootAddress { key: &'static str, network: NetworkName },
    /// An address in a network that is several VLANs, or where nothing may run.
    NoHome { network: NetworkName, also: usize },
    /// A line of the operator's part of the kickstart.
    Fragment { bad: BadLine },
    /// Two hosts of one cluster between which guests cannot move.
    Differs { what: Differs, profile: ProfileName, node: NodeName, other: ProfileName, also: usize },
}

/// What has to be the same on every host of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is described by its word in `english`")]
pub enum Differs {
    Os,
    Bond,
    Bridges,
    Storage,
}

impl Host {
    /// The stable code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::BondOfOne { .. } => "bond-of-one",
            Self::BridgeName { .. } => "bridge-name",
            Self::TrafficTwice { .. } => "duplicate-traffic",
            Self::TrunkOnVlan { .. } => "trunk-on-vlan",
            Self::TrunkTaken { .. } => "duplicate-trunk",
            Self::BootAddress { .. } => "boot-address",
            Self::NoHome { .. } => "address-nowhere",
            Self::Fragment { .. } => "bad-kickstart",
            Self::Differs { .. } => "cluster-differs",
        }
    }

    /// See [`super::Problem::is_absence`].
    pub(super) fn is_absence(&self) -> bool {
        match self {
            Self::BondOfOne { .. } | Self::Differs { .. } => true,
            Self::BridgeName { .. }
            | Self::TrafficTwice { .. }
            | Self::TrunkOnVlan { .. }
            | Self::TrunkTaken { .. }
            | Self::BootAddress { .. }
            | Self::NoHome { .. }
            | Self::Fragment { .. } => false,
        }
    }
}
