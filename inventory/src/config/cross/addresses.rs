//! Who has which address. The appliance, nodes and BMCs have theirs alone; a gateway may be the firewall's or a switch's,
//! and a controller may serve several [cloud.NAME]. Pools hold none of them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_spanned::Spanned;

use crate::config::draft::Draft;
use crate::config::problem::{Addressing, Owner};
use crate::config::report::Report;

/// An address and who has it.
struct Claim {
    at: usize,
    address: IpAddr,
    /// Port of a service that shares the address with others, if the claim is about one.
    port: Option<u16>,
    owner: Owner,
}

impl Claim {
    fn new(address: &Spanned<impl Into<IpAddr> + Copy>, owner: Owner) -> Self {
        Self {
            at: address.span().start,
            address: (*address.get_ref()).into(),
            port: None,
            owner,
        }
    }

    fn collides(&self, other: &Self) -> bool {
        let ports = (self.port, other.port);
        let one_host = matches!(ports, (Some(mine), Some(its)) if mine != its);
        // Two BMCs on one service are told as `duplicate-bmc`.
        let twice = matches!(ports, (Some(mine), Some(its)) if mine == its);
        (self.owner.is_alone() || other.owner.is_alone()) && !one_host && !twice
    }
}

impl Owner {
    fn is_alone(&self) -> bool {
        match self {
            Self::Appliance | Self::Node(_) | Self::Bmc(_) => true,
            Self::Gateway(_) | Self::Switch(_) | Self::Firewall(_) | Self::Cloud(_) => false,
        }
    }
}

pub(super) fn check(draft: &Draft, report: &Report<'_>) {
    let mut claims = devices(draft);
    claims.extend(machines(draft));
    claims.sort_by_key(|claim| claim.at);
    let mut first: BTreeMap<IpAddr, &Claim> = BTreeMap::new();
    for claim in &claims {
        let earlier = *first.entry(claim.address).or_insert(claim);
        if earlier.at != claim.at && claim.collides(earlier) {
            let problem = Addressing::AddressTaken {
                address: claim.address,
                by: earlier.owner.clone(),
                also: report.line(earlier.at),
            };
            report.add(claim.at, problem);
        }
    }
    pools(draft, report, &claims);
}

fn pools(draft: &Draft, report: &Report<'_>, claims: &[Claim]) {
    let pools = draft.networks.iter().filter_map(|(_, n)| n.pool.as_ref());
    for pool in pools {
        let (first, last) = *pool.get_ref();
        let range = IpAddr::V4(first)..=IpAddr::V4(last);
        let mut inside = claims
            .iter()
            .filter(|claim| range.contains(&claim.address))
            .peekable();
        let Some(claim) = inside.peek() else {
            continue;
        };
        let problem = Addressing::PoolCovers {
            address: claim.address,
            by: claim.owner.clone(),
            also: report.line(claim.at),
            count: inside.count(),
        };
        report.add(pool.span().start, problem);
    }
}

fn devices(draft: &Draft) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (name, network) in &draft.networks {
        let owner = || Owner::Gateway(name.get_ref().clone());
        claims.extend(
            network
                .gateway
                .iter()
                .map(|gateway| Claim::new(gateway, owner())),
        );
        // A link-local address says nothing about another link.
        let gateway6 = network.gateway6.iter();
        let gateway6 = gateway6.filter(|it| !it.get_ref().is_unicast_link_local());
        claims.extend(gateway6.map(|gateway| Claim::new(gateway, owner())));
    }
    for (name, switch) in &draft.switches {
        let owner = || Owner::Switch(name.get_ref().clone());
        for address in switch.address.iter() {
            let ip = Spanned::new(address.span(), address.get_ref().ip());
            claims.push(Claim::new(&ip, owner()));
        }
    }
    for (name, firewall) in &draft.firewalls {
        let owner = || Owner::Firewall(name.get_ref().clone());
        claims.extend(
            firewall
                .address
                .iter()
                .map(|address| Claim::new(address, owner())),
        );
    }
    for (name, cloud) in &draft.clouds {
        let owner = || Owner::Cloud(name.get_ref().clone());
        claims.extend(
            cloud
                .address()
                .iter()
                .map(|address| Claim::new(address, owner())),
        );
    }
    claims
}

fn machines(draft: &Draft) -> Vec<Claim> {
    let mut claims = Vec::new();
    for interface in draft.appliance.iter().flat_map(|a| &a.interfaces) {
        let address = interface.address.iter();
        claims.extend(address.map(|address| Claim::new(address, Owner::Appliance)));
        let address6 = interface.address6.iter();
        claims.extend(address6.map(|address| Claim::new(address, Owner::Appliance)));
    }
    for node in &draft.nodes {
        let Some(name) = node.name.as_ref().map(Spanned::get_ref) else {
            continue;
        };
        let address = node.address.iter();
        claims.extend(address.map(|address| Claim::new(address, Owner::Node(name.clone()))));
        let address6 = node.address6.iter();
        claims.extend(address6.map(|address| Claim::new(address, Owner::Node(name.clone()))));
        let elsewhere = node.addresses.iter().map(|(_, address)| address);
        claims.extend(elsewhere.map(|address| Claim::new(address, Owner::Node(name.clone()))));
        let elsewhere6 = node.addresses6.iter().map(|(_, address)| address);
        claims.extend(elsewhere6.map(|address| Claim::new(address, Owner::Node(name.clone()))));
        for service in node.bmc.iter().filter_map(|bmc| bmc.address.as_ref()) {
            let ip = Spanned::new(service.span(), service.get_ref().ip());
            claims.push(Claim {
                port: Some(service.get_ref().port()),
                ..Claim::new(&ip, Owner::Bmc(name.clone()))
            });
        }
    }
    claims
}
