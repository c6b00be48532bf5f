//! Where packets and names go: default routers, routes, name servers, search domains.

use std::collections::BTreeSet;
use std::net::IpAddr;

use inventory::rack::{HostNetwork, Segment};
use inventory::verification::{Check, What};

use super::check::{judged, list, skipped};
use super::{Found, Wanted};

/// What `ip route` calls the way to everybody else.
const DEFAULT: &str = "default";

pub(super) fn checks(wanted: &Wanted<'_>, found: &Found) -> Vec<Check> {
    let Some(host) = &wanted.host else {
        return Vec::new();
    };
    let mut checks = vec![
        router("IPv4", &gateways4(host), found.all("route4")),
        router("IPv6", &gateways6(host), found.all("route6")),
    ];
    let routes = routes(host);
    checks.extend(
        routes
            .iter()
            .filter(|(to, _)| to != DEFAULT)
            .map(|(to, via)| route(to, via, found)),
    );
    checks.push(name_servers(wanted, found));
    checks.push(search_domains(wanted, found));
    checks
}

/// Only the management network has a default router: a second one would be taken by chance.
fn gateways4(host: &HostNetwork<'_>) -> Vec<String> {
    let base = host.segments.iter().find(|segment| segment.vlan.is_none());
    let gateway = base.and_then(|segment| segment.network.gateway);
    let own = gateway.map(|gateway| gateway.to_string());
    let routes = routes(host).into_iter();
    let others = routes.filter_map(|(to, via)| (to == DEFAULT).then_some(via));
    own.into_iter().chain(others).collect()
}

fn gateways6(host: &HostNetwork<'_>) -> Vec<String> {
    let base = host.segments.iter().find(|segment| segment.vlan.is_none());
    let base = base.filter(|segment| segment.address6.is_some());
    let gateway = base.and_then(|segment| segment.network.gateway6);
    gateway.iter().map(ToString::to_string).collect()
}

/// Exactly these, through whichever link. `lines` are `DESTINATION ROUTER`.
fn router(family: &str, asked: &[String], lines: &[String]) -> Check {
    let defaults = lines.iter().filter_map(|line| line.split_once(' '));
    let seen: Vec<&str> = defaults
        .filter_map(|(to, via)| (to == DEFAULT).then_some(via))
        .collect();
    let of_asked: BTreeSet<&str> = asked.iter().map(String::as_str).collect();
    let is_good = of_asked == seen.iter().copied().collect();
    let sides = (&*list(asked), &*list(&seen));
    judged(What::Router, family, sides, is_good)
}

/// Destination and router of the `routes` of networks that the node has an IPv4 address in, as `ip route` spells them.
fn routes(host: &HostNetwork<'_>) -> Vec<(String, String)> {
    let has_address = |segment: &&Segment<'_>| segment.address.is_some();
    let segments = host.segments.iter().filter(has_address);
    let routes = segments.flat_map(|segment| &segment.network.dhcp.routes);
    let spelled = routes.map(|route| {
        let to = match route.to.prefix_len() {
            0 => DEFAULT.to_owned(),
            32 => route.to.addr().to_string(),
            _ => route.to.to_string(),
        };
        (to, route.via.to_string())
    });
    spelled.collect()
}

fn route(to: &str, via: &str, found: &Found) -> Check {
    let seen = found.of("route4", to).unwrap_or("no such route");
    judged(What::Route, to, (via, seen), seen == via)
}

/// A system takes those of a family that it has an address of in the management network.
fn name_servers(wanted: &Wanted<'_>, found: &Found) -> Check {
    let has_ipv6 = wanted.node.address6.is_some();
    let servers = wanted.rack.site.dns.iter();
    let asked: Vec<String> = servers
        .filter(|server| match server {
            IpAddr::V4(_) => true,
            IpAddr::V6(_) => has_ipv6,
        })
        .map(ToString::to_string)
        .collect();
    same_set(What::NameServers, &asked, found.all("dns"))
}

/// Their order is NetworkManager's own business.
fn search_domains(wanted: &Wanted<'_>, found: &Found) -> Check {
    let site = &wanted.rack.site;
    let domains = [&site.domain].into_iter().chain(&site.search);
    let asked: Vec<String> = domains.map(ToString::to_string).collect();
    if site.dns.is_empty() {
        let why = "the site has no name servers";
        let sides = (&*list(&asked), &*list(found.all("search")));
        return skipped(What::SearchDomains, "", sides, why);
    }
    same_set(What::SearchDomains, &asked, found.all("search"))
}

fn same_set(what: What, asked: &[String], seen: &[String]) -> Check {
    let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    let is_good = set(asked) == set(seen);
    judged(what, "", (&list(asked), &list(seen)), is_good)
}
