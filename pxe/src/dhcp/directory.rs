//! Nodes by MAC, for the rack in force: a packet finds its node in the same time whether the rack has ten or ten thousand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use inventory::id::NodeName;
use inventory::net::Mac;
use inventory::rack::Rack;

/// Made anew when another rack file is in force.
#[derive(Debug, Default)]
pub(super) struct Directory(Mutex<Option<(Arc<Rack>, Arc<Names>)>>);

/// Which node a MAC is of: the one it boots from, and those of its bond.
pub(super) type Names = HashMap<Mac, NodeName>;

impl Directory {
    /// The names of `rack`.
    pub(super) fn of(&self, rack: &Arc<Rack>) -> Arc<Names> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((its, names)) if Arc::ptr_eq(its, rack) => names.clone(),
            Some(_) | None => {
                let names = Arc::new(names(rack));
                *kept = Some((rack.clone(), names.clone()));
                names
            }
        }
    }
}

fn names(rack: &Rack) -> Names {
    let nodes = rack.nodes.values();
    let macs = nodes.flat_map(|node| {
        let macs = [&node.mac].into_iter().chain(&node.bond_macs);
        macs.map(|mac| (*mac, node.name.clone()))
    });
    macs.collect()
}
