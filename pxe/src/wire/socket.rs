//! A packet socket on one interface (packet(7)): whole frames out, and in what was asked for and nothing else. Sending never
//! waits. Opening needs the capability net_raw.

use std::io;
use std::os::fd::AsRawFd;

use inventory::net::Mac;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{LinkAddr, bind, recvfrom};
use socket2::{Domain, Protocol, SockFilter, SockRef, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// ARPHRD_ETHER (Linux `if_arp.h`).
const ETHERNET: u16 = 1;

/// A frame for somebody else, seen because a tool made the card promiscuous (Linux `if_packet.h`, PACKET_OTHERHOST).
const FOR_ANOTHER: u8 = 3;
/// A frame that this machine sent (PACKET_OUTGOING).
const FROM_US: u8 = 4;

/// What a socket hears. Its kernel copies nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hears {
    /// Nothing: it only sends.
    Nothing,
    /// ARP.
    Arp,
    /// What is sent to DHCP clients: UDP to port 68.
    DhcpReplies,
}

/// A packet socket on one interface.
#[derive(Debug)]
pub struct Wire {
    /// Of UDP in name only: tokio waits for any socket that it is given so, without unsafe code.
    socket: UdpSocket,
    link: LinkAddr,
    mac: Mac,
}

impl Wire {
    /// Opens a socket on the interface of this kernel name.
    ///
    /// # Errors
    /// The kernel's, and `Unsupported` if the interface is not Ethernet: on a loopback there is nobody else to talk to.
    pub fn open(interface: &str, hears: Hears) -> io::Result<Self> {
        let link = link(interface)?;
        let mac = link.addr().map(Mac).ok_or(io::ErrorKind::Unsupported)?;
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(hears.protocol()))?;
        if let Some(filter) = hears.filter() {
            socket.attach_filter(filter)?;
        }
        bind(socket.as_raw_fd(), &link)?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket: UdpSocket::from_std(socket.into())?,
            link,
            mac,
        })
    }

    /// The interface's hardware address.
    pub fn mac(&self) -> Mac {
        self.mac
    }

    /// Sends a whole frame, now or not at all.
    ///
    /// # Errors
    /// `WouldBlock` if the queue is full; the kernel's words if the interface is down or the frame longer than its MTU.
    pub fn send(&self, frame: &[u8]) -> io::Result<()> {
        SockRef::from(&self.socket).send(frame).map(drop)
    }

    /// Waits for the next frame that was sent to us or to everybody; its length in `buffer`. A longer one is cut.
    ///
    /// # Errors
    /// The kernel's: the interface went down, or is gone.
    pub async fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = || self.read(&mut *buffer);
            let length = self.socket.async_io(Interest::READABLE, read).await?;
            if let Some(length) = length {
                return Ok(length);
            }
        }
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let (length, from) = recvfrom::<LinkAddr>(self.socket.as_raw_fd(), buffer)?;
        // Between its opening and its binding the socket hears every interface.
        let is_ours = |from: LinkAddr| {
            from.ifindex() == self.link.ifindex()
                && !matches!(from.pkttype(), FOR_ANOTHER | FROM_US)
        };
        Ok(from.is_some_and(is_ours).then_some(length))
    }
}

/// The interface's number and hardware address: what the kernel lists, for only the kernel's list is a link address that
/// can be bound to without unsafe code.
fn link(interface: &str) -> io::Result<LinkAddr> {
    let mut listed = getifaddrs()?.filter(|listed| listed.interface_name == interface);
    let link = listed.find_map(|listed| listed.address?.as_link_addr().copied());
    let link = link.ok_or(io::ErrorKind::NotFound)?;
    if link.hatype() == ETHERNET {
        Ok(link)
    } else {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Hears {
    /// An EtherType in network order; 0 is no type at all (packet(7)).
    fn protocol(self) -> Protocol {
        let kind: u16 = match self {
            Self::Nothing => 0,
            Self::Arp => 0x0806,
            Self::DhcpReplies => 0x0800,
        };
        Protocol::from(i32::from(kind.to_be()))
    }

    fn filter(self) -> Option<&'static [SockFilter]> {
        match self {
            Self::Nothing | Self::Arp => None,
            Self::DhcpReplies => Some(&TO_CLIENTS),
        }
    }
}

/// Takes whole UDP datagrams to port 68, in the machine code of Linux's classic packet filter (`linux/filter.h`); frames
/// are of IPv4 already. An install sends millions of frames through the same interface.
static TO_CLIENTS: [SockFilter; 9] = [
    SockFilter::new(0x30, 0, 0, 23),       // ldb [23]: protocol
    SockFilter::new(0x15, 0, 6, 17),       // jeq UDP, else drop
    SockFilter::new(0x28, 0, 0, 20),       // ldh [20]: fragment
    SockFilter::new(0x45, 4, 0, 0x1fff),   // jset offset: drop
    SockFilter::new(0xb1, 0, 0, 14),       // ldxb 4*([14]&0xf): header length
    SockFilter::new(0x48, 0, 0, 16),       // ldh [x+16]: destination port
    SockFilter::new(0x15, 0, 1, 68),       // jeq 68, else drop
    SockFilter::new(0x06, 0, 0, u32::MAX), // take all of it
    SockFilter::new(0x06, 0, 0, 0),        // drop
];
