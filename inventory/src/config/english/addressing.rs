//! Faults of addressing as sentences.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use crate::config::problem::{Addressing, Owner};

#[rustfmt::skip]
pub(super) fn wrong(problem: &Addressing) -> String {
    match problem {
        Addressing::SubnetOverVlans { network } => {
            format!("[network.{network}] has several VLANs and one subnet")
        }
        Addressing::HostBits { subnet } => {
            format!("{subnet} is an address in a subnet, not the subnet")
        }
        Addressing::SubnetSize { subnet } => format!("{subnet} is no network of hosts"),
        Addressing::NotRoutable { subnet } => {
            format!("{subnet} is neither global nor unique local")
        }
        Addressing::NoSubnet { key, subnet, network } => {
            format!("`{key}` means nothing while [network.{network}] has no `{subnet}`")
        }
        Addressing::AdvertisedElsewhere { network } => {
            format!("no node boots in [network.{network}], so nothing is advertised there")
        }
        Addressing::NobodyAnswers6 { network } => {
            format!("the appliance has no IPv6 address in [network.{network}], where it is to serve IPv6")
        }
        Addressing::NoPool { network } => {
            format!("DHCP of [network.{network}] is to give addresses of a pool, and there is none")
        }
        Addressing::NoAuthority { network } => {
            format!("DHCP of [network.{network}] gives no addresses, so it cannot refuse any")
        }
        Addressing::Overlap { subnet, with, other, also } => {
            format!("{subnet} overlaps {other} of [network.{with}] (also at line {also})")
        }
        Addressing::Outside { address, network, subnet, also } => {
            format!("{address} is outside {subnet} of [network.{network}] (also at line {also})")
        }
        Addressing::Edge { address, subnet } => {
            format!("{address} is {} in {subnet}", edges(subnet))
        }
        Addressing::AddressTaken { address, by, also } => {
            format!("{address} is the address of {} (also at line {also})", who(by))
        }
        Addressing::PoolReversed { .. } => "the pool runs backwards".to_owned(),
        Addressing::PoolCovers { count, address, by, also } => {
            let (by, more) = (who(by), more(count - 1));
            format!("the pool covers {address} of {by} (also at line {also}){more}")
        }
    }
}

pub(super) fn mend(problem: &Addressing) -> String {
    match problem {
        Addressing::SubnetOverVlans { .. } => {
            "leave `subnet` out, or write vlan = NUMBER".to_owned()
        }
        Addressing::HostBits { subnet } => format!("write {}", subnet.trunc()),
        Addressing::SubnetSize {
            subnet: IpNet::V4(_),
        } => "write a subnet of /8 to /30".to_owned(),
        Addressing::SubnetSize {
            subnet: IpNet::V6(_),
        } => "write a subnet of /48 to /120, usually /64".to_owned(),
        Addressing::NotRoutable { .. } => {
            "write a subnet of your provider's or of fd00::/8 (RFC 4193)".to_owned()
        }
        Addressing::NoSubnet { key, subnet, .. } => format!("add `{subnet}`, or take `{key}` out"),
        Addressing::AdvertisedElsewhere { .. } => {
            "write `ra` in the network of role management, or take it out".to_owned()
        }
        Addressing::NobodyAnswers6 { .. } => {
            "add `address6` to that entry of `interface` of [appliance]".to_owned()
        }
        Addressing::NoPool { .. } => "add pool = \"FIRST-LAST\"".to_owned(),
        Addressing::NoAuthority { .. } => "take `authoritative` out".to_owned(),
        Addressing::Overlap { .. } => "give each network addresses of its own".to_owned(),
        Addressing::Outside { subnet, .. } | Addressing::Edge { subnet, .. } => {
            format!("write an address within {}", hosts(subnet))
        }
        Addressing::AddressTaken { .. } => {
            "give each its own: correct one of the two lines".to_owned()
        }
        Addressing::PoolReversed { first, last } => format!("write \"{last}-{first}\""),
        Addressing::PoolCovers { .. } => "choose a range in which nobody has an address".to_owned(),
    }
}

/// IPv6 has no broadcast; all zeros is the routers' anycast address (RFC 4291 §2.6.1).
fn edges(subnet: &IpNet) -> &'static str {
    match subnet {
        IpNet::V4(_) => "the network's own or its broadcast address",
        IpNet::V6(_) => "the anycast address of all routers",
    }
}

fn hosts(subnet: &IpNet) -> String {
    let first = subnet.hosts().next().unwrap_or(subnet.network());
    let last = match subnet.broadcast() {
        IpAddr::V4(last) => Ipv4Addr::from(u32::from(last).saturating_sub(1)).into(),
        IpAddr::V6(last) => IpAddr::V6(last),
    };
    format!("{first} to {last}")
}

fn more(count: usize) -> String {
    match count {
        0 => String::new(),
        more => format!(" and {more} more that are taken"),
    }
}

fn who(owner: &Owner) -> String {
    match owner {
        Owner::Appliance => "the appliance".to_owned(),
        Owner::Gateway(name) => format!("the gateway of [network.{name}]"),
        Owner::Node(name) => format!("node {name}"),
        Owner::Bmc(name) => format!("the BMC of node {name}"),
        Owner::Switch(name) => format!("[switch.{name}]"),
        Owner::Firewall(name) => format!("[firewall.{name}]"),
        Owner::Cloud(name) => format!("[cloud.{name}]"),
    }
}
