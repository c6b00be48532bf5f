//! DHCP's sockets on one interface. Requests that arrive together are answered in turn and their leases stored together;
//! what waits for the platter holds up nobody else.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use inventory::id::NetworkName;
use inventory::net::Mac;
use inventory::rack::Interface;
use inventory::store::StoreError;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::Ipv4PacketInfo;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tracing::Instrument;

use super::batch::{Batch, Inbox, Origin};
use super::link::Link;
use super::packet::Request;
use super::reply::Reply;
use super::step::{Promise, Step};
use super::{Outgoing, Port, Service, To};
use crate::World;
use crate::metrics::kinds::One;

/// Where servers and relays listen (RFC 2131 §4.1).
pub const SERVER_PORT: u16 = 67;

/// Where clients ask what they boot, if another server gave them their address (PXE 2.1 §2.2.3).
const BOOT_SERVER_PORT: u16 = 4011;

/// Where clients listen.
pub const CLIENT_PORT: u16 = 68;

/// Every client on the wire.
const EVERYBODY: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::BROADCAST, CLIENT_PORT);

/// The flag of a client that hears nothing but broadcasts until it has its address (RFC 2131 §2).
const BROADCAST: u16 = 0x8000;

/// Requests that wait for an arm at the same time; until there is room, others wait in the socket's buffer.
const TASKS: usize = 64;

/// Addresses of pools that are probed at the same time; a client beyond that asks again.
const PROBES: usize = 256;

/// Batches on their way to the platter. The store makes one commit of all that wait, so more than two mean a slow disk.
const COMMITS: usize = 64;

/// Bytes of requests that may wait in the kernel: about a thousand.
const BUFFER: usize = 1 << 20;

/// A request that is not answered by then is dropped: its client has asked again (RFC 2131 §4.1: after 4 s).
const ANSWER_WITHIN: Duration = Duration::from_secs(4);

/// Pause after a failed read, so that an interface that went down does not keep a core busy.
const READ_AGAIN: Duration = Duration::from_millis(200);

/// Why the service does not run.
#[derive(Debug, thiserror::Error)]
pub enum DhcpError {
    /// The socket cannot be opened.
    #[error(
        "cannot listen for DHCP on port {port} of {interface}: {source}; is the interface there, is another DHCP server running, and \
         has the appliance the capabilities net_bind_service and net_raw?"
    )]
    Open {
        /// Kernel name of the interface.
        interface: String,
        /// Which port.
        port: u16,
        /// The kernel's words.
        source: io::Error,
    },
    /// What was stored cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where replies go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As RFC 2131 §4.1 says: relay, client, or broadcast.
    Standard,
    /// To where the request came from: for clients that stand behind an ordinary port of a loopback address.
    Back,
}

/// Answers DHCP on `interface` until `stop`: on port 67, and on 4011 too where another server gives the addresses.
pub async fn run(
    world: Arc<World>,
    interface: Interface,
    stop: impl Future<Output = ()>,
) -> Result<(), DhcpError> {
    let open = |port| {
        open(&interface, port).map_err(|source| DhcpError::Open {
            interface: interface.name.to_string(),
            port,
            source,
        })
    };
    let (server, boot_server) = (open(SERVER_PORT)?, open(BOOT_SERVER_PORT)?);
    let link = Link::open(&world, &interface).map_err(|source| DhcpError::Open {
        interface: interface.name.to_string(),
        port: SERVER_PORT,
        source,
    })?;
    let mut addresses = Service::new(world.clone(), interface.clone(), Port::Server)?;
    addresses.link = link;
    let addresses = Arc::new(addresses);
    let boot = Arc::new(Service::new(world, interface, Port::BootServer)?);
    let (end, mut ended) = watch::channel(());
    let boot_stop = async move {
        let _gone = ended.changed().await;
    };
    let serving = async {
        let addresses = async {
            serve(addresses.clone(), (server, Way::Standard), stop).await;
            drop(end);
        };
        tokio::join!(addresses, serve(boot, (boot_server, Way::Back), boot_stop))
    };
    match &addresses.link {
        Some(link) => link.neighbours.beside(serving).await,
        None => serving.await,
    };
    Ok(())
}

