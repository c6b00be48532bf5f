//! Addresses, bridges, VLANs, frame sizes and offloads.

use std::net::IpAddr;

use inventory::rack::{BOND, Bridge, HostNetwork, Segment};
use inventory::verification::{Check, What};

use super::check::{judged, list, skipped};
use super::wanted::Target;
use super::{Found, Wanted};

pub(super) fn checks(wanted: &Wanted<'_>, found: &Found) -> Vec<Check> {
    let Some(host) = &wanted.host else {
        return Vec::new();
    };
    let mut checks: Vec<Check> = bond(host, found).into_iter().collect();
    for segment in &host.segments {
        checks.extend(addresses(segment, found));
        checks.extend(segment.bridge.map(|bridge| has_port(bridge, found)));
        checks.extend(segment.bridge.map(|bridge| stp(bridge, found)));
        checks.extend(vlan(segment, found));
        checks.push(mtu(host, segment, found));
    }
    for target in wanted.targets() {
        checks.push(full_frames(&target, found));
    }
    let ports = host.ports.iter();
    checks.extend(ports.map(|mac| offloads(&mac.to_string(), found)));
    checks
}

/// `MODE PORT...`, ports with a link only.
fn bond(host: &HostNetwork<'_>, found: &Found) -> Option<Check> {
    let (mode, count) = (host.bond?.mode.name(), host.ports.len());
    let seen = found.of("bond", BOND).unwrap_or("no such bond");
    let mut words = seen.split_whitespace();
    let is_good = words.next() == Some(mode) && words.count() == count;
    let asked = format!("{mode}, {count} ports with a link");
    Some(judged(What::Bond, BOND, (&asked, seen), is_good))
}

fn addresses(segment: &Segment<'_>, found: &Found) -> Vec<Check> {
    let addresses = segment.address.map(IpAddr::V4).into_iter();
    let addresses = addresses.chain(segment.address6.map(IpAddr::V6));
    let check = |address: IpAddr| {
        let begin = format!("{address}/");
        let lines = found.all("address");
        let on = lines.iter().find(|line| {
            let cidr = line.split_once(' ').map(|(_, cidr)| cidr);
            cidr.is_some_and(|cidr| cidr.starts_with(&begin))
        });
        let asked = address.to_string();
        let seen = on.map_or("no link has it", String::as_str);
        judged(What::Address, &asked, ("on a link", seen), on.is_some())
    };
    addresses.map(check).collect()
}

/// CARRIER PORT...: a bridge without a port still answers for its address, so ports are looked at. Guests' ports come and
/// go; of others there is exactly one, since two uplinks make a loop.
fn has_port(bridge: &Bridge, found: &Found) -> Check {
    let line = found.of("bridge", &bridge.name);
    let mut words = line.unwrap_or_default().split_whitespace();
    let carrier = words.next() == Some("1");
    let uplinks: Vec<&str> = words
        .filter(|port| !port.starts_with("vnet") && !port.starts_with("tap"))
        .collect();
    let seen = match (line, uplinks.as_slice()) {
        (None, _) => "no such bridge".to_owned(),
        // Without a port, what the kernel calls carrier is no news.
        (Some(_), []) => "no port".to_owned(),
        (Some(_), ports) if carrier => format!("{}, with carrier", ports.join(" and ")),
        (Some(_), ports) => format!("{}, without carrier", ports.join(" and ")),
    };
    let is_good = carrier && uplinks.len() == 1;
    let asked = "one port, with carrier";
    judged(What::Bridge, &bridge.name, (asked, &seen), is_good)
}

/// The kernel's own, or a program's beside it, is on (Documentation/networking/bridge.rst: `stp_state`).
fn stp(bridge: &Bridge, found: &Found) -> Check {
    let name = |is_on| match is_on {
        true => "on",
        false => "off",
    };
    let seen = match found.of("stp", &bridge.name) {
        Some("0") => name(false),
        Some("1" | "2") => name(true),
        Some(_) | None => "the kernel does not say",
    };
    let asked = name(bridge.stp);
    judged(What::Stp, &bridge.name, (asked, seen), asked == seen)
}

