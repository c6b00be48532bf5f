//! DHCP's socket: port 67 of one interface, requests answered beside each other within bounds.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inventory::rack::Interface;
use inventory::store::StoreError;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tracing::Instrument;

use super::Service;
use super::packet::{self, Request};
use super::reply::Reply;
use crate::World;
use crate::metrics::kinds::One;
use crate::neighbours::Neighbours;

/// Where servers and relays listen (RFC 2131 §4.1).
pub const SERVER_PORT: u16 = 67;

/// Where clients listen.
pub const CLIENT_PORT: u16 = 68;

/// Requests answered at the same time. More wait in the socket's buffer: a rack that is switched on at once is 42.
const AT_ONCE: usize = 64;

/// Bytes of requests that may wait in the kernel: about a thousand.
const BUFFER: usize = 1 << 20;

/// Largest packet read. A longer one is cut, and its last options are lost with it.
const PACKET_MAX: usize = 4096;

/// A request that is not answered by then is dropped: its client has asked again (RFC 2131 §4.1: after 4 s).
const ANSWER_WITHIN: Duration = Duration::from_secs(4);

/// Pause after a failed read, so that an interface that went down does not keep a core busy.
const READ_AGAIN: Duration = Duration::from_millis(200);

/// Why the service does not run.
#[derive(Debug, thiserror::Error)]
pub enum DhcpError {
    /// The socket cannot be opened.
    #[error(
        "cannot listen for DHCP on {interface}: {source}; is the interface there, is another DHCP server running, and \
         has the appliance the capabilities net_bind_service and net_raw?"
    )]
    Open {
        /// Kernel name of the interface.
        interface: String,
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

/// Answers DHCP on `interface` until `stop`.
pub async fn run(
    world: Arc<World>,
    interface: Interface,
    stop: impl Future<Output = ()>,
) -> Result<(), DhcpError> {
    let failed = |source| DhcpError::Open {
        interface: interface.name.to_string(),
        source,
    };
    let socket = open(&interface).map_err(failed)?;
    let neighbours = Neighbours::open(world.clone(), &interface).map_err(failed)?;
    let service = Arc::new(Service::new(world, interface)?);
    let serving = serve(service, (socket, Way::Standard), stop);
    match neighbours {
        Some(neighbours) => neighbours.beside(serving).await,
        None => serving.await,
    }
    Ok(())
}

/// Answers DHCP on a socket that is bound already, until `stop`; what was begun is finished.
pub async fn serve(
    service: Arc<Service>,
    (socket, way): (UdpSocket, Way),
    stop: impl Future<Output = ()>,
) {
    let socket = Arc::new(socket);
    let mut stop = pin!(stop);
    let mut tasks = JoinSet::new();
    let mut buffer = vec![0; PACKET_MAX];
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(ended) = tasks.join_next() => log_panic(ended),
            read = socket.recv_from(&mut buffer), if tasks.len() < AT_ONCE => match read {
                Ok((length, from)) => {
                    if let Some(request) = parse(&service.world, (&buffer[..length], from)) {
                        let to = (way == Way::Back).then_some(from);
                        let task = answer_one(service.clone(), socket.clone(), (request, to));
                        tasks.spawn(task);
                    }
                }
                Err(error) => {
                    tracing::warn!(interface = %service.interface.name, %error, "read failed");
                    tokio::time::sleep(READ_AGAIN).await;
                }
            },
        }
    }
    while let Some(ended) = tasks.join_next().await {
        log_panic(ended);
    }
}

fn parse(world: &World, (bytes, from): (&[u8], SocketAddr)) -> Option<Request> {
    let counts = &world.metrics.dhcp;
    match packet::read(bytes) {
        Ok(request) => {
            counts.received.add((request.kind, request.client), 1);
            Some(request)
        }
        Err(error) => {
            tracing::debug!(%from, %error, "packet dropped");
            counts.malformed.add((error, One), 1);
            None
        }
    }
}

async fn answer_one(
    service: Arc<Service>,
    socket: Arc<UdpSocket>,
    (request, to): (Request, Option<SocketAddr>),
) {
    let interface = &service.interface.name;
    let span = tracing::info_span!(
        "dhcp",
        %interface,
        mac = %request.mac,
        xid = request.xid,
        kind = ?request.kind
    );
    let answer = async {
        let began = Instant::now();
        let responded = tokio::time::timeout(ANSWER_WITHIN, service.respond(&request)).await;
        match responded {
            Ok(Ok(Some(reply))) => {
                let to = to.unwrap_or(SocketAddr::V4(reply.to));
                match socket.send_to(&reply.bytes, to).await {
                    Ok(_) => {
                        let counts = &service.world.metrics.dhcp;
                        counts.sent.add((reply.counted, One), 1);
                        counts.seconds.note(request.kind, began.elapsed());
                    }
                    Err(error) => tracing::warn!(%to, %error, "reply not sent"),
                }
            }
            Ok(Ok(None)) => {}
            Ok(Err(error)) => tracing::error!(%error, "no answer"),
            Err(_) => tracing::error!("no answer: the store took longer than the client waits"),
        }
    };
    answer.instrument(span).await;
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "answering a request failed");
    }
}

/// To the relay; to the node's address if it has it already; else broadcast, which every client without an address hears.
pub(super) fn destination(request: &Request, reply: &Reply) -> SocketAddrV4 {
    let address = match reply {
        Reply::Ack(terms) | Reply::Informed(terms) => Some(terms.address),
        Reply::Offer(_) | Reply::Nak { .. } => None,
    };
    match (request.relay, address.filter(|_| request.has == address)) {
        (Some(relay), _) => SocketAddrV4::new(relay, SERVER_PORT),
        (None, Some(address)) => SocketAddrV4::new(address, CLIENT_PORT),
        (None, None) => SocketAddrV4::new(Ipv4Addr::BROADCAST, CLIENT_PORT),
    }
}

/// Bound to the interface, not to its address: broadcasts come to no address of ours.
fn open(interface: &Interface) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_broadcast(true)?;
    socket.set_recv_buffer_size(BUFFER)?;
    socket.bind_device(Some(interface.name.as_bytes()))?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, SERVER_PORT)).into())?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket.into())
}