/// What a loop over one socket keeps.
struct Serving {
    service: Arc<Service>,
    socket: Arc<UdpSocket>,
    way: Way,
    /// Requests that an arm has to hear of first.
    tasks: JoinSet<()>,
    /// Offers that wait for their probe.
    probes: JoinSet<()>,
    /// Leases on their way to the platter.
    commits: JoinSet<Committed>,
}

/// What became of a batch.
type Committed = (Vec<(Promise, Origin)>, Result<(), StoreError>);

/// Answers DHCP on a socket that is bound already, until `stop`; what was begun is finished.
pub async fn serve(
    service: Arc<Service>,
    (socket, way): (UdpSocket, Way),
    stop: impl Future<Output = ()>,
) {
    let mut stop = pin!(stop);
    let mut inbox = Inbox::default();
    let mut serving = Serving {
        service,
        socket: Arc::new(socket),
        way,
        tasks: JoinSet::new(),
        probes: JoinSet::new(),
        commits: JoinSet::new(),
    };
    let socket = serving.socket.clone();
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(ended) = serving.tasks.join_next() => log_panic(ended),
            Some(ended) = serving.probes.join_next() => log_panic(ended),
            Some(committed) = serving.commits.join_next() => serving.keep(committed).await,
            ready = socket.readable(), if serving.has_room() => {
                let requests = ready.and_then(|()| inbox.read(&socket, &serving.service.world));
                serving.receive(requests).await;
            }
        }
    }
    serving.finish().await;
}

impl Serving {
    /// What was begun is finished; clients whose offer waits for a probe ask again.
    async fn finish(mut self) {
        while let Some(committed) = self.commits.join_next().await {
            self.keep(committed).await;
        }
        while let Some(ended) = self.tasks.join_next().await {
            log_panic(ended);
        }
        self.probes.shutdown().await;
    }

    fn has_room(&self) -> bool {
        self.tasks.len() < TASKS && self.commits.len() < COMMITS
    }

    async fn receive(&mut self, requests: io::Result<Vec<(Request, Origin)>>) {
        let requests = match requests {
            Ok(requests) => requests,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(error) => {
                let interface = &self.service.interface.name;
                tracing::warn!(%interface, %error, "read failed");
                tokio::time::sleep(READ_AGAIN).await;
                return;
            }
        };
        // A full disk refuses the second one whole, and must not take the first with it.
        let (mut nodes, mut guests) = (Batch::default(), Batch::default());
        for (request, from) in requests {
            let mac = request.mac;
            match self.step(request, from) {
                Step::Silent => {}
                Step::Say(outgoing) => self.send(outgoing, from).await,
                Step::Probe {
                    outgoing,
                    network,
                    address,
                } => self.probe((network, address), mac, (outgoing, from)),
                Step::Keep(change, promise) if promise.is_guests() => {
                    guests.add(change, (promise, from));
                }
                Step::Keep(change, promise) => nodes.add(change, (promise, from)),
            }
        }
        self.commit(nodes);
        self.commit(guests);
    }

    /// Answers at once, unless an arm has to hear of the request first: then a task of its own does.
    fn step(&mut self, request: Request, from: Origin) -> Step {
        let (interface, mac) = (&self.service.interface.name, request.mac);
        let (xid, kind) = (request.xid, request.kind);
        let span = tracing::info_span!("dhcp", %interface, %mac, xid, ?kind);
        let step = span.in_scope(|| match self.service.is_for_an_arm(&request) {
            Ok(false) => self.service.step(&request, None),
            Ok(true) => {
                let (service, socket) = (self.service.clone(), self.socket.clone());
                let task = answer_one(service, (socket, self.way), (request, from));
                self.tasks.spawn(task.instrument(span.clone()));
                Ok(Step::Silent)
            }
            Err(error) => Err(error),
        });
        step.unwrap_or_else(|error| {
            tracing::error!(parent: &span, %error, "no answer");
            Step::Silent
        })
    }

    /// Offers `address` once nobody answered for it; holds up no other client.
    fn probe(
        &mut self,
        (network, address): (NetworkName, Ipv4Addr),
        mac: Mac,
        (outgoing, from): (Outgoing, Origin),
    ) {
        if self.probes.len() >= PROBES {
            return;
        }
        let (service, socket, way) = (self.service.clone(), self.socket.clone(), self.way);
        self.probes.spawn(async move {
            if service.is_free((&network, address), mac).await {
                send(&service, &socket, (way, from), outgoing).await;
            }
        });
    }

