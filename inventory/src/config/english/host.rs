//! Faults of a host's network as sentences.

use crate::config::problem::{Differs, Host};

pub(super) fn wrong(problem: &Host) -> String {
    match problem {
        Host::BondOfOne { profile, also } => {
            format!(
                "profile {profile} bonds the ports, and this node has one (also at line {also})"
            )
        }
        Host::BridgeName { name } => {
            format!(
                "`{name}` is a name for links that the host or the cloud controller makes itself"
            )
        }
        Host::TrafficTwice { traffic, by, also } => {
            format!("{traffic} traffic goes over bridge {by} already (also at line {also})")
        }
        Host::TrunkOnVlan { network } => {
            format!(
                "the bridge on [network.{network}] has a VLAN below it, and VLANs inside a VLAN reach nobody"
            )
        }
        Host::TrunkTaken { network, also } => {
            format!(
                "[network.{network}] has a bridge or a trunk in this profile (also at line {also})"
            )
        }
        Host::BootAddress { key, network } => {
            format!(
                "[network.{network}] is where nodes boot: their address there is not in `{key}`"
            )
        }
        Host::NoHome { network, also } => {
            format!("[network.{network}] is not one VLAN that hosts use (also at line {also})")
        }
        Host::Fragment { bad } => format!("of `kickstart`, {bad}"),
        Host::Differs {
            what,
            profile,
            node,
            other,
            also,
        } => {
            let what = differs(*what);
            format!(
                "profile {profile} has other {what} than profile {other} of node {node}, which is in the same cluster (also at line {also})"
            )
        }
    }
}

fn differs(what: Differs) -> &'static str {
    match what {
        Differs::Os => "releases of an operating system",
        Differs::Bond => "links below its bridges (bond)",
        Differs::Bridges => "bridges, networks or traffic",
        Differs::Storage => "shared storage",
    }
}

#[rustfmt::skip]
pub(super) fn mend(problem: &Host) -> String {
    let mend = match problem {
        Host::BondOfOne { .. } => "add the MACs of its other ports as `bond_macs`, or give it a profile without `bond`",
        Host::BridgeName { .. } => "take another name, as cloudbr0",
        Host::TrafficTwice { .. } => "keep each kind of traffic on one bridge",
        Host::TrunkOnVlan { .. } => "write `trunks` at the bridge on the management network, whose port carries tags",
        Host::TrunkTaken { .. } => "keep one: the controller makes the links of its own VLANs",
        Host::BootAddress { .. } => "write `address` (IPv4) or `address6` (IPv6)",
        Host::NoHome { .. } => "take a network with one VLAN, not the one of role parking",
        Host::Fragment { .. } => "a fragment has the commands authselect, group, keyboard, lang, sshkey and user, and %packages and %post sections that each end in %end",
        Host::Differs { .. } => "make them the same, so that guests can move: hosts are reinstalled one after the other, so the file may say at once what all become",
    };
    mend.to_owned()
}
