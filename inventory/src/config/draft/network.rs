//! `[network.NAME]`: a layer-2 network, with what can be said of it alone.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use ipnet::Ipv4Net;
use serde_spanned::Spanned;

use crate::config::problem::{Addressing, Layer2};
use crate::config::section::Section;
use crate::config::what::What;
use crate::id::NetworkName;
use crate::net::{Vlan, VlanSet};
use crate::rack::{Network, Role};

pub(in crate::config) const ROLES: [(&str, Role); 6] = [
    ("bmc", Role::Bmc),
    ("management", Role::Management),
    ("storage", Role::Storage),
    ("service", Role::Service),
    ("transit", Role::Transit),
    ("parking", Role::Parking),
];

/// Frame payload where the file does not say: Ethernet's own (IEEE 802.3).
const MTU: u32 = 1500;
/// IPv6 needs 1280 (RFC 8200 §5); 9216 is the most that common switches carry.
const MTU_RANGE: RangeInclusive<u32> = 1280..=9216;

pub(in crate::config) struct Draft {
    /// Where its header stands.
    pub(in crate::config) at: usize,
    pub(in crate::config) role: Option<Spanned<Role>>,
    pub(in crate::config) vlans: Option<Spanned<VlanSet>>,
    pub(in crate::config) subnet: Option<Spanned<Ipv4Net>>,
    pub(in crate::config) gateway: Option<Spanned<Ipv4Addr>>,
    pub(in crate::config) pool: Option<Spanned<(Ipv4Addr, Ipv4Addr)>>,
    mtu: Option<Spanned<u32>>,
}

impl Draft {
    pub(in crate::config) fn read(name: &NetworkName, mut section: Section<'_>) -> Self {
        section.require(&["role"]);
        let role = section.choice("role", What::Role, &ROLES);
        let vlans = vlans(&mut section);
        let written = section.value("subnet").is_some();
        for key in ["gateway", "pool"] {
            if let Some(value) = section.value(key).filter(|_| !written) {
                let network = name.clone();
                let problem = Addressing::NoSubnet { key, network };
                section.report.add(value.span().start, problem);
            }
        }
        Self {
            at: section.at,
            role,
            vlans,
            subnet: subnet(&mut section),
            gateway: section.word("gateway", What::Address),
            pool: section.parse("pool", What::Pool, |text| {
                let (first, last) = text.split_once('-')?;
                Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
            }),
            mtu: mtu(&mut section),
        }
    }

    /// The one VLAN, if it is one.
    pub(in crate::config) fn has_several_vlans(&self) -> bool {
        let vlans = self.vlans.as_ref();
        vlans.is_some_and(|vlans| vlans.get_ref().0.len() > 1)
    }

    pub(in crate::config) fn finish(self) -> Option<Network> {
        let mtu = self.mtu.map_or(MTU, Spanned::into_inner);
        Some(Network {
            role: self.role?.into_inner(),
            vlans: self.vlans?.into_inner(),
            subnet: self.subnet.map(Spanned::into_inner),
            gateway: self.gateway.map(Spanned::into_inner),
            pool: self.pool.map(Spanned::into_inner),
            mtu: u16::try_from(mtu).ok()?,
        })
    }
}

/// `vlan = 10` or `vlans = "100,200-210"`, without those that switches keep for themselves.
fn vlans(section: &mut Section<'_>) -> Option<Spanned<VlanSet>> {
    let one = section.value("vlan").is_some();
    let several = section.value("vlans").map(|value| value.span().start);
    match (one, several) {
        (false, None) => section.require(&["vlan"]),
        (true, Some(at)) => section.report.add(at, Layer2::VlanAndVlans),
        (true, None) | (false, Some(_)) => {}
    }
    let set = match one {
        true => vlan(section),
        false => section.word("vlans", What::Vlans),
    }?;
    for vlan in set.get_ref().0.iter().copied().filter(is_reserved) {
        let at = set.span().start;
        section.report.add(at, Layer2::VlanReserved { vlan });
    }
    Some(set)
}

fn vlan(section: &mut Section<'_>) -> Option<Spanned<VlanSet>> {
    let number = section.integer("vlan", What::Vlan)?;
    let vlan = u16::try_from(*number.get_ref()).ok();
    let Some(vlan) = vlan.and_then(|number| Vlan::new(number).ok()) else {
        let text = number.get_ref().to_string();
        section.bad(What::Vlan, number.span().start, &text);
        return None;
    };
    let set = VlanSet(BTreeSet::from([vlan]));
    Some(Spanned::new(number.span(), set))
}

/// VLAN 1 is every switch's default and carries its own protocols untagged; 1002 to 1005 are kept for FDDI and Token
/// Ring on Cisco's and cannot be removed there.
fn is_reserved(vlan: &Vlan) -> bool {
    matches!(vlan.number(), 1 | 1002..=1005)
}

/// Smallest and largest prefix that a network of hosts can have: /31 has no room for a router and a host.
const PREFIXES: RangeInclusive<u8> = 8..=30;

fn subnet(section: &mut Section<'_>) -> Option<Spanned<Ipv4Net>> {
    let subnet = section.word::<Ipv4Net>("subnet", What::Subnet)?;
    let (at, net) = (subnet.span().start, *subnet.get_ref());
    if !PREFIXES.contains(&net.prefix_len()) {
        section
            .report
            .add(at, Addressing::SubnetSize { subnet: net });
        return None;
    }
    if net.trunc() != net {
        section.report.add(at, Addressing::HostBits { subnet: net });
    }
    Some(Spanned::new(subnet.span(), net.trunc()))
}

fn mtu(section: &mut Section<'_>) -> Option<Spanned<u32>> {
    let mtu = section.integer("mtu", What::Mtu)?;
    section.in_range(What::Mtu, &mtu, MTU_RANGE);
    Some(mtu)
}
