//! DHCPv4: gives every node of the rack file its own address and its first loader, and nobody else anything.
//!
//! socket -> packet -> answer -> lease: a request is read, the arm is told when firmware asks, the answer is computed,
//! and the lease is durable before the ACK leaves. After a power cut a node simply asks again.

pub mod answer;
pub(crate) mod lease;
pub mod packet;
pub mod reply;
pub mod socket;
pub(crate) mod strangers;

use std::net::SocketAddrV4;
use std::sync::Arc;

use inventory::arm::Stimulus;
use inventory::id::OsName;
use inventory::lease::{Client, Lease};
use inventory::rack::{Interface, Node};
use inventory::store::StoreError;

use crate::World;
use crate::decide::{self, Permit};
use crate::metrics::Sent;
use crate::metrics::kinds::One;
use answer::{Answer, Asker, Facts, Silence};
use packet::{Kind, Request};
use reply::{Reply, Terms, Unwritable};
pub use socket::run;

/// The DHCP service of one interface.
pub struct Service {
    world: Arc<World>,
    interface: Interface,
    strangers: strangers::Strangers,
}

/// A reply on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The packet.
    pub bytes: Vec<u8>,
    /// Where RFC 2131 §4.1 sends it.
    pub to: SocketAddrV4,
    /// What it is, for the counters.
    pub counted: Sent,
}

/// Why a request that deserves an answer gets none.
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
    /// A service on `interface`.
    pub fn new(world: Arc<World>, interface: Interface) -> Result<Self, StoreError> {
        let strangers = strangers::Strangers::load(&*world.store)?;
        Ok(Self {
            world,
            interface,
            strangers,
        })
    }

    /// What is sent back for `request`, once everything it promises is durable.
    pub async fn respond(&self, request: &Request) -> Result<Option<Outgoing>, NoAnswer> {
        let rack = self.world.rack();
        let node = match answer::asker(request, &rack, &self.interface) {
            Asker::Node(node, _) => node,
            Asker::Misplaced(node) => {
                tracing::warn!(%node.name, %node.network, "heard on another network: no answer");
                self.unanswered(Silence::Misplaced);
                return Ok(None);
            }
            Asker::Stranger => {
                self.unanswered(Silence::Stranger);
                let heard = strangers::Heard {
                    mac: request.mac,
                    vendor_class: &request.vendor_class,
                    interface: &self.interface.name,
                };
                self.strangers.hear(&self.world, heard).await?;
                return Ok(None);
            }
        };
        let armed = self.tell_arm(request, node).await?;
        let facts = Facts {
            rack: &rack,
            interface: &self.interface,
            armed: armed.as_ref(),
        };
        match answer::answer(request, &facts) {
            Answer::Silent(silence) => {
                log_silence(node, silence);
                self.unanswered(silence);
                Ok(None)
            }
            Answer::Say(reply) => self.say(request, node, reply).await.map(Some),
        }
    }

    fn unanswered(&self, why: Silence) {
        self.world.metrics.dhcp.unanswered.add((why, One), 1);
    }

    /// Tells the node's arm that its firmware runs; the OS it may install, if it may.
    async fn tell_arm(&self, request: &Request, node: &Node) -> Result<Option<OsName>, StoreError> {
        let is_firmware = matches!(request.client, Client::Firmware | Client::Ipxe);
        if !is_firmware || !matches!(request.kind, Kind::Discover | Kind::Request) {
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
        reply: Reply,
    ) -> Result<Outgoing, NoAnswer> {
        if let Reply::Ack(terms) = &reply {
            let lease = self.lease(request, node, terms);
            lease::keep(&self.world, &lease).await?;
        }
        tracing::info!(%node.name, client = ?request.client, ?reply, "answered");
        Ok(Outgoing {
            counted: match &reply {
                Reply::Offer(_) => Sent::Offer,
                Reply::Ack(_) | Reply::Informed(_) => Sent::Ack,
                Reply::Nak { .. } => Sent::Nak,
            },
            bytes: reply.write(request)?,
            to: socket::destination(request, &reply),
        })
    }

    fn lease(&self, request: &Request, node: &Node, terms: &Terms) -> Lease {
        Lease {
            mac: request.mac,
            address: terms.address,
            node: node.name.clone(),
            interface: self.interface.name.to_string(),
            client: request.client,
            given_at: self.world.now().wall,
        }
    }
}

fn log_silence(node: &Node, silence: Silence) {
    match silence {
        Silence::AddressInUse => {
            tracing::warn!(%node.name, %node.address, "its address is in use by somebody else");
        }
        Silence::Stranger
        | Silence::Misplaced
        | Silence::OtherServer
        | Silence::NotItsAddress
        | Silence::Released => tracing::debug!(%node.name, ?silence, "no answer"),
    }
}

#[cfg(test)]
mod tests;
