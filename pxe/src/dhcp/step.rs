//! One request, from who asks to what is to be stored and sent. Reads the store, writes nothing that a reply waits for:
//! the caller stores the changes of many requests in one go.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};

use inventory::dhcp::Mode;
use inventory::id::{NetworkName, OsName};
use inventory::lease::{Holder, Lease, PoolLease};
use inventory::net::Mac;
use inventory::store::{Change, Expect, StoreError};

use super::answer::{self, Answer, Facts, Silence};
use super::guest::{self, Guest};
use super::packet::Kind;
use super::place::Unvouched;
use super::reply::Reply;
use super::strangers::Heard;
use super::{Asker, Node, Place, Port, Request, Service, lease, pool, relays, socket};
use crate::metrics::Sent;
use crate::metrics::kinds::One;

/// A reply on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The packet.
    pub bytes: Vec<u8>,
    /// Where RFC 2131 §4.1 sends it.
    pub to: To,
    /// What it is, for the counters.
    pub counted: Sent,
}

/// Where a reply goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// To a relay, to a client that has its address, or to everybody.
    Address(SocketAddrV4),
    /// To a client that has no address yet.
    Client {
        /// Its hardware address.
        mac: Mac,
        /// The address it is told.
        address: Ipv4Addr,
    },
}

impl fmt::Display for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{address}"),
            Self::Client { mac, address } => write!(f, "{address} at {mac}"),
        }
    }
}

/// What follows from a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing is sent.
    Silent,
    /// This is sent.
    Say(Outgoing),
    /// This offer of a pool's address is sent, unless somebody answers for the address.
    Probe {
        outgoing: Outgoing,
        network: NetworkName,
        address: Ipv4Addr,
    },
    /// The change is stored, then the promise is kept.
    Keep(Change, Promise),
}

/// A reply that waits for the platter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Promise {
    outgoing: Outgoing,
    whose: Whose,
}

/// Whose lease is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose {
    /// A node's. `is_stored` if the platter has the address already.
    Node { is_stored: bool },
    /// A stranger's.
    Guest(NetworkName, Ipv4Addr),
}

impl Promise {
    /// Whether a full disk may refuse it without harm to a node.
    pub(super) fn is_guests(&self) -> bool {
        match self.whose {
            Whose::Node { .. } => false,
            Whose::Guest(..) => true,
        }
    }
}

impl Service {
    /// What follows from `request`. `armed` is the OS that the node's arm lets it install now.
    pub(super) fn step(
        &self,
        request: &Request,
        armed: Option<&OsName>,
    ) -> Result<Step, StoreError> {
        self.heed(request);
        let rack = self.world.rack();
        let names = self.directory.of(&rack);
        let node = names
            .get(&request.mac)
            .and_then(|name| rack.nodes.get(name));
        let facts = Facts {
            rack: &rack,
            interface: &self.interface,
            node,
            armed,
        };
        match Asker::of(request, node, (&rack, &self.interface)) {
            Asker::Node(node, _) => self.node(request, node, &facts),
            Asker::Misplaced(node) => {
                tracing::warn!(%node.name, %node.network, "heard on another network: no answer");
                self.unanswered(Silence::Misplaced);
                Ok(Step::Silent)
            }
            Asker::Unvouched(why) => {
                self.unanswered(Silence::about(why));
                self.turn_away(request, why);
                Ok(Step::Silent)
            }
            Asker::Stranger(place) if self.is_open(place)? => self.guest(request, &facts, place),
            Asker::Stranger(_) | Asker::Nobody => {
                self.unanswered(Silence::Stranger);
                self.hear(request, None)?;
                Ok(Step::Silent)
            }
        }
    }

    /// Who takes an offer says whose it is, to all servers of its link.
    fn heed(&self, request: &Request) {
        let is_of_this_link = request.relay.is_none() && request.source.to_all;
        if let (Some(link), Kind::Request, Some(server)) =
            (&self.link, request.kind, request.server)
            && is_of_this_link
        {
            link.neighbours.meant(server, request.mac);
        }
    }

