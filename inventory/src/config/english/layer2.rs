//! Faults of layer 2 as sentences.

use super::role;
use crate::config::problem::Layer2;

pub(super) fn wrong(problem: &Layer2) -> String {
    match problem {
        Layer2::VlanAndVlans => "a network has `vlan` or `vlans`, not both".to_owned(),
        Layer2::VlanReserved { vlan } => format!("switches keep VLAN {vlan} for themselves"),
        Layer2::VlanTaken { vlan, by, also } => {
            format!("VLAN {vlan} is also in [network.{by}] (also at line {also})")
        }
        Layer2::OneVlan { network, role: its } => {
            let its = role(*its);
            format!("[network.{network}] of role {its} has several VLANs")
        }
        Layer2::NoRole { role: its } => format!("no network has the role {}", role(*its)),
        Layer2::RoleTwice {
            role: its,
            by,
            also,
        } => {
            let its = role(*its);
            format!("[network.{by}] has the role {its} already (also at line {also})")
        }
        Layer2::NobodyAnswers { network } => {
            format!("the appliance has no interface in [network.{network}], where nodes boot")
        }
        Layer2::Uplink { port, also } => {
            format!("{port} is an uplink and is never touched (also at line {also})")
        }
        Layer2::NoUplink { switch } => {
            format!("[switch.{switch}] has no uplink, so nothing protects the way to it")
        }
        Layer2::BridgeOverVlans { network, also } => {
            format!("[network.{network}] has several VLANs (also at line {also})")
        }
        Layer2::BridgeOnParking { network, also } => {
            format!("[network.{network}] is where idle ports stand (also at line {also})")
        }
        Layer2::BridgedTwice { network, also } => {
            format!("[network.{network}] has a bridge in this profile (also at line {also})")
        }
    }
}

#[rustfmt::skip]
pub(super) fn mend(problem: &Layer2) -> String {
    let mend = match problem {
        Layer2::VlanAndVlans => "keep `vlan` for one VLAN, `vlans` for several",
        Layer2::VlanReserved { .. } => "take another of 2 to 4094; 1 and 1002 to 1005 are reserved",
        Layer2::VlanTaken { .. } => "give each network VLANs of its own",
        Layer2::OneVlan { .. } => "write vlan = NUMBER; only networks of role service have several",
        Layer2::NoRole { .. } => "add a [network.NAME] of that role: nodes boot in management and wait in parking",
        Layer2::RoleTwice { .. } => "keep one: which of two a node boots or waits in would be left open",
        Layer2::NobodyAnswers { .. } => "add { name, network, address } to `interface` of [appliance]",
        Layer2::Uplink { .. } => "write the port the node's cable is in, or take it out of `uplinks`",
        Layer2::NoUplink { .. } => "list the ports to other switches, the firewall and this appliance in `uplinks`",
        Layer2::BridgeOverVlans { .. } => "put the bridge on a network with one VLAN",
        Layer2::BridgeOnParking { .. } => "put the bridge on a network that hosts or guests use",
        Layer2::BridgedTwice { .. } => "keep one bridge for each network",
    };
    mend.to_owned()
}
