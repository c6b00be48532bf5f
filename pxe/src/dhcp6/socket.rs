//! DHCPv6's sockets on one interface: frames come in by a packet socket, which tells their sender, and answers leave by the
//! UDP socket of port 547. Requests are answered beside each other within bounds.

use std::future::Future;
use std::io;
use std::net::{Ipv6Addr, SocketAddrV6};
use std::os::fd::AsRawFd;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inventory::net::Mac;
use inventory::rack::Interface;
use nix::sys::socket::{LinkAddr, recvfrom};
use socket2::{Domain, Protocol, SockFilter, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tracing::Instrument;

use super::Service;
use super::frame::{self, CLIENT_PORT, IN_SITE, ON_LINK, SERVER_PORT};
use super::packet::{self, Origin, Request};
use crate::World;
use crate::dhcp::socket::DhcpError;
use crate::metrics::kinds::One;

/// Requests answered at the same time. More wait in the socket's buffer: a rack that is switched on at once is 42.
const AT_ONCE: usize = 64;

/// Bytes of frames that may wait in the kernel: about a thousand.
const BUFFER: usize = 1 << 20;

/// Largest packet read; a longer one is cut, which makes it unreadable.
const PACKET_MAX: usize = 4096;

/// A packet that is not answered by then is dropped: its client has asked again (RFC 8415 §15: after 1 s, 2 s, 4 s).
const ANSWER_WITHIN: Duration = Duration::from_secs(4);

/// Pause after a failed read, so that an interface that went down does not keep a core busy.
const READ_AGAIN: Duration = Duration::from_millis(200);

/// Where frames come in and answers leave.
struct Wire {
    /// A packet socket: tokio has no type for it, and this one asks nothing of UDP.
    frames: UdpSocket,
    answers: UdpSocket,
    /// The interface's number.
    index: u32,
}

/// Answers DHCPv6 on `interface` until `stop`; what was begun is finished. `server` is its IPv6 address.
pub async fn run(
    world: Arc<World>,
    (interface, server): (Interface, Ipv6Addr),
    stop: impl Future<Output = ()>,
) -> Result<(), DhcpError> {
    let wire = open(&interface).map_err(|source| DhcpError::Open {
        interface: interface.name.to_string(),
        port: SERVER_PORT,
        source,
    })?;
    let service = Arc::new(Service::new(world, interface, server)?);
    let wire = Arc::new(wire);
    let mut stop = pin!(stop);
    let mut tasks = JoinSet::new();
    let mut buffer = vec![0; PACKET_MAX];
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(ended) = tasks.join_next() => log_panic(ended),
            read = wire.receive(&mut buffer), if tasks.len() < AT_ONCE => match read {
                Ok((length, Some(mac))) => {
                    if let Some(asked) = parse(&service, &buffer[..length], mac) {
                        tasks.spawn(answer_one(service.clone(), wire.clone(), asked));
                    }
                }
                Ok((_, None)) => {}
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
    Ok(())
}

/// A packet to be answered: what it asks, where it came from, and when.
type Asked = (Request, Origin, Instant);

fn parse(service: &Service, bytes: &[u8], mac: Mac) -> Option<Asked> {
    let at = Instant::now();
    let (origin, message) = frame::read(bytes, mac, service.server)?;
    let counts = &service.world.metrics.dhcp6;
    match packet::read(message, origin) {
        Ok(request) => {
            counts.received.add((request.kind, request.client), 1);
            Some((request, origin, at))
        }
        Err(error) => {
            tracing::debug!(from = %origin.address, %error, "packet dropped");
            counts.malformed.add((error, One), 1);
            None
        }
    }
}

async fn answer_one(service: Arc<Service>, wire: Arc<Wire>, (request, origin, at): Asked) {
    let interface = &service.interface.name;
    let span = tracing::info_span!(
        "dhcp6",
        %interface,
        mac = ?request.mac,
        xid = ?request.xid,
        kind = ?request.kind
    );
    let answer = async {
        let responded = tokio::time::timeout(ANSWER_WITHIN, service.respond(&request)).await;
        match responded {
            Ok(Ok(Some(bytes))) => {
                let to = wire.destination(&request, origin);
                match wire.answers.send_to(&bytes, to).await {
                    Ok(_) => {
                        let counts = &service.world.metrics.dhcp6;
                        counts.sent.add((request.kind, One), 1);
                        counts.seconds.note(request.kind, at.elapsed());
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

impl Wire {
    /// One packet and the sender of its frame; None if it came in by another interface before the filter was there.
    async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Option<Mac>)> {
        let received = self.frames.async_io(Interest::READABLE, || {
            Ok(recvfrom::<LinkAddr>(self.frames.as_raw_fd(), buffer)?)
        });
        let (length, from) = received.await?;
        let from = from.filter(|from| u32::try_from(from.ifindex()) == Ok(self.index));
        Ok((length, from.and_then(|from| from.addr()).map(Mac)))
    }

    /// The client, or the relay that we had it from (RFC 8415 §7.2, §18.3.10).
    fn destination(&self, request: &Request, origin: Origin) -> SocketAddrV6 {
        let port = match request.relays.is_empty() {
            true => CLIENT_PORT,
            false => SERVER_PORT,
        };
        SocketAddrV6::new(origin.address, port, 0, self.index)
    }
}

fn open(interface: &Interface) -> io::Result<Wire> {
    let index = nix::net::if_::if_nametoindex(interface.name.as_str())?;
    Ok(Wire {
        frames: UdpSocket::from_std(frames(index)?.into())?,
        answers: UdpSocket::from_std(answers(interface, index)?.into())?,
        index,
    })
}

/// IPv6 packets of the interface with the head of their frame taken off.
fn frames(index: u32) -> io::Result<Socket> {
    const ETHERTYPE_IPV6: u16 = 0x86dd;
    let protocol = Protocol::from(i32::from(ETHERTYPE_IPV6.to_be()));
    let socket = Socket::new(Domain::PACKET, Type::DGRAM, Some(protocol))?;
    socket.set_nonblocking(true)?;
    socket.set_recv_buffer_size(BUFFER)?;
    socket.attach_filter(&only_dhcp(index))?;
    Ok(socket)
}

/// Classic BPF: UDP to port 547 that came in by this interface. An install's other packets never reach us.
fn only_dhcp(index: u32) -> [SockFilter; 8] {
    const LOAD_WORD: u16 = 0x20;
    const LOAD_HALF: u16 = 0x28;
    const LOAD_BYTE: u16 = 0x30;
    const UNLESS_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    // SKF_AD_OFF + SKF_AD_IFINDEX (linux/filter.h): not a byte of the packet, but its interface.
    const INTERFACE: u32 = 0xffff_f000 + 8;
    let (next_header, udp, port) = (6, 17, 42);
    [
        SockFilter::new(LOAD_WORD, 0, 0, INTERFACE),
        SockFilter::new(UNLESS_EQUAL, 0, 5, index),
        SockFilter::new(LOAD_BYTE, 0, 0, next_header),
        SockFilter::new(UNLESS_EQUAL, 0, 3, udp),
        SockFilter::new(LOAD_HALF, 0, 0, port),
        SockFilter::new(UNLESS_EQUAL, 0, 1, u32::from(SERVER_PORT)),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
        SockFilter::new(RETURN, 0, 0, 0),
    ]
}

/// Port 547 is ours, and the card listens for both groups. Nothing is read here: its filter lets nothing in.
fn answers(interface: &Interface, index: u32) -> io::Result<Socket> {
    const RETURN: u16 = 0x06;
    let socket = Socket::new(Domain::IPV6, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_only_v6(true)?;
    socket.bind_device(Some(interface.name.as_bytes()))?;
    socket.attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)])?;
    let any = SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, SERVER_PORT, 0, 0);
    socket.bind(&any.into())?;
    for group in [ON_LINK, IN_SITE] {
        socket.join_multicast_v6(&group, index)?;
    }
    socket.set_multicast_if_v6(index)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
