//! DHCPv4: gives every node of the rack file its own address and its first loader, strangers an address of the pool while
//! a person keeps it open, and nobody else anything.
//!
//! socket -> packet -> place -> answer or guest -> lease: a request is read, the arm is told when firmware asks, the answer
//! is computed, and the lease is durable before the ACK leaves. After a power cut a client simply asks again.

pub mod answer;
mod batch;
mod directory;
mod guest;
pub(crate) mod lease;
mod link;
mod options;
pub mod packet;
pub mod place;
mod pool;
pub mod pools;
pub(crate) mod relays;
pub mod reply;
pub mod socket;
mod step;
pub(crate) mod strangers;

use std::sync::Arc;

use inventory::arm::Stimulus;
use inventory::dhcp::Mode;
use inventory::id::OsName;
use inventory::lease::Client;
use inventory::rack::{Interface, Node};
use inventory::store::{StoreError, Table};

use crate::World;
use crate::decide::{self, Permit};
use packet::{Kind, Request};
use place::{Asker, Place};
pub use socket::run;
use step::Step;
pub use step::{Outgoing, To};

/// Which of DHCP's two ports a service answers on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// 67: addresses and what to boot.
    Server,
    /// 4011: what to boot, for clients that have their address of another server (PXE 2.1 §2.2.3).
    BootServer,
}

/// The DHCP service of one interface.
pub struct Service {
    world: Arc<World>,
    interface: Interface,
    port: Port,
    directory: directory::Directory,
    /// None on a loopback, and before [`run`].
    link: Option<link::Link>,
}

impl Service {
    /// A service on `port` of `interface`.
    pub fn new(world: Arc<World>, interface: Interface, port: Port) -> Result<Self, StoreError> {
        world.strangers.load(&*world.store)?;
        Ok(Self {
            world,
            interface,
            port,
            directory: directory::Directory::default(),
            link: None,
        })
    }

    /// What is sent back for `request`, once everything it promises is durable.
    pub async fn respond(&self, request: &Request) -> Result<Option<Outgoing>, StoreError> {
        let armed = self.tell_arm(request).await?;
        match self.step(request, armed.as_ref())? {
            Step::Silent => Ok(None),
            Step::Say(outgoing) | Step::Probe { outgoing, .. } => Ok(Some(outgoing)),
            Step::Keep(change, promise) => {
                let kept = self.world.store.submit(change).await;
                self.settle(promise, kept.map(drop))
            }
        }
    }

    /// Whether an arm has to hear of `request` before it is answered: its new state is stored first.
    fn is_for_an_arm(&self, request: &Request) -> Result<bool, StoreError> {
        if !is_firmware(request) {
            return Ok(false);
        }
        let rack = self.world.rack();
        let names = self.directory.of(&rack);
        let Some(name) = names.get(&request.mac) else {
            return Ok(false);
        };
        let arm = self.world.store.get(Table::Arms, name.as_str())?;
        Ok(arm.is_some())
    }

    /// Tells the node's arm that its firmware runs; the OS it may install, if it may.
    async fn tell_arm(&self, request: &Request) -> Result<Option<OsName>, StoreError> {
        if !is_firmware(request) {
            return Ok(None);
        }
        let rack = self.world.rack();
        let names = self.directory.of(&rack);
        let node = names
            .get(&request.mac)
            .and_then(|name| rack.nodes.get(name));
        match Asker::of(request, node, (&rack, &self.interface)) {
            Asker::Node(node, place) if place.network.dhcp.mode != Mode::Off => {
                match decide::tell(&self.world, &node.name, Stimulus::Firmware).await? {
                    Permit::Granted(arm) => Ok(Some(arm.os)),
                    Permit::Local(_) => Ok(None),
                }
            }
            Asker::Node(..)
            | Asker::Misplaced(_)
            | Asker::Stranger(_)
            | Asker::Nobody
            | Asker::Unvouched(_) => Ok(None),
        }
    }
}

fn is_firmware(request: &Request) -> bool {
    matches!(request.client, Client::Firmware | Client::Ipxe)
        && matches!(request.kind, Kind::Discover | Kind::Request)
}

#[cfg(test)]
mod tests;
