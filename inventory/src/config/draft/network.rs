//! `[network.NAME]`: a layer-2 network, with what can be said of it alone.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde_spanned::Spanned;

use super::plain;
use crate::config::problem::{Addressing, Layer2};
use crate::config::section::Section;
use crate::config::what::What;
use crate::dhcp::{Dhcp, Mode, Route};
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

const MODES: [(&str, Mode); 4] = [
    ("reservations", Mode::Reservations),
    ("pool", Mode::Pool),
    ("proxy", Mode::Proxy),
    ("off", Mode::Off),
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
    /// Whether `subnet` is written, readable or not.
    pub(in crate::config) says_subnet: bool,
    pub(in crate::config) gateway: Option<Spanned<Ipv4Addr>>,
    pub(in crate::config) subnet6: Option<Spanned<Ipv6Net>>,
    /// Whether `subnet6` is written, readable or not.
    pub(in crate::config) says_subnet6: bool,
    pub(in crate::config) gateway6: Option<Spanned<Ipv6Addr>>,
    pub(in crate::config) ra: Option<Spanned<bool>>,
    pub(in crate::config) pool: Option<Spanned<(Ipv4Addr, Ipv4Addr)>>,
    dhcp_servers: Vec<Spanned<Ipv4Addr>>,
    relays: Option<Vec<Spanned<IpAddr>>>,
    mtu: Option<Spanned<u32>>,
    pub(in crate::config) dhcp: Option<Spanned<Mode>>,
    pub(in crate::config) authoritative: Option<Spanned<bool>>,
    pub(in crate::config) routes: Vec<Spanned<Route>>,
}

impl Draft {
    pub(in crate::config) fn read(name: &NetworkName, mut section: Section<'_>) -> Self {
        section.require(&["role"]);
        let role = section.choice("role", What::Role, &ROLES);
        let vlans = vlans(&mut section);
        without(
            &mut section,
            name,
            "subnet",
            &["gateway", "pool", "dhcp", "routes"],
        );
        let (subnet, gateway) = (subnet(&mut section), section.word("gateway", What::Address));
        without(&mut section, name, "subnet6", &["gateway6", "ra"]);
        let ra = section.flag("ra");
        let boots = role.as_ref().map(Spanned::get_ref) == Some(&Role::Management);
        if let Some(ra) = ra.as_ref().filter(|ra| *ra.get_ref() && !boots) {
            let network = name.clone();
            let problem = Addressing::AdvertisedElsewhere { network };
            section.report.add(ra.span().start, problem);
        }
        Self {
            at: section.at,
            role,
            vlans,
            says_subnet: section.value("subnet").is_some(),
            subnet,
            gateway,
            says_subnet6: section.value("subnet6").is_some(),
            subnet6: subnet6(&mut section),
            gateway6: section.word("gateway6", What::Address6),
            ra,
            pool: section.parse("pool", What::Pool, |text| {
                let (first, last) = text.split_once('-')?;
                Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
            }),
            dhcp_servers: section.words("dhcp_servers", What::Address),
            relays: relays(&mut section, name),
            mtu: mtu(&mut section),
            dhcp: section.choice("dhcp", What::Dhcp, &MODES),
            authoritative: section.flag("authoritative"),
            routes: section.words("routes", What::Route),
        }
    }

    /// Its subnets of either family.
    pub(in crate::config) fn subnets(&self) -> impl Iterator<Item = Spanned<IpNet>> {
        let v4 = self.subnet.as_ref();
        let v4 = v4.map(|net| Spanned::new(net.span(), IpNet::V4(*net.get_ref())));
        let v6 = self.subnet6.as_ref();
        let v6 = v6.map(|net| Spanned::new(net.span(), IpNet::V6(*net.get_ref())));
        v4.into_iter().chain(v6)
    }

    /// The one VLAN, if it is one.
    pub(in crate::config) fn has_several_vlans(&self) -> bool {
        let vlans = self.vlans.as_ref();
        vlans.is_some_and(|vlans| vlans.get_ref().0.len() > 1)
    }

