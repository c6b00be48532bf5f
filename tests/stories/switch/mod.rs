//! The Open vSwitch driver on a real Open vSwitch.

mod faults;
mod peer;
mod vlans;

use devices::switch::{Delta, Mode, State, Trunk, Want, delta};
use inventory::net::{Vlan, VlanSet};

fn vlan(number: u16) -> Vlan {
    Vlan::new(number).unwrap()
}

fn access(number: u16) -> Mode {
    Mode::Access(vlan(number))
}

fn trunk(native: Option<u16>, allowed: &str) -> Mode {
    let allowed = if allowed.is_empty() {
        VlanSet::default()
    } else {
        allowed.parse().unwrap()
    };
    Mode::Trunk(Trunk::new(native.map(vlan), allowed).unwrap())
}

fn want(ports: &[(&str, Mode)]) -> Want {
    let ports = ports
        .iter()
        .map(|(port, mode)| ((*port).to_owned(), mode.clone()));
    Want {
        ports: ports.collect(),
        uplinks: ["up".to_owned()].into(),
    }
}

fn change(state: &State, ports: &[(&str, Mode)]) -> Delta {
    delta(state, &want(ports)).unwrap()
}
