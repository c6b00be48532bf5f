//! One connection: heads are read one after the other and answered in their order, until somebody ends it.
//!
//! A loop of our own over the socket, because sendfile(2) needs the socket and every HTTP library hides it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{self, Instant};

use super::head::{self, Head, Method, Refusal, Seen};
use super::reply::{self, Body, Reply};
use super::sending;
use super::{Asked, Limits};
use crate::World;
use crate::metrics::Ending;
use crate::metrics::kinds::One;
use crate::peer::Ends;
use crate::served::Service;

/// Room made before each read: a head of any client seen fits.
const ROOM: usize = 4096;
/// A body is one packet or two; whoever takes longer holds a connection for nothing.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client is listened to after its last answer, when it still sends: closing earlier would take the answer back
/// (RFC 9112 §9.6).
const LINGER: Duration = Duration::from_secs(2);

/// How a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    /// Between two requests.
    #[error("closed by the client")]
    Closed,
    /// After an answer that was said to be the last.
    #[error("closed after its last answer")]
    Said,
    /// Most connections end so.
    #[error("nothing was asked for a while")]
    Idle,
    /// Slowly or not at all: the head is bounded in time as a whole.
    #[error("a request was begun and did not come to its end in time")]
    SlowHead,
    /// It was told so.
    #[error("what came was no request of ours: {0:?}")]
    Refused(Refusal),
    /// Switched off, mostly.
    #[error("the client took nothing for too long")]
    Stalled,
    /// See [`Limits::patience`].
    #[error("the client took too little for too long")]
    TooSlow,
    /// What was being answered is answered first.
    #[error("we stop")]
    Stopping,
    /// The network's or the disk's words.
    #[error("{0}")]
    Failed(io::Error),
}

