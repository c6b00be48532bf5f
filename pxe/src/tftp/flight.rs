//! The edge of one transfer: its own socket, source and deadlines around the pure [`Transfer`]. It never waits: bytes that
//! are not in memory are asked for and sent when they have come.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::UdpGsoSegment;
use tracing::debug;

use super::options::Terms;
use super::packet::{self, Fault, Reply};
use super::source::{Source, Stretch, Unread};
use super::transfer::{Input, Step, Transfer};
use super::window::Window;
use crate::Sending;
use crate::metrics::TftpEnd;

/// The longest wait between two sends of the same.
const PATIENCE_MAX: Duration = Duration::from_secs(8);
/// A transfer that takes longer than this serves nobody (the slowest loader seen takes two minutes for an initrd).
const TRANSFER_MAX: Duration = Duration::from_secs(1800);
/// Of what a client sends in a transfer, four bytes count.
const PACKET_MAX: usize = 64;

/// How a transfer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The client has everything.
    Whole,
    /// The client ended it, by an ERROR packet of this code or by closing its port.
    Refused(Option<u16>),
    /// The client fell silent.
    Silent,
    /// There was nothing to send.
    NotFound,
}

impl End {
    /// As it is counted.
    pub(super) fn counted(&self) -> TftpEnd {
        match self {
            Self::Whole => TftpEnd::Whole,
            Self::Refused(_) => TftpEnd::Refused,
            Self::Silent => TftpEnd::Silent,
            Self::NotFound => TftpEnd::NotFound,
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Refused(Some(code)) => write!(f, "ended by the client, error {code}"),
            Self::Refused(None) => f.write_str("ended by the client, port closed"),
            Self::Silent => f.write_str("given up, no acknowledgement"),
            Self::NotFound => f.write_str("not found"),
        }
    }
}

/// A transfer that is to be made.
pub(super) struct Order {
    /// Connected to the client's port: the kernel drops what others send here (RFC 1350: the transfer identifier).
    pub(super) socket: UdpSocket,
    /// What is sent.
    pub(super) source: Source,
    /// How.
    pub(super) terms: Terms,
    /// Where to count bytes.
    pub(super) sending: Sending,
}

