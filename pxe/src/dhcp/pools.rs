//! The pools of all networks, shared by the interfaces: a network may be reached by several, and through relays.
//!
//! What is stored is the truth after a restart; while the appliance runs, memory is, and every promise is stored first.

use std::collections::{BTreeMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use inventory::clock::{Deadline, Now};
use inventory::dhcp::{Mode, Window};
use inventory::id::NetworkName;
use inventory::lease::PoolLease;
use inventory::rack::{Network, Rack};
use inventory::store::{self, Store, StoreError, Table};

use super::pool::Pool;

/// The pools, by network.
#[derive(Debug, Default)]
pub struct Pools {
    shelf: Mutex<Shelf>,
    windows: Mutex<Windows>,
    /// Rises with every commit that opened or closed a pool.
    changes: Arc<AtomicU64>,
}

/// The windows as last read.
#[derive(Debug, Default)]
struct Windows {
    /// What `changes` was before they were read; None before the first time.
    read_at: Option<u64>,
    open: BTreeMap<NetworkName, Deadline>,
}

#[derive(Debug, Default)]
struct Shelf {
    /// The rack that the pools were made for.
    rack: Option<Arc<Rack>>,
    pools: BTreeMap<NetworkName, Pool>,
}

impl Pools {
    /// Pools over `store`, which tells when a person opened or closed one: it is not asked for every packet.
    pub(crate) fn over(store: &dyn Store) -> Self {
        let pools = Self::default();
        let changes = pools.changes.clone();
        store.watch(Box::new(move |committed| {
            let mut tables = committed.touched.iter().map(|(table, _)| *table);
            if tables.any(|table| table == Table::Windows) {
                changes.fetch_add(1, Ordering::AcqRel);
            }
        }));
        pools
    }

    /// Whether a person opened the pool of `network`, and its time is not over.
    ///
    /// # Errors
    /// The windows cannot be read.
    pub fn is_open(
        &self,
        store: &dyn Store,
        network: &NetworkName,
        now: &Now,
    ) -> Result<bool, StoreError> {
        let changes = self.changes.load(Ordering::Acquire);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.read_at != Some(changes) {
            let found = store::read_all::<Window>(store)?.into_iter();
            let open = found.map(|found| (found.value.network, found.value.deadline));
            *windows = Windows {
                read_at: Some(changes),
                open: open.collect(),
            };
        }
        let deadline = windows.open.get(network);
        Ok(deadline.is_some_and(|deadline| !deadline.has_passed(now)))
    }

    /// Does `deed` with the pool of `network`; None if the rack gives it none.
    pub(super) fn with<T>(
        &self,
        (store, rack): (&dyn Store, &Arc<Rack>),
        network: &NetworkName,
        (now, deed): (&Now, impl FnOnce(&mut Pool) -> T),
    ) -> Result<Option<T>, StoreError> {
        let mut shelf = self.lock();
        if !shelf
            .rack
            .as_ref()
            .is_some_and(|its| Arc::ptr_eq(its, rack))
        {
            shelf.follow(store, rack, now)?;
        }
        Ok(shelf.pools.get_mut(network).map(deed))
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    /// Pools as `rack` says. Those that were there keep their clients; a new one begins with what is stored.
    fn follow(&mut self, store: &dyn Store, rack: &Arc<Rack>, now: &Now) -> Result<(), StoreError> {
        let mut old = std::mem::take(&mut self.pools);
        for (name, network) in &rack.networks {
            let Some(range) = range(network) else {
                continue;
            };
            let taken = taken(rack, range);
            let pool = match old.remove(name) {
                Some(mut pool) => {
                    pool.reshape(range, taken);
                    pool
                }
                None => stored(store, Pool::new(range, taken), now)?,
            };
            self.pools.insert(name.clone(), pool);
        }
        self.rack = Some(rack.clone());
        Ok(())
    }
}

fn range(network: &Network) -> Option<(Ipv4Addr, Ipv4Addr)> {
    network.pool.filter(|_| network.dhcp.mode == Mode::Pool)
}

fn stored(store: &dyn Store, mut pool: Pool, now: &Now) -> Result<Pool, StoreError> {
    for found in store::read_all::<PoolLease>(store)? {
        let left = found.value.deadline.left(now);
        if !left.is_zero() {
            pool.restore(found.value.address, found.value.holder, now.mono + left);
        }
    }
    Ok(pool)
}

/// Addresses in the range that somebody of the rack file has. The check of the file lets none through; this holds even so.
fn taken(rack: &Rack, (first, last): (Ipv4Addr, Ipv4Addr)) -> HashSet<u32> {
    let v4 = |address: IpAddr| match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    };
    let interfaces = rack.appliance.interfaces.iter().map(|it| it.address);
    let nodes = rack.nodes.values().map(|node| node.address);
    let bmcs = rack
        .nodes
        .values()
        .filter_map(|node| v4(node.bmc.address.ip()));
    let gateways = rack.networks.values().filter_map(|network| network.gateway);
    let switches = rack
        .switches
        .values()
        .filter_map(|switch| v4(switch.address.ip()));
    let firewalls = rack
        .firewalls
        .values()
        .filter_map(|firewall| v4(firewall.address));
    let all = interfaces.chain(nodes).chain(bmcs).chain(gateways);
    let all = all.chain(switches).chain(firewalls);
    all.filter(|address| (first..=last).contains(address))
        .map(u32::from)
        .collect()
}