impl End {
    /// As it is counted.
    pub(super) fn counted(&self) -> Ending {
        match self {
            Self::Closed => Ending::Closed,
            Self::Said => Ending::Last,
            Self::Idle => Ending::Idle,
            Self::SlowHead => Ending::SlowHead,
            Self::Refused(_) => Ending::Refused,
            Self::Stalled => Ending::Stalled,
            Self::TooSlow => Ending::TooSlow,
            Self::Stopping => Ending::Stopping,
            Self::Failed(_) => Ending::Failed,
        }
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// A connection and what bounds it.
pub(super) struct Connection<F> {
    pub(super) world: Arc<World>,
    pub(super) limits: Limits,
    pub(super) ends: Ends,
    pub(super) stream: TcpStream,
    /// Its sender is dropped when we stop.
    pub(super) ended: watch::Receiver<()>,
    /// Whether connections are scarce: an answer is then the last.
    pub(super) is_scarce: F,
}

impl<F: Fn() -> bool> Connection<F> {
    /// Serves it until it ends.
    pub(super) async fn run(mut self) -> End {
        let mut buffer = BytesMut::new();
        loop {
            if let Err(end) = self.turn(&mut buffer).await {
                return end;
            }
        }
    }

    /// One request and its answer.
    async fn turn(&mut self, buffer: &mut BytesMut) -> Result<(), End> {
        let head = self.head(buffer).await?;
        let body = self.body(&head, buffer).await?;
        let is_read = body.is_some();
        let asked = Asked {
            ends: self.ends,
            head,
        };
        let began = Instant::now();
        let (target, reply) = super::answer(&self.world, &asked, body).await;
        let counts = &self.world.metrics.http;
        counts.requests.add((target, asked.head.agent), 1);
        counts.answers.add((asked.head.agent, reply.status), 1);
        counts.seconds.note(target, began.elapsed());
        let is_last = !asked.head.stays || !is_read || self.is_ending() || (self.is_scarce)();
        self.send(&asked, reply, is_last).await?;
        if !is_last {
            return Ok(());
        }
        if !is_read || !buffer.is_empty() {
            self.linger().await?;
        }
        Err(End::Said)
    }

    fn is_ending(&self) -> bool {
        self.ended.has_changed().is_err()
    }

    async fn head(&mut self, buffer: &mut BytesMut) -> Result<Head, End> {
        let until = Instant::now() + self.limits.head;
        loop {
            match head::read(buffer) {
                Seen::Whole(head, length) => {
                    buffer.advance(length);
                    return Ok(head);
                }
                Seen::Refused(refusal) => return Err(self.refuse(refusal).await?),
                Seen::Part => {}
            }
            buffer.reserve(ROOM);
            let read = tokio::select! {
                read = time::timeout_at(until, self.stream.read_buf(buffer)) => read,
                _ = self.ended.changed() => return Err(End::Stopping),
            };
            let is_begun = !buffer.is_empty();
            match read {
                Ok(read) => some(read)?,
                Err(_) if is_begun => return Err(End::SlowHead),
                Err(_) => return Err(End::Idle),
            }
        }
    }

    /// Says what is wrong, and has the connection end.
    async fn refuse(&mut self, refusal: Refusal) -> Result<End, End> {
        self.world.metrics.http.refused.add((refusal, One), 1);
        let reply = reply::failure(refusal.status());
        let mut answer = reply.head(&self.world.now(), true);
        if let Body::Bytes(words) = &reply.body {
            answer.extend_from_slice(words);
        }
        sending::bytes(&mut self.stream, &answer, self.limits.patience).await?;
        self.linger().await?;
        Ok(End::Refused(refusal))
    }

    /// The body, if this request may have one, it is not too long and it comes in time. One that is left unread ends the
    /// connection: what follows would be read as a request.
    async fn body(&mut self, head: &Head, buffer: &mut BytesMut) -> Result<Option<Bytes>, End> {
        if head.body == 0 {
            return Ok(Some(Bytes::new()));
        }
        let size = usize::try_from(head.body).ok();
        let Some(size) = size.filter(|size| *size <= super::body_max(head)) else {
            return Ok(None);
        };
        if head.expects && buffer.is_empty() {
            let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
            sending::bytes(&mut self.stream, go_on, self.limits.patience).await?;
        }
        let until = Instant::now() + BODY_TIMEOUT;
        while buffer.len() < size {
            buffer.reserve(size - buffer.len());
            match time::timeout_at(until, self.stream.read_buf(buffer)).await {
                Ok(read) => some(read)?,
                Err(_) => return Ok(None),
            }
        }
        Ok(Some(buffer.split_to(size).freeze()))
    }

    async fn send(&mut self, asked: &Asked, reply: Reply, is_last: bool) -> Result<(), End> {
        let (mut head, patience) = (reply.head(&self.world.now(), is_last), self.limits.patience);
        if asked.head.method == Method::Head {
            return sending::bytes(&mut self.stream, &head, patience).await;
        }
        match reply.body {
            Body::Bytes(body) => {
                head.extend_from_slice(&body);
                sending::bytes(&mut self.stream, &head, patience).await?;
                let service = (Service::Http, One);
                self.world.metrics.bytes.add(service, body.len() as u64);
                Ok(())
            }
            Body::File(part) => {
                let what = (asked.head.path.as_str(), part.end - part.at);
                let sent = self.world.sending(Service::Http, self.ends.remote, what);
                let how = (sent, patience);
                sending::file(&mut self.stream, (head, part), how).await
            }
        }
    }

    /// Hears the client out, for a while, so that it reads our answer before it learns that nobody listens.
    async fn linger(&mut self) -> Result<(), End> {
        self.stream.shutdown().await?;
        let mut waste = BytesMut::with_capacity(ROOM);
        let hears = async {
            while self.stream.read_buf(&mut waste).await? > 0 {
                waste.clear();
            }
            Ok(())
        };
        time::timeout(LINGER, hears).await.unwrap_or(Ok(()))
    }
}

/// Nothing read means that the client closed its side.
fn some(read: io::Result<usize>) -> Result<(), End> {
    match read? {
        0 => Err(End::Closed),
        1.. => Ok(()),
    }
}
