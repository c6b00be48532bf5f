//! Requests that arrive together: read in one call, answered in turn, their leases stored in one change.

use std::io::{self, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::AsRawFd;
use std::time::Instant;

use inventory::store::Change;
use nix::cmsg_space;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrIn, recvmmsg,
};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::packet::{self, Kind, Request, Source};
use super::step::Promise;
use crate::World;
use crate::metrics::kinds::One;

/// Requests read in one call. More wait in the socket's buffer: a rack that is switched on at once is 42.
const AT_ONCE: usize = 64;

/// Largest packet read: one frame of Ethernet. A longer one is cut, and its last options are lost with it.
const PACKET_MAX: usize = 1500;

/// Where a request came from, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) from: SocketAddr,
    pub(super) at: Instant,
    pub(super) kind: Kind,
}

/// Memory for the packets of one call.
pub(super) struct Inbox(Vec<[u8; PACKET_MAX]>);

impl Default for Inbox {
    fn default() -> Self {
        Self(vec![[0; PACKET_MAX]; AT_ONCE])
    }
}

impl Inbox {
    /// What waits in the socket now. None if nothing does.
    pub(super) fn read(
        &mut self,
        socket: &UdpSocket,
        world: &World,
    ) -> io::Result<Vec<(Request, Origin)>> {
        let mut slices: Vec<_> = self
            .0
            .iter_mut()
            .map(|packet| [IoSliceMut::new(packet)])
            .collect();
        let room = cmsg_space!(nix::libc::in_pktinfo);
        let mut headers = MultiHeaders::<SockaddrIn>::preallocate(AT_ONCE, Some(room));
        let received = socket.try_io(Interest::READABLE, || {
            let fd = socket.as_raw_fd();
            let now = MsgFlags::MSG_DONTWAIT;
            let read = recvmmsg(fd, &mut headers, slices.iter_mut(), now, None)?;
            Ok(read
                .map(|one| (one.bytes, one.address, to_all(&one)))
                .collect::<Vec<_>>())
        })?;
        let at = Instant::now();
        let packets = received.into_iter().zip(&self.0);
        let requests = packets.filter_map(|((bytes, from, to_all), packet)| {
            let from = from.map_or(
                SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0),
                SocketAddrV4::from,
            );
            parse(world, (packet.get(..bytes)?, from, to_all), at)
        });
        Ok(requests.collect())
    }
}

/// Whether it was sent to everybody on its link. Without the kernel's word it was not.
fn to_all(message: &RecvMsg<'_, '_, SockaddrIn>) -> bool {
    let said = message.cmsgs().into_iter().flatten();
    said.into_iter().any(|said| match said {
        ControlMessageOwned::Ipv4PacketInfo(info) => {
            info.ipi_addr.s_addr == Ipv4Addr::BROADCAST.to_bits().to_be()
        }
        _ => false,
    })
}

fn parse(
    world: &World,
    (bytes, from, to_all): (&[u8], SocketAddrV4, bool),
    at: Instant,
) -> Option<(Request, Origin)> {
    let counts = &world.metrics.dhcp;
    let address = *from.ip();
    let from = SocketAddr::from(from);
    match packet::read(bytes, Source { address, to_all }) {
        Ok(request) => {
            let kind = request.kind;
            counts.received.add((kind, request.client), 1);
            Some((request, Origin { from, at, kind }))
        }
        Err(error) => {
            tracing::debug!(%from, %error, "packet dropped");
            counts.malformed.add((error, One), 1);
            None
        }
    }
}

/// Promises that wait for the same commit, with whom they were made to.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) change: Change,
    pub(super) promises: Vec<(Promise, Origin)>,
}

impl Batch {
    pub(super) fn add(&mut self, change: Change, promise: (Promise, Origin)) {
        self.change.puts.extend(change.puts);
        self.change.events.extend(change.events);
        self.promises.push(promise);
    }
}