    /// What is sent once `kept` says what became of the change.
    pub(super) fn settle(
        &self,
        promise: Promise,
        kept: Result<(), StoreError>,
    ) -> Result<Option<Outgoing>, StoreError> {
        match (kept, promise.whose) {
            (Ok(()), Whose::Node { .. }) => Ok(Some(promise.outgoing)),
            (Ok(()), Whose::Guest(network, address)) => {
                let (rack, now) = (self.world.rack(), self.world.now());
                let written = |pool: &mut pool::Pool| pool.is_written(address, now.mono);
                let here = (&*self.world.store, &rack);
                self.world.pools.with(here, &network, (&now, written))?;
                Ok(Some(promise.outgoing))
            }
            (Err(error), Whose::Node { is_stored: true }) => {
                tracing::error!(%error, "lease not written; the stored one says the same address");
                Ok(Some(promise.outgoing))
            }
            (Err(error), Whose::Node { is_stored: false } | Whose::Guest(..)) => Err(error),
        }
    }

    fn node(&self, request: &Request, node: &Node, facts: &Facts<'_>) -> Result<Step, StoreError> {
        let answer = match self.port {
            Port::Server => answer::answer(request, facts),
            Port::BootServer => answer::answer_boot_server(request, facts),
        };
        let reply = match answer {
            Answer::Silent(silence) => {
                log_silence(node, silence);
                self.unanswered(silence);
                if silence == Silence::TakesItElsewhere {
                    self.note(self.need(request, node)?);
                }
                return Ok(Step::Silent);
            }
            Answer::Say(reply) => reply,
        };
        let outgoing = outgoing(request, &reply);
        if let (Some(link), Reply::Offer(_), None) = (&self.link, &reply, request.relay) {
            link.neighbours.offered(node.address);
        }
        let (kind, client) = (request.kind, request.client);
        tracing::info!(%node.name, ?kind, ?client, %node.address, to = %outgoing.to, "answered");
        match reply {
            Reply::Ack(_) | Reply::ProxyAck(_) => Ok(match self.need(request, node)? {
                lease::Need::Nothing => Step::Say(outgoing),
                lease::Need::Write { change, is_stored } => {
                    let whose = Whose::Node { is_stored };
                    Step::Keep(change, Promise { outgoing, whose })
                }
            }),
            Reply::Offer(_) | Reply::Informed(_) | Reply::Nak { .. } | Reply::ProxyOffer(_) => {
                Ok(Step::Say(outgoing))
            }
        }
    }

    fn need(&self, request: &Request, node: &Node) -> Result<lease::Need, StoreError> {
        let lease = Lease {
            mac: node.mac,
            address: node.address,
            node: node.name.clone(),
            interface: self.interface.name.to_string(),
            client: request.client,
            given_at: self.world.now().wall,
        };
        lease::need(&self.world, &lease, request.mac)
    }

    /// Stores what no reply waits for.
    fn note(&self, need: lease::Need) {
        match need {
            lease::Need::Nothing => {}
            // Lost with a power cut, it is heard again at the next renewal.
            lease::Need::Write { change, .. } => drop(self.world.store.submit(change)),
        }
    }

    fn is_open(&self, place: Place<'_>) -> Result<bool, StoreError> {
        match (place.network.dhcp.mode, self.port) {
            (Mode::Pool, Port::Server) => {
                let store = &*self.world.store;
                self.world
                    .pools
                    .is_open(store, place.name, &self.world.now())
            }
            (Mode::Reservations | Mode::Proxy | Mode::Off, _) | (_, Port::BootServer) => Ok(false),
        }
    }

