//! Faults of addressing as sentences.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

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
        Addressing::NoSubnet { key, network } => {
            format!("[network.{network}] has a `{key}` and no subnet")
        }
        Addressing::Overlap { subnet, with, other, also } => {
            format!("{subnet} overlaps {other} of [network.{with}] (also at line {also})")
        }
        Addressing::Outside { address, network, subnet, also } => {
            format!("{address} is outside {subnet} of [network.{network}] (also at line {also})")
        }
        Addressing::Edge { address, subnet } => {
            format!("{address} is the network's own or its broadcast address in {subnet}")
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
        Addressing::SubnetSize { .. } => "write a subnet of /8 to /30".to_owned(),
        Addressing::NoSubnet { key, .. } => format!("add `subnet`, or take `{key}` out"),
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

fn hosts(subnet: &Ipv4Net) -> String {
    let mut hosts = subnet.hosts();
    let first = hosts.next().unwrap_or(subnet.network());
    let last = u32::from(subnet.broadcast()).saturating_sub(1);
    format!("{first} to {}", Ipv4Addr::from(last))
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