    /// Nodes get their addresses where they boot; elsewhere nobody was asked to give any.
    pub(in crate::config) fn mode(&self) -> Mode {
        let management = self.role.as_ref().map(Spanned::get_ref) == Some(&Role::Management);
        match &self.dhcp {
            Some(mode) => *mode.get_ref(),
            None if management => Mode::Reservations,
            None => Mode::Off,
        }
    }

    pub(in crate::config) fn finish(self) -> Option<Network> {
        let dhcp = Dhcp {
            mode: self.mode(),
            authoritative: self
                .authoritative
                .as_ref()
                .is_some_and(|said| *said.get_ref()),
            routes: plain(self.routes),
        };
        let mtu = self.mtu.map_or(MTU, Spanned::into_inner);
        Some(Network {
            role: self.role?.into_inner(),
            vlans: self.vlans?.into_inner(),
            subnet: self.subnet.map(Spanned::into_inner),
            gateway: self.gateway.map(Spanned::into_inner),
            subnet6: self.subnet6.map(Spanned::into_inner),
            gateway6: self.gateway6.map(Spanned::into_inner),
            ra: self.ra.is_some_and(Spanned::into_inner),
            pool: self.pool.map(Spanned::into_inner),
            dhcp_servers: plain(self.dhcp_servers),
            relays: self.relays.map(plain),
            mtu: u16::try_from(mtu).ok()?,
            dhcp,
        })
    }
}

/// Reports each of `keys` that means nothing because `subnet` is not written.
fn without(
    section: &mut Section<'_>,
    name: &NetworkName,
    subnet: &'static str,
    keys: &[&'static str],
) {
    if section.value(subnet).is_some() {
        return;
    }
    for key in keys {
        if let Some(value) = section.value(key) {
            let network = name.clone();
            let problem = Addressing::NoSubnet {
                key,
                subnet,
                network,
            };
            section.report.add(value.span().start, problem);
        }
    }
}

/// None if the file does not say: an empty list is a word of its own.
fn relays(section: &mut Section<'_>, name: &NetworkName) -> Option<Vec<Spanned<IpAddr>>> {
    section.value("relays")?;
    if section.value("subnet6").is_none() {
        without(section, name, "subnet", &["relays"]);
    }
    Some(section.words("relays", What::Ip))
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
        let subnet = IpNet::V4(net);
        section.report.add(at, Addressing::SubnetSize { subnet });
        return None;
    }
    if net.trunc() != net {
        let subnet = IpNet::V4(net);
        section.report.add(at, Addressing::HostBits { subnet });
    }
    Some(Spanned::new(subnet.span(), net.trunc()))
}

/// A network of hosts is a /64 (RFC 4291 §2.5.4). Smaller ones work here, where every address is given by DHCPv6; a
/// larger one than /48 is a site's whole allocation.
const PREFIXES6: RangeInclusive<u8> = 48..=120;

fn subnet6(section: &mut Section<'_>) -> Option<Spanned<Ipv6Net>> {
    let subnet = section.word::<Ipv6Net>("subnet6", What::Subnet6)?;
    let (at, net) = (subnet.span().start, *subnet.get_ref());
    if !PREFIXES6.contains(&net.prefix_len()) {
        let subnet = IpNet::V6(net);
        section.report.add(at, Addressing::SubnetSize { subnet });
        return None;
    }
    if !is_routable(net.addr()) {
        section
            .report
            .add(at, Addressing::NotRoutable { subnet: net });
        return None;
    }
    if net.trunc() != net {
        let subnet = IpNet::V6(net);
        section.report.add(at, Addressing::HostBits { subnet });
    }
    Some(Spanned::new(subnet.span(), net.trunc()))
}

/// Global unicast 2000::/3 (RFC 4291 §2.4 as IANA allocates it) or unique local fc00::/7 (RFC 4193).
fn is_routable(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    first & 0xe000 == 0x2000 || address.is_unique_local()
}

fn mtu(section: &mut Section<'_>) -> Option<Spanned<u32>> {
    let mtu = section.integer("mtu", What::Mtu)?;
    section.in_range(What::Mtu, &mtu, MTU_RANGE);
    Some(mtu)
}