    fn guest(
        &self,
        request: &Request,
        facts: &Facts<'_>,
        place: Place<'_>,
    ) -> Result<Step, StoreError> {
        let (rack, now) = (self.world.rack(), self.world.now());
        let server = (self.interface.address, place.network.dhcp.authoritative);
        let deed = |pool: &mut pool::Pool| guest::receive(request, pool, server, now.mono);
        let here = (&*self.world.store, &rack);
        let guest = self.world.pools.with(here, place.name, (&now, deed))?;
        let terms = |address| answer::of_guest(request, facts, (address, place));
        let reply = match guest.unwrap_or(Guest::Silent(Silence::PoolEmpty)) {
            Guest::Offered(address) => {
                let reply = terms(address).map(Reply::Offer);
                // Nobody hears our ARP behind a relay.
                if let (Some(reply), None) = (&reply, request.relay) {
                    let outgoing = outgoing(request, reply);
                    let network = place.name.clone();
                    return Ok(Step::Probe {
                        outgoing,
                        network,
                        address,
                    });
                }
                reply
            }
            Guest::Given {
                address,
                is_durable,
            } => {
                self.hear(request, Some(address))?;
                let reply = terms(address).map(Reply::Ack);
                if let (Some(reply), false) = (&reply, is_durable) {
                    return self.promise(request, reply, (place.name, address));
                }
                reply
            }
            Guest::Refused => Some(Reply::Nak { server: server.0 }),
            Guest::Released(address) => {
                self.unanswered(Silence::Released);
                let mut change = Change::default();
                change.remove::<PoolLease>(Expect::Any, &address);
                drop(self.world.store.submit(change));
                None
            }
            Guest::Declined(address) => {
                self.unanswered(Silence::AddressInUse);
                tracing::warn!(%address, mac = %request.mac, "in use by somebody else; it rests");
                let change = lease::of_pool((address, Holder::Somebody), &now)?;
                drop(self.world.store.submit(change));
                None
            }
            Guest::Silent(silence) => {
                self.unanswered(silence);
                None
            }
        };
        Ok(reply.map_or(Step::Silent, |reply| Step::Say(outgoing(request, &reply))))
    }

    /// Whether `address` of a pool may be offered to `mac`; if not, it is set aside for a while.
    pub(super) async fn is_free(
        &self,
        (network, address): (&NetworkName, Ipv4Addr),
        mac: Mac,
    ) -> bool {
        let Some(link) = &self.link else {
            return true;
        };
        let is_free = link.neighbours.is_free(address).await;
        if !is_free {
            let (rack, now) = (self.world.rack(), self.world.now());
            let pass = |pool: &mut pool::Pool| pool.pass_over(mac, address, now.mono);
            let here = (&*self.world.store, &rack);
            if let Err(error) = self.world.pools.with(here, network, (&now, pass)) {
                tracing::error!(%error, "the pool cannot be read");
            }
        }
        is_free
    }

    fn promise(
        &self,
        request: &Request,
        reply: &Reply,
        (network, address): (&NetworkName, Ipv4Addr),
    ) -> Result<Step, StoreError> {
        let holder = Holder::Client(request.mac);
        let change = lease::of_pool((address, holder), &self.world.now())?;
        let outgoing = outgoing(request, reply);
        let whose = Whose::Guest(network.clone(), address);
        Ok(Step::Keep(change, Promise { outgoing, whose }))
    }

    fn turn_away(&self, request: &Request, why: Unvouched<'_>) {
        match why {
            Unvouched::Relay(relay, network) => {
                relays::tell(&self.world, (relay.into(), network));
            }
            Unvouched::OffLink => {
                let from = request.source.address;
                tracing::debug!(%from, "from another link and through no relay: no answer");
            }
        }
    }

    fn unanswered(&self, why: Silence) {
        self.world.metrics.dhcp.unanswered.add((why, One), 1);
    }

    fn hear(&self, request: &Request, given: Option<Ipv4Addr>) -> Result<(), StoreError> {
        let heard = Heard {
            mac: request.mac,
            vendor_class: &request.vendor_class,
            interface: self.interface.name.as_str(),
            given,
        };
        self.world.strangers.hear(&self.world, heard)
    }
}

fn outgoing(request: &Request, reply: &Reply) -> Outgoing {
    Outgoing {
        counted: match reply {
            Reply::Offer(_) | Reply::ProxyOffer(_) => Sent::Offer,
            Reply::Ack(_) | Reply::Informed(_) | Reply::ProxyAck(_) => Sent::Ack,
            Reply::Nak { .. } => Sent::Nak,
        },
        bytes: reply.write(request),
        to: socket::destination(request, reply),
    }
}

fn log_silence(node: &Node, silence: Silence) {
    match silence {
        Silence::AddressInUse => {
            tracing::warn!(%node.name, %node.address, "its address is in use by somebody else");
        }
        Silence::WrongElsewhere => {
            tracing::warn!(%node.name, %node.address, "another server gives it another address");
        }
        Silence::Stranger
        | Silence::Misplaced
        | Silence::Off
        | Silence::OtherServer
        | Silence::NotItsAddress
        | Silence::Released
        | Silence::PoolEmpty
        | Silence::NothingToBoot
        | Silence::TakesItElsewhere
        | Silence::UnnamedRelay
        | Silence::OffLink => tracing::debug!(%node.name, ?silence, "no answer"),
    }
}
