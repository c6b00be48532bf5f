//! What can be wrong with subnets and the addresses in them.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv6Net};

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
    HostBits { subnet: IpNet },
    /// A subnet too large or too small for hosts.
    SubnetSize { subnet: IpNet },
    /// An IPv6 subnet that is neither global nor unique local.
    NotRoutable { subnet: Ipv6Net },
    /// A key that means nothing without the subnet key of its family.
    NoSubnet { key: &'static str, subnet: &'static str, network: NetworkName },
    /// A mode that gives pool addresses, and no pool.
    NoPool { network: NetworkName },
    /// A network that gives no addresses cannot know them all.
    NoAuthority { network: NetworkName },
    /// Two subnets share addresses.
    Overlap { subnet: IpNet, with: NetworkName, other: IpNet, also: usize },
    /// An address outside the subnet it must be in.
    Outside { address: IpAddr, network: NetworkName, subnet: IpNet, also: usize },
    /// An address that is the subnet's own.
    Edge { address: IpAddr, subnet: IpNet },
    /// Nodes have IPv6 addresses in a network, or it is to be advertised, and the appliance has none there.
    NobodyAnswers6 { network: NetworkName },
    /// Router advertisements in a network where no node boots.
    AdvertisedElsewhere { network: NetworkName },
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
            Self::NotRoutable { .. } => "subnet-not-routable",
            Self::NobodyAnswers6 { .. } => "nobody-answers-ipv6",
            Self::AdvertisedElsewhere { .. } => "ra-elsewhere",
            Self::NoSubnet { .. } => "no-subnet",
            Self::NoPool { .. } => "no-pool",
            Self::NoAuthority { .. } => "no-authority",
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
            Self::NoSubnet { .. } | Self::NoPool { .. } | Self::NobodyAnswers6 { .. } => true,
            Self::SubnetOverVlans { .. }
            | Self::HostBits { .. }
            | Self::SubnetSize { .. }
            | Self::NotRoutable { .. }
            | Self::AdvertisedElsewhere { .. }
            | Self::NoAuthority { .. }
            | Self::Overlap { .. }
            | Self::Outside { .. }
            | Self::Edge { .. }
            | Self::AddressTaken { .. }
            | Self::PoolReversed { .. }
            | Self::PoolCovers { .. } => false,
        }
    }
}
