//! Who else is on one interface: other DHCP servers, and machines that use an address of the rack file or of a pool.
//!
//! Requests of nodes wait for none of this; what a pool offers waits for its probe. In memory
//! but for what is told; after a power cut everything is looked at anew.

mod conflict;
pub mod foreign;

use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use inventory::event::Subject;
use inventory::net::Mac;
use inventory::rack::Interface;
use tokio::sync::watch;

use crate::World;
use crate::wire::{Hears, Probed, Prober, Wire};
use foreign::Foreign;

/// The neighbours of one interface.
pub struct Neighbours {
    interface: Interface,
    world: Arc<World>,
    prober: Prober,
    foreign: Foreign,
}

impl Neighbours {
    /// On `interface`; none if it is not Ethernet: a loopback has no neighbours.
    pub fn open(world: Arc<World>, interface: &Interface) -> io::Result<Option<Self>> {
        let open = |hears| Wire::open(interface.name.as_str(), hears);
        let arp = match open(Hears::Arp) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(None),
            arp => arp?,
        };
        // The keys of a new hash map are the one chance that needs no crate.
        let chance = RandomState::new().build_hasher().finish();
        Ok(Some(Self {
            interface: interface.clone(),
            world,
            prober: Prober::new(arp),
            foreign: Foreign::new(interface.clone(), open(Hears::DhcpReplies)?, chance),
        }))
    }

    /// Looks and listens beside `serving` until that ends. The question for other servers leaves before the first answer;
    /// what a pool offers waits for theirs, a node does not: its reservation is its own whoever else answers.
    pub async fn beside<T>(&self, serving: impl Future<Output = T>) -> T {
        let (end, ended) = watch::channel(());
        let until_end = || {
            let mut ended = ended.clone();
            async move {
                let _gone = ended.changed().await;
            }
        };
        let ours = (&self.interface, self.prober.mac());
        let hear = |arp: &_| conflict::hear(&self.world, ours, arp);
        let listening = self.prober.listen(hear, until_end());
        let looking = self.foreign.run(&self.world, until_end());
        self.foreign.ask();
        let serving = async {
            let served = serving.await;
            drop(end);
            served
        };
        tokio::join!(listening, looking, serving).2
    }

    /// Whether an address of a pool may be offered: nobody answered for it, and no foreign server gives addresses here.
    /// 60 ms; at the start up to 2 s, until other servers had time to show themselves.
    pub async fn is_free(&self, address: Ipv4Addr) -> bool {
        self.foreign.looked().await;
        let now = self.world.now();
        if self.foreign.is_here(&self.world.rack(), now.mono) {
            tracing::debug!(%address, "not offered: a foreign DHCP server is here");
            return false;
        }
        match self.prober.probe(address).await {
            Probed::Free => true,
            Probed::Taken(by) => {
                let who = IpAddr::V4(address);
                if self.world.is_due(who, "pool address in use", &now) {
                    let subject = Subject::Stranger(by);
                    conflict::tell(&self.world, (&self.interface, subject), (address, by));
                }
                false
            }
            Probed::Unasked(why) => {
                tracing::debug!(%address, ?why, "not offered: not probed");
                false
            }
        }
    }

    /// A client of this link, `by`, takes its address of `server`.
    pub fn meant(&self, server: Ipv4Addr, by: Mac) {
        self.foreign.mean(&self.world, server, by);
    }

    /// Its node was offered `address`: whoever else has it is asked to show itself. Waits for nobody.
    pub fn offered(&self, address: Ipv4Addr) {
        self.prober.ask(self.interface.address, address);
    }
}
