//! What can be wrong with subnets and the addresses in them.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::Ipv4Net;

use super::Owner;
use crate::id::NetworkName;

/// A fault of addressing. `also` is the line of the other place, where two collide.
#[derive(Debug, Clone, PartialEq, Eq)]
#[rustfmt::skip]
#[expect(missing_docs, reason = "the fields are what the sentence of `english` names")]
pub enum Addressing {
    /// A network with several VLANs and one subnet.
    SubnetOverVlans { network: NetworkName },
    /// A subnet with host bits.
    HostBits { subnet: Ipv4Net },
    /// A subnet too large or too small for hosts.
    SubnetSize { subnet: Ipv4Net },
    /// A key that means nothing without a subnet.
    NoSubnet { key: &'static str, network: NetworkName },
    /// Two subnets share addresses.
    Overlap { subnet: Ipv4Net, with: NetworkName, other: Ipv4Net, also: usize },
    /// An address outside the subnet it must be in.
    Outside { address: IpAddr, network: NetworkName, subnet: Ipv4Net, also: usize },
    /// An address that is the subnet's own.
    Edge { address: Ipv4Addr, subnet: Ipv4Net },
    /// Two have one address.
    AddressTaken { address: IpAddr, by: Owner, also: usize },
    /// A pool that runs backwards.
    PoolReversed { first: Ipv4Addr, last: Ipv4Addr },
    /// A pool over addresses that are taken.
    PoolCovers { count: usize, address: IpAddr, by: Owner, also: usize },
}

impl Addressing {
    /// The stable code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::SubnetOverVlans { .. } => "subnet-over-vlans",
            Self::HostBits { .. } => "subnet-host-bits",
            Self::SubnetSize { .. } => "subnet-size",
            Self::NoSubnet { .. } => "no-subnet",
            Self::Overlap { .. } => "overlapping-subnets",
            Self::Outside { .. } => "address-outside",
            Self::Edge { .. } => "address-of-subnet",
            Self::AddressTaken { .. } => "duplicate-address",
            Self::PoolReversed { .. } => "pool-reversed",
            Self::PoolCovers { .. } => "pool-overlap",
        }
    }

    /// See [`super::Problem::is_absence`].
    pub(super) fn is_absence(&self) -> bool {
        match self {
            Self::NoSubnet { .. } => true,
            Self::SubnetOverVlans { .. }
            | Self::HostBits { .. }
            | Self::SubnetSize { .. }
            | Self::Overlap { .. }
            | Self::Outside { .. }
            | Self::Edge { .. }
            | Self::AddressTaken { .. }
            | Self::PoolReversed { .. }
            | Self::PoolCovers { .. } => false,
        }
    }
}
