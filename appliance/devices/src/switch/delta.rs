//! The difference between a switch as it is and as it should be. Pure, and one for all vendors.

use std::fmt;

use super::model::{Found, Mode, State, Want};

/// One port that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The port, in the switch's own spelling.
    pub port: String,
    /// What it does now. A driver refuses the change if it finds something else when it applies.
    pub from: Found,
    /// What it will do.
    pub to: Mode,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", self.port, self.from, self.to)
    }
}

/// What has to change. Made by [`delta`] only, so it never touches an uplink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    changes: Vec<Change>,
}

impl Delta {
    /// The ports that change, by name.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// True if everything is as it should be.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Why there is no way from one to the other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The port is never touched.
    #[error(
        "port {0} is listed as uplink and would lose its VLANs; take it out of the switch's `uplinks` or off the node"
    )]
    Uplink(String),
    /// The switch has no such port.
    #[error(
        "the switch has no port {0}; check the node's `port` against the switch's own spelling"
    )]
    Missing(String),
}

/// What must change so that `state` becomes as wanted; every fault if that cannot be.
pub fn delta(state: &State, want: &Want) -> Result<Delta, Vec<Fault>> {
    let mut changes = Vec::new();
    let mut faults = Vec::new();
    for (port, to) in &want.ports {
        match state.ports.get(port) {
            _ if want.uplinks.contains(port) => faults.push(Fault::Uplink(port.clone())),
            None => faults.push(Fault::Missing(port.clone())),
            Some(Found::Mode(now)) if now == to => {}
            Some(from) => changes.push(Change {
                port: port.clone(),
                from: from.clone(),
                to: to.clone(),
            }),
        }
    }
    if faults.is_empty() {
        Ok(Delta { changes })
    } else {
        Err(faults)
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Trunk;
    use super::*;
    use inventory::net::{Vlan, VlanSet};
    use proptest::collection::{btree_map, btree_set};
    use proptest::prelude::*;

    fn vlan() -> impl Strategy<Value = Vlan> {
        // Few numbers, so that equal ones are common.
        (1u16..6).prop_map(|number| Vlan::new(number).unwrap())
    }

    fn mode() -> impl Strategy<Value = Mode> {
        let set = btree_set(vlan(), 1..4).prop_map(VlanSet);
        let trunk = (proptest::option::of(vlan()), set)
            .prop_map(|(native, allowed)| Mode::Trunk(Trunk::new(native, allowed).unwrap()));
        prop_oneof![vlan().prop_map(Mode::Access), trunk]
    }

    fn found() -> impl Strategy<Value = Found> {
        prop_oneof![4 => mode().prop_map(Found::Mode), 1 => Just(Found::Foreign("q".into()))]
    }

    fn apply(delta: &Delta, mut state: State) -> State {
        for change in delta.changes() {
            assert_eq!(state.ports.get(&change.port), Some(&change.from));
            let to = Found::Mode(change.to.clone());
            state.ports.insert(change.port.clone(), to);
        }
        state
    }

    proptest! {
        #[test]
        fn applying_the_delta_gives_what_is_wanted(
            ports in btree_map("[a-e]", (found(), proptest::option::of(mode())), 0..5)
        ) {
            let now = |(port, (found, _)): (&String, &(Found, _))| (port.clone(), found.clone());
            let state = State { ports: ports.iter().map(now).collect() };
            let wanted = ports.iter().filter_map(|(port, (_, mode))| Some((port.clone(), mode.clone()?)));
            let want = Want { ports: wanted.collect(), ..Want::default() };
            let after = apply(&delta(&state, &want).unwrap(), state.clone());
            for (port, found) in &after.ports {
                match want.ports.get(port) {
                    Some(mode) => prop_assert_eq!(found, &Found::Mode(mode.clone())),
                    None => prop_assert_eq!(Some(found), state.ports.get(port), "not named, not touched"),
                }
            }
            prop_assert!(delta(&after, &want).unwrap().is_empty(), "nothing is left to do");
        }

        #[test]
        fn an_uplink_is_never_changed(
            now in found(), to in mode(), uplinks in btree_set("[a-c]", 1..3), port in "[a-c]"
        ) {
            let state = State { ports: ["a", "b", "c"].map(|port| (port.into(), now.clone())).into() };
            let want = Want { ports: [(port.clone(), to)].into(), uplinks: uplinks.clone() };
            match delta(&state, &want) {
                Err(faults) => prop_assert_eq!(faults, vec![Fault::Uplink(port)]),
                Ok(_) => prop_assert!(!uplinks.contains(&port)),
            }
        }
    }

    #[test]
    fn every_fault_is_listed() {
        let mode = Mode::Access(Vlan::new(10).unwrap());
        let want = Want {
            ports: [("up".into(), mode.clone()), ("gone".into(), mode)].into(),
            uplinks: ["up".into()].into(),
        };
        let faults = delta(&State::default(), &want).unwrap_err();
        assert_eq!(
            faults,
            [Fault::Missing("gone".into()), Fault::Uplink("up".into())]
        );
    }
}
