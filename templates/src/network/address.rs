//! The addresses of a link, and what goes with them: router, routes, name servers. Only the management network has a
//! default router and name servers; a second one would be taken by chance.

use std::fmt::Display;
use std::net::IpAddr;

use inventory::rack::Segment;

use crate::facts::{Install, NotRenderable};

/// The addresses of a link, if it has any.
pub(super) struct Address {
    pub(super) ipv4: Option<Family>,
    pub(super) ipv6: Option<Family>,
}

/// An address of one family.
pub(super) struct Family {
    pub(super) cidr: String,
    pub(super) gateway: String,
    /// Name servers of this family: the other's section takes no others.
    pub(super) dns: String,
    pub(super) search: String,
    /// `SUBNET,ROUTER`.
    pub(super) routes: Vec<String>,
    pub(super) never_default: bool,
}

pub(super) fn address(
    install: &Install<'_>,
    segment: &Segment<'_>,
) -> Result<Address, NotRenderable> {
    let network = segment.network;
    let is_default = segment.vlan.is_none();
    let lacks = |subnet: &str| install.missing(format!("a {subnet} on network {}", segment.name));
    let family = |cidr: String, is_of_family: fn(&IpAddr) -> bool| Family {
        cidr,
        gateway: String::new(),
        dns: name_servers(install, is_of_family),
        search: search(install),
        routes: Vec::new(),
        never_default: !is_default,
    };
    let ipv4 = match segment.address {
        Some(address) => {
            let prefix = network.subnet.ok_or_else(|| lacks("subnet"))?.prefix_len();
            let routes = network.dhcp.routes.iter();
            let routes = routes.map(|route| format!("{},{}", route.to, route.via));
            Some(Family {
                gateway: after_comma(network.gateway.filter(|_| is_default)),
                routes: routes.collect(),
                ..family(format!("{address}/{prefix}"), IpAddr::is_ipv4)
            })
        }
        None => None,
    };
    let ipv6 = match segment.address6 {
        Some(address) => {
            let prefix = network
                .subnet6
                .ok_or_else(|| lacks("subnet6"))?
                .prefix_len();
            Some(Family {
                gateway: after_comma(network.gateway6.filter(|_| is_default)),
                ..family(format!("{address}/{prefix}"), IpAddr::is_ipv6)
            })
        }
        None => None,
    };
    Ok(Address { ipv4, ipv6 })
}

fn after_comma(gateway: Option<impl Display>) -> String {
    gateway
        .map(|gateway| format!(",{gateway}"))
        .unwrap_or_default()
}

fn name_servers(install: &Install<'_>, is_of_family: fn(&IpAddr) -> bool) -> String {
    let servers = install.rack.site.dns.iter();
    let servers = servers.filter(|server| is_of_family(server));
    servers.map(|server| format!("{server};")).collect()
}

fn search(install: &Install<'_>) -> String {
    let site = &install.rack.site;
    let domains = [&site.domain].into_iter().chain(&site.search);
    domains.map(|domain| format!("{domain};")).collect()
}
