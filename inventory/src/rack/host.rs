//! The final network of a node: what its profile, its own addresses and the networks of the rack come to. Key files, the
//! switch port and verification all read it from here, so that none of them has a rule of its own. Pure.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::{Bridge, Network, Node, Rack};
use crate::id::NetworkName;
use crate::net::{Mac, Vlan, VlanSet};

/// Kernel name of a node's bond. `CloudStack` takes `bond*` for a port below a bridge, and so it is the same on every host.
pub const BOND: &str = "bond0";

/// How the ports of a node become one (kernel documentation, networking/bonding).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bond {
    /// Who sends on which port.
    #[serde(flatten)]
    pub mode: BondMode,
    /// How often the link of each port is looked at; milliseconds, 10 to 1000. 0 would never notice a cut cable.
    pub miimon_ms: u32,
}

/// Who sends on which port of a bond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode")]
pub enum BondMode {
    /// One port at a time; the switch needs to know nothing.
    #[serde(rename = "active-backup")]
    ActiveBackup,
    /// All ports by a hash; the switch has a static group.
    #[serde(rename = "balance-xor")]
    BalanceXor {
        /// What is hashed.
        hash: Hash,
    },
    /// LACP (IEEE 802.1AX); the switch has a group that also carries a single port while firmware boots.
    #[serde(rename = "802.3ad")]
    Lacp {
        /// How often the peer is to send.
        rate: LacpRate,
        /// What is hashed.
        hash: Hash,
    },
}

/// What picks the port of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hash {
    /// MAC addresses.
    #[serde(rename = "layer2")]
    Layer2,
    /// MAC and IP addresses.
    #[serde(rename = "layer2+3")]
    Layer2And3,
    /// IP addresses and ports: the best spread between few hosts.
    #[serde(rename = "layer3+4")]
    Layer3And4,
}

/// How often LACP's peer is to send: every second, or every thirty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LacpRate {
    /// Every second: a dead link is noticed after three.
    Fast,
    /// Every thirty seconds.
    Slow,
}

impl BondMode {
    /// As the kernel calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ActiveBackup => "active-backup",
            Self::BalanceXor { .. } => "balance-xor",
            Self::Lacp { .. } => "802.3ad",
        }
    }

    /// What is hashed, where anything is.
    pub fn hash(self) -> Option<Hash> {
        match self {
            Self::ActiveBackup => None,
            Self::BalanceXor { hash } | Self::Lacp { hash, .. } => Some(hash),
        }
    }

    /// LACP's rate, where there is any.
    pub fn rate(self) -> Option<LacpRate> {
        match self {
            Self::ActiveBackup | Self::BalanceXor { .. } => None,
            Self::Lacp { rate, .. } => Some(rate),
        }
    }
}

impl Hash {
    /// As the kernel calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Layer2 => "layer2",
            Self::Layer2And3 => "layer2+3",
            Self::Layer3And4 => "layer3+4",
        }
    }
}

impl LacpRate {
    /// As the kernel calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Slow => "slow",
        }
    }
}

/// The final network of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostNetwork<'a> {
    /// MACs of the ports in use, that it boots from first.
    pub ports: Vec<Mac>,
    /// How they become one, if they do.
    pub bond: Option<&'a Bond>,
    /// Largest frame payload on the ports and the bond, bytes: what the largest network on them needs.
    pub mtu: u16,
    /// The networks it takes part in, management first.
    pub segments: Vec<Segment<'a>>,
    /// VLANs that its switch port carries tagged: of the segments, and those the controller tags itself.
    pub tagged: VlanSet,
}

/// A network that a node takes part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Its name.
    pub name: &'a NetworkName,
    /// The network.
    pub network: &'a Network,
    /// Its tag; the management network has none.
    pub vlan: Option<Vlan>,
    /// The bridge on it.
    pub bridge: Option<&'a Bridge>,
    /// The node's address there.
    pub address: Option<Ipv4Addr>,
    /// The node's IPv6 address there.
    pub address6: Option<Ipv6Addr>,
}

impl Rack {
    /// The final network of `node`; `None` if it names what is not in the rack, which `config::check` makes impossible.
    pub fn host_network<'a>(&'a self, node: &'a Node) -> Option<HostNetwork<'a>> {
        let profile = self.profiles.get(&node.profile)?;
        let bridges = profile.bridges.iter();
        let named = bridges.map(|bridge| &bridge.network);
        let named = named
            .chain(node.addresses.keys())
            .chain(node.addresses6.keys());
        let mut names = vec![&node.network];
        for name in named {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let segments = names.into_iter().map(|name| self.segment(node, name));
        let segments: Vec<_> = segments.collect::<Option<_>>()?;
        let trunks = profile.bridges.iter().flat_map(|bridge| &bridge.trunks);
        let trunks = trunks.map(|name| self.networks.get(name));
        let trunks: Vec<_> = trunks.collect::<Option<_>>()?;
        let mut tagged = VlanSet(segments.iter().filter_map(|it| it.vlan).collect());
        tagged.0.extend(trunks.iter().flat_map(|it| &it.vlans.0));
        let carried = segments.iter().map(|segment| segment.network).chain(trunks);
        let mut ports = vec![node.mac];
        if profile.bond.is_some() {
            ports.extend(&node.bond_macs);
        }
        Some(HostNetwork {
            ports,
            bond: profile.bond.as_ref(),
            mtu: carried.map(|network| network.mtu).max()?,
            segments,
            tagged,
        })
    }

    fn segment<'a>(&'a self, node: &'a Node, name: &'a NetworkName) -> Option<Segment<'a>> {
        let network = self.networks.get(name)?;
        let profile = self.profiles.get(&node.profile)?;
        let bridge = profile
            .bridges
            .iter()
            .find(|bridge| &bridge.network == name);
        let (vlan, address, address6) = match name == &node.network {
            true => (None, Some(node.address), node.address6),
            false => (
                Some(network.vlan()?),
                node.addresses.get(name).copied(),
                node.addresses6.get(name).copied(),
            ),
        };
        Some(Segment {
            name,
            network,
            vlan,
            bridge,
            address,
            address6,
        })
    }
}

impl HostNetwork<'_> {
    /// The kernel's name of the link that carries `segment` below any bridge, where it does not depend on the machine.
    pub fn link_name(&self, segment: &Segment<'_>) -> Option<String> {
        self.bond?;
        Some(match segment.vlan {
            Some(vlan) => format!("{BOND}.{vlan}"),
            None => BOND.to_owned(),
        })
    }
}
