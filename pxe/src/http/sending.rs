//! Bytes to a client's socket, and how slow it may be. Files go from the page cache to the socket without a copy
//! (sendfile(2)); what is not in the page cache is first read in by a thread that may wait for the disk.

use std::io;
use std::time::Duration;

use rustix::net::SendFlags;
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::time::{self, Instant};

use super::connection::End;
use super::reply::Part;
use crate::Sending;

/// Files up to this size are read and sent with their head in one piece: cheaper than two system calls and the kernel's
/// bookkeeping of pages.
const SMALL: u64 = 16 * 1024;
/// How much of a file goes to a socket before others have their turn: half of the largest socket buffer, as nginx does. Half a
/// millisecond's work; with half as much the kernel's part costs half as much again (`tests/bench.sh http-1g`).
const STRETCH: u64 = 2 * 1024 * 1024;
/// A page of the page cache. Parts that begin within one cost the kernel more.
const PAGE: u64 = 4096;

/// How slow a client may be.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// In so much time ...
    pub span: Duration,
    /// ... it takes at least so many bytes, or the rest of what it asked for.
    pub least: u64,
}

/// How fast a client was lately.
struct Pace {
    patience: Patience,
    since: Instant,
    moved: u64,
}

impl Pace {
    fn new(patience: Patience) -> Self {
        Self {
            patience,
            since: Instant::now(),
            moved: 0,
        }
    }

    fn moves(&mut self, bytes: u64) {
        self.moved += bytes;
        if self.moved >= self.patience.least {
            (self.since, self.moved) = (Instant::now(), 0);
        }
    }

    fn until(&self) -> Instant {
        self.since + self.patience.span
    }

    fn end(&self) -> End {
        match self.moved {
            0 => End::Stalled,
            1.. => End::TooSlow,
        }
    }
}

/// Sends bytes at hand.
pub(super) async fn bytes(
    stream: &mut TcpStream,
    bytes: &[u8],
    patience: Patience,
) -> Result<(), End> {
    match time::timeout(patience.span, stream.write_all(bytes)).await {
        Ok(sent) => Ok(sent?),
        Err(_) => Err(End::Stalled),
    }
}

/// Sends a head and a stretch of a file behind it.
pub(super) async fn file(
    stream: &mut TcpStream,
    (mut head, part): (Vec<u8>, Part),
    (sending, patience): (Sending, Patience),
) -> Result<(), End> {
    let Part { file, mut at, end } = part;
    if end - at <= SMALL {
        let size = usize::try_from(end - at).unwrap_or_default();
        head.extend_from_slice(&file.read(at, size).await?);
        bytes(stream, &head, patience).await?;
        sending.advance(end - at);
        return Ok(());
    }
    let mut pace = Pace::new(patience);
    let mut rest = head.as_slice();
    while !rest.is_empty() {
        // More follows at once: the kernel waits for it, so that head and file share a packet.
        let send = |stream: &TcpStream| {
            Ok(rustix::net::send(
                stream,
                rest,
                SendFlags::MORE | SendFlags::NOSIGNAL,
            )?)
        };
        let sent = go(stream, (&pace, rest.len()), send).await?;
        rest = rest.get(sent..).unwrap_or_default();
    }
    while at < end {
        // Whole pages again after a send that ended within one.
        let stretch = STRETCH - at % PAGE;
        let most = usize::try_from(stretch.min(end - at)).unwrap_or(usize::MAX);
        file.warm(at, most).await?;
        let sent = go(stream, (&pace, most), |stream| file.send(stream, at, most)).await?;
        at += sent as u64;
        sending.advance(sent as u64);
        pace.moves(sent as u64);
        if sent == most {
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

/// Sends once, as soon as the socket takes something; the number of bytes it took.
async fn go(
    stream: &TcpStream,
    (pace, most): (&Pace, usize),
    send: impl Fn(&TcpStream) -> io::Result<usize>,
) -> Result<usize, End> {
    loop {
        let ready = time::timeout_at(pace.until(), stream.writable()).await;
        ready.map_err(|_| pace.end())??;
        let mut sent = 0;
        let tried = stream.try_io(Interest::WRITABLE, || {
            sent = send(stream)?;
            if sent == 0 {
                let shorter = "the file became shorter while it was sent";
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, shorter));
            }
            // It took a part, so it is full: no need to try it again before epoll says so.
            (sent == most)
                .then_some(())
                .ok_or(io::ErrorKind::WouldBlock.into())
        });
        match tried {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error.into()),
            Ok(()) | Err(_) if sent > 0 => return Ok(sent),
            Ok(()) | Err(_) => {}
        }
    }
}