    fn commit(&mut self, batch: Batch) {
        if batch.promises.is_empty() {
            return;
        }
        let ticket = self.service.world.store.submit(batch.change);
        self.commits.spawn(async move {
            let kept = tokio::time::timeout(ANSWER_WITHIN, ticket).await;
            let kept = kept.unwrap_or(Err(StoreError::Closed)).map(drop);
            (batch.promises, kept)
        });
    }

    async fn keep(&mut self, committed: Result<Committed, JoinError>) {
        let (promises, kept) = match committed {
            Ok(committed) => committed,
            Err(error) => return log_panic(Err(error)),
        };
        for (promise, from) in promises {
            match self.service.settle(promise, kept.clone()) {
                Ok(Some(outgoing)) => self.send(outgoing, from).await,
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "no answer: the lease was not stored"),
            }
        }
    }

    async fn send(&mut self, outgoing: Outgoing, from: Origin) {
        send(&self.service, &self.socket, (self.way, from), outgoing).await;
    }
}

async fn answer_one(
    service: Arc<Service>,
    (socket, way): (Arc<UdpSocket>, Way),
    (request, from): (Request, Origin),
) {
    match tokio::time::timeout(ANSWER_WITHIN, service.respond(&request)).await {
        Ok(Ok(Some(outgoing))) => send(&service, &socket, (way, from), outgoing).await,
        Ok(Ok(None)) => {}
        Ok(Err(error)) => tracing::error!(%error, "no answer"),
        Err(_) => tracing::error!("no answer: the store took longer than the client waits"),
    }
}

async fn send(
    service: &Service,
    socket: &UdpSocket,
    (way, origin): (Way, Origin),
    outgoing: Outgoing,
) {
    let sent = match (way, outgoing.to) {
        (Way::Back, _) => to(socket, origin.from, &outgoing).await,
        (Way::Standard, To::Address(address)) => to(socket, address.into(), &outgoing).await,
        (Way::Standard, To::Client { .. }) => {
            let link = service.link.as_ref();
            let framed = link.is_some_and(|link| link.send(&outgoing));
            framed || to(socket, EVERYBODY.into(), &outgoing).await
        }
    };
    if sent {
        let counts = &service.world.metrics.dhcp;
        counts.sent.add((outgoing.counted, One), 1);
        counts.seconds.note(origin.kind, origin.at.elapsed());
    }
}

async fn to(socket: &UdpSocket, to: SocketAddr, outgoing: &Outgoing) -> bool {
    let sent = socket.send_to(&outgoing.bytes, to).await;
    let failed = |error: &io::Error| tracing::warn!(%to, %error, "reply not sent");
    sent.inspect_err(failed).is_ok()
}

fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "answering a request failed");
    }
}

/// To the relay; to the client's address if it has it already; to everybody if the client asks for that or is refused; else
/// to its hardware address (RFC 2131 §4.1).
pub(super) fn destination(request: &Request, reply: &Reply) -> To {
    let told = match reply {
        Reply::Offer(terms) | Reply::Ack(terms) | Reply::Informed(terms) => Some(terms.address),
        Reply::ProxyAck(_) => request.has,
        Reply::Nak { .. } | Reply::ProxyOffer(_) => None,
    };
    let is_offer = matches!(reply, Reply::Offer(_));
    match (request.relay, told) {
        (Some(relay), _) => To::Address(SocketAddrV4::new(relay, SERVER_PORT)),
        (None, Some(address)) if !is_offer && request.has == told => {
            To::Address(SocketAddrV4::new(address, CLIENT_PORT))
        }
        (None, Some(address)) if request.flags & BROADCAST == 0 => To::Client {
            mac: request.mac,
            address,
        },
        (None, Some(_) | None) => To::Address(EVERYBODY),
    }
}

/// Bound to the interface, not to its address: broadcasts come to no address of ours.
fn open(interface: &Interface, port: u16) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_broadcast(true)?;
    socket.set_recv_buffer_size(BUFFER)?;
    socket.bind_device(Some(interface.name.as_bytes()))?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into())?;
    socket.set_nonblocking(true)?;
    // Where a packet went to tells one of our own wire from one that a router handed on.
    setsockopt(&socket, Ipv4PacketInfo, &true)?;
    UdpSocket::from_std(socket.into())
}
