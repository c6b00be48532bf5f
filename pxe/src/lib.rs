//! What a booting node talks to: DHCP, TFTP and HTTP. Reads the rack and the node's arm, writes leases, reports and
//! events, consumes arms; knows nothing of jobs, BMCs or switches.
//!
//! After a power cut every node gets the local boot answer unless its arm was stored as live.

pub mod advert;
pub mod arch;
pub mod decide;
pub mod dhcp;
pub mod dhcp6;
#[cfg(test)]
mod fixture;
pub mod http;
pub mod metrics;
pub mod neighbours;
pub mod peer;
#[cfg(test)]
mod replay;
pub mod script;
mod seldom;
pub mod served;
pub mod shelf;
mod stray;
pub mod tftp;
mod tree;
pub mod wire;

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use inventory::clock::{Clock, Now};
use inventory::id::Epoch;
use inventory::rack::Rack;
use inventory::store::Store;

use metrics::Metrics;
use metrics::kinds::One;
use served::{Begun, Progress, Served, Service};

/// How much of a name that a client asked for is shown.
const SHOWN_MAX: usize = 200;

/// Everything the boot services share. The rack can be replaced while they run.
pub struct World {
    /// Records and events.
    pub store: Arc<dyn Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The epoch of the data; arms of another one are void.
    pub epoch: Epoch,
    /// What is on its way to each node and what it was sent, for progress.
    pub served: Served,
    /// Counters for monitoring.
    pub metrics: Metrics,
    /// What was told lately about whom, so that nobody can flood the events.
    seldom: seldom::Seldom,
    /// Media that files are served out of.
    pub shelf: shelf::Shelf,
    /// Which addresses of the pools are whose.
    pub pools: dhcp::pools::Pools,
    /// Machines of no rack file that were heard.
    strangers: dhcp::strangers::Strangers,
    rack: RwLock<Arc<Rack>>,
}

impl World {
    /// A world around a store, with the rack as loaded at start.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, epoch: Epoch, rack: Rack) -> Self {
        let rack = RwLock::new(Arc::new(rack));
        let pools = dhcp::pools::Pools::over(&*store);
        Self {
            store,
            clock,
            epoch,
            served: Served::default(),
            metrics: Metrics::default(),
            seldom: seldom::Seldom::default(),
            shelf: shelf::Shelf::default(),
            pools,
            strangers: dhcp::strangers::Strangers::default(),
            rack,
        }
    }

    /// The rack as of now; hold it for one request, not longer.
    pub fn rack(&self) -> Arc<Rack> {
        self.rack
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Replaces the rack for all requests from now on.
    pub fn set_rack(&self, rack: Rack) {
        *self.rack.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rack);
    }

    /// Begins a transfer to `client`: counted, and shown if that is a node's address: strangers must not fill the list.
    fn sending(
        self: &Arc<Self>,
        service: Service,
        client: IpAddr,
        (what, size): (&str, u64),
    ) -> Sending {
        let begin = |client| {
            self.served.begin(Begun {
                service,
                client,
                // A client's words, which end on a person's terminal.
                what: what.escape_debug().take(SHOWN_MAX).collect(),
                size,
                at: self.now().mono,
            })
        };
        Sending {
            world: self.clone(),
            service,
            progress: self.counted_as(client).map(begin),
        }
    }

    /// Notes a request of `client` and its outcome with the time, if it is a node's address.
    fn note(&self, client: IpAddr, what: &str) {
        if let Some(client) = self.counted_as(client) {
            let at = self.now().wall;
            // A client's words, which end on a person's terminal.
            let what: String = what.escape_debug().take(SHOWN_MAX).collect();
            self.served.note(client, format!("{at:.0} {what}"));
        }
    }

    /// The node's IPv4 address, under which all that is served to it is counted; `None` for a stranger.
    fn counted_as(&self, client: IpAddr) -> Option<IpAddr> {
        let rack = self.rack();
        let node = rack.node_by_address(client)?;
        Some(IpAddr::V4(node.address))
    }

    /// Whether `what` about whoever has an address is to be told now; if so, it counts as told. A node is known by any of its
    /// own.
    fn is_due(&self, who: IpAddr, what: &'static str, now: &Now) -> bool {
        match self.rack().node_by_address(who.to_canonical()) {
            Some(node) => self.seldom.is_due_of_node(&node.name, what, now),
            None => self.seldom.is_due(who, what, now),
        }
    }

    /// This instant.
    pub fn now(&self) -> Now {
        self.clock.now()
    }
}

/// A transfer under way: whoever sends tells it what left. It is over when this is dropped.
struct Sending {
    world: Arc<World>,
    service: Service,
    progress: Option<Progress>,
}

impl Sending {
    /// Counts bytes that left for the client.
    fn advance(&self, bytes: u64) {
        self.world.metrics.bytes.add((self.service, One), bytes);
        if let Some(progress) = &self.progress {
            progress.advance(bytes);
        }
    }
}
