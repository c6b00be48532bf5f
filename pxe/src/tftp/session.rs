//! The edge of one transfer: its own socket, timer and source around the pure [`Transfer`].

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{self, Instant};
use tracing::debug;

use super::options::Terms;
use super::packet::{self, Fault, Reply};
use super::source::Source;
use super::transfer::{Input, Step, Transfer};
use crate::World;

/// The longest wait between two sends of the same.
const PATIENCE_MAX: Duration = Duration::from_secs(8);
/// A transfer that takes longer than this serves nobody (the slowest loader seen takes two minutes for an initrd).
const TRANSFER_MAX: Duration = Duration::from_secs(1800);
/// Larger than any packet a client sends in a transfer.
const PACKET_MAX: usize = 1024;

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

/// A transfer and what it needs.
pub(super) struct Session {
    /// Connected to the client's port: the kernel drops what others send here (RFC 1350: the transfer identifier).
    pub(super) socket: UdpSocket,
    /// What is sent.
    pub(super) source: Source,
    /// How.
    pub(super) terms: Terms,
    /// Where to count bytes, if the client is a node.
    pub(super) counted: Option<(Arc<World>, IpAddr)>,
}

/// A socket for one transfer: a port of its own on our address, talking to the client only.
pub(super) async fn socket(local: IpAddr, client: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((local, 0)).await?;
    socket.connect(client).await?;
    Ok(socket)
}

impl Session {
    /// Sends everything, or finds out that the client does not want it.
    pub(super) async fn run(mut self) -> io::Result<End> {
        let end = time::timeout(TRANSFER_MAX, self.go()).await;
        let end = match end {
            Ok(end) => end?,
            Err(_) => End::Silent,
        };
        if end == End::Silent {
            let packet = packet::error(Fault::Undefined, "no acknowledgement came in time");
            self.socket.send(&packet).await?;
        }
        Ok(end)
    }

    async fn go(&mut self) -> io::Result<End> {
        let size = (self.source.len(), self.terms.block);
        let with_oack = !self.terms.granted.is_empty();
        let (mut transfer, mut step) = Transfer::begin(size, self.terms.window, with_oack);
        let mut until = Instant::now();
        let mut counted = 0;
        loop {
            match step {
                Step::Done => return Ok(End::Whole),
                Step::GiveUp => return Ok(End::Silent),
                Step::Wait => {}
                Step::Oack | Step::Data { .. } => {
                    counted = match self.send(step, counted).await {
                        Ok(counted) => counted,
                        Err(error) if is_closed(&error) => return Ok(End::Refused(None)),
                        Err(error) => return Err(error),
                    };
                    until = Instant::now() + self.patience(transfer.again());
                }
            }
            step = match self.input(until).await? {
                Ok(input) => transfer.next(input),
                Err(end) => return Ok(end),
            };
        }
    }

    fn patience(&self, again: u32) -> Duration {
        PATIENCE_MAX
            .max(self.terms.patience)
            .min(self.terms.patience * 2_u32.pow(again))
    }

    /// Sends what `step` says; tells how far bytes were counted.
    async fn send(&mut self, step: Step, counted: u64) -> io::Result<u64> {
        let (first, last) = match step {
            Step::Oack => {
                self.socket.send(&packet::oack(&self.terms.granted)).await?;
                return Ok(counted);
            }
            Step::Data { first, last } => (first, last),
            Step::Wait | Step::Done | Step::GiveUp => return Ok(counted),
        };
        let block = self.terms.block;
        let window = self
            .source
            .read((first - 1) * block, (last + 1 - first) * block)
            .await?;
        let reached = self.source.len().min(last * block);
        if let Some((world, client)) = &self.counted {
            world.served.add(*client, reached.saturating_sub(counted));
        }
        for number in first..=last {
            let at = usize::try_from((number - first) * block).unwrap_or_default();
            let end = window
                .len()
                .min(at + usize::try_from(block).unwrap_or_default());
            let packet = packet::data(number, window.get(at..end).unwrap_or_default());
            self.socket.send(&packet).await?;
        }
        Ok(reached.max(counted))
    }

    /// What comes next from the client, or the end it makes.
    async fn input(&self, until: Instant) -> io::Result<Result<Input, End>> {
        let mut packet = [0; PACKET_MAX];
        loop {
            let received = match time::timeout_at(until, self.socket.recv(&mut packet)).await {
                Err(_) => return Ok(Ok(Input::Silence)),
                Ok(Err(error)) if is_closed(&error) => return Ok(Err(End::Refused(None))),
                Ok(received) => received?,
            };
            match packet::reply(&packet[..received]) {
                Reply::Ack(block) => return Ok(Ok(Input::Ack(block))),
                Reply::Error(code) => return Ok(Err(End::Refused(Some(code)))),
                Reply::Noise => debug!("a packet of no use in a transfer"),
            }
        }
    }
}

/// The client's port is closed (ICMP port unreachable): it went away, or it took another copy of the answer.
fn is_closed(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ConnectionRefused
}
