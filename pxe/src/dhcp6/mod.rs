//! DHCPv6: gives every node of the rack file its own IPv6 address and its first loader, and nobody else anything.
//!
//! socket -> frame -> packet -> answer -> lease, as in [`crate::dhcp`]: a packet is read, the arm is told when firmware asks, the
//! answer is computed, and the lease is durable before the Reply leaves. After a power cut a node simply asks again.

pub mod answer;
pub mod frame;
pub(crate) mod identity;
mod options;
pub mod packet;
pub mod reply;
mod socket;

use std::net::Ipv6Addr;
use std::sync::Arc;

use inventory::arm::Stimulus;
use inventory::id::OsName;
use inventory::lease::{Client, Lease};
use inventory::rack::{Interface, Node};
use inventory::store::StoreError;

use crate::World;
use crate::decide::{self, Permit};
use crate::dhcp::strangers::Heard;
use crate::dhcp::{lease, relays};
use crate::metrics::kinds::One;
use answer::{Answer, Asker, Facts, Silence};
use packet::{Ia, Kind, Request};
use reply::{Reply, Unwritable};
pub use socket::run;

/// The DHCPv6 service of one interface.
pub struct Service {
    world: Arc<World>,
    interface: Interface,
    /// The interface's IPv6 address.
    server: Ipv6Addr,
}

/// Why a packet that deserves an answer gets none.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// Nothing may be promised that is not durable.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// See [`Unwritable`].
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
}

impl Service {
    /// A service on `interface`, whose IPv6 address is `server`.
    pub fn new(
        world: Arc<World>,
        interface: Interface,
        server: Ipv6Addr,
    ) -> Result<Self, StoreError> {
        world.strangers.load(&*world.store)?;
        Ok(Self {
            world,
            interface,
            server,
        })
    }

    /// The packet that answers `request`, once everything it promises is durable.
    pub async fn respond(&self, request: &Request) -> Result<Option<Vec<u8>>, NoAnswer> {
        let rack = self.world.rack();
        let (node, address) = match answer::asker(request, &rack, &self.interface) {
            Asker::Node(node, address) => (node, address),
            Asker::Misplaced(node) => {
                tracing::warn!(%node.name, "no IPv6 address of its own on this network: no answer");
                return Ok(self.silent(Silence::Misplaced));
            }
            Asker::Stranger(mac) => {
                let heard = Heard {
                    mac,
                    vendor_class: &request.vendor_class,
                    interface: &self.interface.name,
                    given: None,
                };
                self.world.strangers.hear(&self.world, heard)?;
                return Ok(self.silent(Silence::Stranger));
            }
            Asker::Unvouched(relay, network) => {
                relays::tell(&self.world, (relay.into(), network));
                return Ok(self.silent(Silence::UnnamedRelay));
            }
            Asker::Nameless => {
                tracing::info!(
                    "nothing tells whose card it is: no answer; let the relay add option 79"
                );
                return Ok(self.silent(Silence::Nameless));
            }
        };
        let armed = self.tell_arm(request, node).await?;
        let facts = Facts {
            rack: &rack,
            server: self.server,
            armed: armed.as_ref(),
        };
        match answer::answer(request, &facts, (node, address)) {
            Answer::Silent(silence) => {
                tracing::debug!(%node.name, ?silence, "no answer");
                Ok(self.silent(silence))
            }
            Answer::Say(reply) => self.say(request, node, &reply).await.map(Some),
        }
    }

    fn silent(&self, why: Silence) -> Option<Vec<u8>> {
        self.world.metrics.dhcp6.unanswered.add((why, One), 1);
        None
    }

    /// Tells the node's arm that its firmware runs; the OS it may install, if it may.
    async fn tell_arm(&self, request: &Request, node: &Node) -> Result<Option<OsName>, StoreError> {
        let begins = match request.kind {
            Kind::Solicit { .. } | Kind::Request | Kind::Inform => true,
            Kind::Confirm | Kind::Renew | Kind::Rebind | Kind::Release | Kind::Decline => false,
        };
        if !begins || !matches!(request.client, Client::Firmware | Client::Ipxe) {
            return Ok(None);
        }
        match decide::tell(&self.world, &node.name, Stimulus::Firmware).await? {
            Permit::Granted(arm) => Ok(Some(arm.os)),
            Permit::Local(_) => Ok(None),
        }
    }

    async fn say(
        &self,
        request: &Request,
        node: &Node,
        reply: &Reply,
    ) -> Result<Vec<u8>, NoAnswer> {
        if let Some(address) = given(request, reply) {
            lease::keep(&self.world, &self.lease(request, node, address)).await?;
        }
        if request.kind == Kind::Decline {
            tracing::warn!(%node.name, "its IPv6 address is in use by somebody else");
        }
        tracing::info!(%node.name, client = ?request.client, ?reply, "answered");
        Ok(reply.write(request, &answer::server_id(self.server))?)
    }

    fn lease(&self, request: &Request, node: &Node, address: Ipv6Addr) -> Lease<Ipv6Addr> {
        Lease {
            mac: node.mac,
            address,
            node: node.name.clone(),
            interface: self.interface.name.to_string(),
            client: request.client,
            given_at: self.world.now().wall,
        }
    }
}

/// The address that `reply` gives for good, if it gives any.
fn given(request: &Request, reply: &Reply) -> Option<Ipv6Addr> {
    match reply {
        Reply::Leased { terms, .. } => {
            let is_asked = request.ias.iter().any(Ia::is_for_addresses);
            is_asked.then_some(terms.address)
        }
        Reply::Advertise(_) | Reply::Confirmed { .. } | Reply::Informed(_) | Reply::Noted => None,
    }
}

#[cfg(test)]
mod tests;