/// The VLAN link of a tagged network: the bridge's port if it has one.
fn vlan(segment: &Segment<'_>, found: &Found) -> Option<Check> {
    let asked = format!("tag {}", segment.vlan?);
    let tags: Vec<String> = vlan_links(segment, found)
        .iter()
        .map(|(_, tag)| format!("tag {tag}"))
        .collect();
    let of = match segment.bridge {
        Some(bridge) => format!("below {}", bridge.name),
        None => format!("of {}", segment.name),
    };
    let is_good = tags == [asked.as_str()];
    Some(judged(What::Vlan, &of, (&asked, &list(&tags)), is_good))
}

/// Name and tag of the VLAN links that may be the segment's: those below its bridge, or those of its tag.
fn vlan_links<'a>(segment: &Segment<'_>, found: &'a Found) -> Vec<(&'a str, &'a str)> {
    let tag = segment.vlan.map(|vlan| vlan.to_string());
    let ports = segment
        .bridge
        .and_then(|bridge| found.of("bridge", &bridge.name));
    let is_its = |name: &str, its: &str| match segment.bridge {
        Some(_) => ports.is_some_and(|ports| ports.split_whitespace().skip(1).any(|it| it == name)),
        None => tag.as_deref() == Some(its),
    };
    let links = found.all("vlan").iter().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words.next()?))
    });
    links.filter(|(name, its)| is_its(name, its)).collect()
}

/// Of the link that has the network's traffic: its bridge, else its VLAN link, else the bond or the port.
fn mtu(host: &HostNetwork<'_>, segment: &Segment<'_>, found: &Found) -> Check {
    let (link, asked) = match (segment.bridge, segment.vlan) {
        (Some(bridge), _) => (Some(bridge.name.as_str()), segment.network.mtu),
        (None, Some(_)) => {
            let links = vlan_links(segment, found);
            (links.first().map(|(name, _)| *name), segment.network.mtu)
        }
        (None, None) if host.bond.is_some() => (Some(BOND), host.mtu),
        (None, None) => (port_of(host, found), host.mtu),
    };
    let seen = link.and_then(|link| found.of("link", link));
    let asked = asked.to_string();
    let seen = seen.unwrap_or("no such link");
    let of = match segment.bridge {
        Some(bridge) => format!("of {}", bridge.name),
        None => format!("in {}", segment.name),
    };
    judged(What::Mtu, &of, (&asked, seen), seen == asked)
}

/// The kernel's name of the port that it boots from.
fn port_of<'a>(host: &HostNetwork<'_>, found: &'a Found) -> Option<&'a str> {
    let rest = found.of("nic", &host.ports.first()?.to_string())?;
    rest.split_whitespace().next()
}

/// A ping as long as the network's frames may be, which no router may cut.
fn full_frames(target: &Target, found: &Found) -> Check {
    let mtu = target.mtu;
    let address = target.address.to_string();
    let asked = format!("answers of {mtu} bytes");
    let (seen, is_good) = match found.of("ping", &address) {
        Some("full") => ("answers", true),
        Some("small") => ("answers small frames only: see MTU of switch ports", false),
        Some(_) | None => ("no answer", false),
    };
    let of = format!("{} ({address})", target.name);
    let is_silent = found.of("ping", &address) == Some("none");
    if is_silent && !target.is_sure {
        let why = "it answers no ping at all: it may be off, or not let pings in";
        return skipped(What::FullFrames, &of, (&asked, seen), why);
    }
    judged(What::FullFrames, &of, (&asked, seen), is_good)
}

/// Large receive offloads break guests' traffic behind a bridge (`rocky-install.md` C).
fn offloads(mac: &str, found: &Found) -> Check {
    let asked = "large-receive-offload and rx-gro-hw off";
    match found.of("nic", mac) {
        None => judged(What::Offloads, mac, (asked, "no such port"), false),
        Some(rest) => {
            let on: Vec<&str> = rest.split_whitespace().skip(1).collect();
            let seen = format!("on: {}", list(&on));
            judged(What::Offloads, mac, (asked, &seen), on.is_empty())
        }
    }
}