/// A socket for one transfer: a port of its own on our address, talking to the client only.
pub(super) fn socket(local: IpAddr, client: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((local, 0))?;
    socket.connect(client)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Where a transfer stands after it was moved.
pub(super) enum Now {
    /// It waits for the client, or for bytes that are being read.
    Waits,
    /// It needs this stretch of its file, which is not in memory.
    Needs(Unread),
    /// It is over.
    Ended(io::Result<End>),
}

impl From<io::Result<End>> for Now {
    fn from(end: io::Result<End>) -> Self {
        Self::Ended(end)
    }
}

/// A transfer under way.
pub(super) struct Flight {
    order: Order,
    transfer: Transfer,
    /// What is to be sent as soon as its bytes are there.
    due: Option<(u64, u64)>,
    is_reading: bool,
    /// When silence is answered.
    until: Instant,
    /// When it ends in any case.
    ends: Instant,
    /// How far bytes were counted.
    counted: u64,
    /// Whether the kernel cuts a window into packets (UDP segmentation offload).
    is_cut_by_kernel: bool,
}

impl Flight {
    /// Begins, by sending the first packet.
    pub(super) fn begin(order: Order, now: Instant, window: &mut Window) -> (Self, Now) {
        let terms = &order.terms;
        let size = (order.source.len(), terms.block);
        let with_oack = !terms.granted.is_empty();
        let (transfer, step) = Transfer::begin(size, terms.window, with_oack);
        let mut flight = Self {
            is_cut_by_kernel: terms.window > 1 && segments(&order.socket, terms.block),
            order,
            transfer,
            due: None,
            is_reading: false,
            until: now,
            ends: now + TRANSFER_MAX,
            counted: 0,
        };
        let stands = flight.perform(step, now, window);
        (flight, stands)
    }

    /// Its socket.
    pub(super) fn socket(&self) -> &UdpSocket {
        &self.order.socket
    }

    /// Takes one packet of the client.
    pub(super) fn hear(&mut self, now: Instant, window: &mut Window) -> Now {
        let mut packet = [0; PACKET_MAX];
        let size = match self.order.socket.recv(&mut packet) {
            Ok(size) => size,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Now::Waits,
            Err(error) => return closed(error).into(),
        };
        match packet::reply(&packet[..size]) {
            Reply::Ack(block) => {
                let step = self.transfer.next(Input::Ack(block));
                self.perform(step, now, window)
            }
            Reply::Error(code) => Now::Ended(Ok(End::Refused(Some(code)))),
            Reply::Noise => {
                debug!("a packet of no use in a transfer");
                Now::Waits
            }
        }
    }

    /// Whether its patience, or its time, is over. A disk's slowness is not the client's silence.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        now >= self.ends || (now >= self.until && !self.is_reading)
    }

    /// Answers the client's silence.
    pub(super) fn wake(&mut self, now: Instant, window: &mut Window) -> Now {
        let step = match now >= self.ends {
            true => Step::GiveUp,
            false => self.transfer.next(Input::Silence),
        };
        self.perform(step, now, window)
    }

    /// Takes the bytes that it needed.
    pub(super) fn take(
        &mut self,
        read: io::Result<Stretch>,
        now: Instant,
        window: &mut Window,
    ) -> Now {
        self.is_reading = false;
        match read {
            Ok(stretch) => self.order.source.hold(stretch),
            Err(error) => return Now::Ended(Err(error)),
        }
        self.due
            .take()
            .map_or(Now::Waits, |blocks| self.send(blocks, now, window))
    }

    fn perform(&mut self, step: Step, now: Instant, window: &mut Window) -> Now {
        match step {
            Step::Wait => Now::Waits,
            Step::Done => Now::Ended(Ok(End::Whole)),
            Step::GiveUp => {
                let words = packet::error(Fault::Undefined, "no acknowledgement came in time");
                Now::Ended(match self.order.socket.send(&words) {
                    Ok(_) => Ok(End::Silent),
                    Err(error) => closed(error),
                })
            }
            Step::Oack => {
                self.until = now + self.patience();
                sent(
                    self.order
                        .socket
                        .send(&packet::oack(&self.order.terms.granted)),
                )
            }
            Step::Data { first, last } => self.send((first, last), now, window),
        }
    }

    fn patience(&self) -> Duration {
        let first = self.order.terms.patience;
        let grown = first * 2_u32.pow(self.transfer.again());
        grown.min(PATIENCE_MAX.max(first))
    }

    /// Sends blocks `first` to `last`, or asks for their bytes.
    fn send(&mut self, (first, last): (u64, u64), now: Instant, window: &mut Window) -> Now {
        let block = self.order.terms.block;
        let (from, end) = (
            (first - 1) * block,
            self.order.source.len().min(last * block),
        );
        window.lay((first, last), (block, end - from));
        match self.order.source.fill(from, window) {
            Ok(()) => {}
            Err(_) if self.is_reading => {
                self.due = Some((first, last));
                return Now::Waits;
            }
            Err(unread) => {
                self.due = Some((first, last));
                self.is_reading = true;
                return Now::Needs(unread);
            }
        }
        self.due = None;
        self.until = now + self.patience();
        let new = end.saturating_sub(self.counted);
        self.order.sending.advance(new);
        self.counted = self.counted.max(end);
        self.put(window)
    }

    /// To the kernel: the window at once, or if it cannot cut that, packet by packet.
    fn put(&mut self, window: &Window) -> Now {
        if self.is_cut_by_kernel {
            match self.order.socket.send(window.packets()) {
                // No checksums by this interface (EIO before Linux 6.11), a smaller MTU: whatever it is, it can do without.
                Err(error) if !is_closed(&error) && !is_full(&error) => {
                    debug!(%error, "no UDP segmentation offload here");
                    self.is_cut_by_kernel = false;
                    let _ = setsockopt(&self.order.socket, UdpGsoSegment, &0);
                }
                result => return sent(result),
            }
        }
        for packet in window.each() {
            match sent(self.order.socket.send(packet)) {
                Now::Waits => {}
                over @ (Now::Needs(_) | Now::Ended(_)) => return over,
            }
        }
        Now::Waits
    }
}

/// Whether the kernel will cut what is sent into packets of a block each.
fn segments(socket: &UdpSocket, block: u64) -> bool {
    let packet = i32::try_from(block + packet::DATA_HEAD).unwrap_or_default();
    setsockopt(socket, UdpGsoSegment, &packet).is_ok()
}

/// What follows from an attempt to send. A full buffer loses the packet, as the network may; it is sent again.
fn sent(result: io::Result<usize>) -> Now {
    match result {
        Ok(_) => Now::Waits,
        Err(error) if is_full(&error) => Now::Waits,
        Err(error) => closed(error).into(),
    }
}

/// The client's port is closed (ICMP port unreachable): it went away, or it took another copy of the answer.
fn closed(error: io::Error) -> io::Result<End> {
    if is_closed(&error) {
        Ok(End::Refused(None))
    } else {
        Err(error)
    }
}

fn is_closed(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ConnectionRefused
}

fn is_full(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(nix::libc::ENOBUFS)
}

#[cfg(test)]
mod tests;
