//! The listening side: takes connections, bounds how many there are and how long each may do nothing, and ends them all
//! at stop.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time;
use tracing::{debug, warn};

use super::reply;
use crate::World;
use crate::peer::Ends;

/// How long connections may finish what they are at when the service stops; an installer tries again after a restart.
const GRACE: Duration = Duration::from_secs(5);
/// After a failed accept (no file descriptors left, mostly) nothing is gained by trying again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Request line and headers together, bytes; also how much is read ahead of a connection. Besides, hyper takes at most 100
/// headers: Anaconda sends under 20, and one for each NIC.
const HEAD_MAX: usize = 16 * 1024;

/// What clients may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the connection, or the end of the last answer, to the end of the next request's head. Also ends idle
    /// connections; everybody here opens a new one without ado.
    pub head: Duration,
    /// How long a client may take nothing of what it asked for: a node that was switched off in the middle.
    pub stall: Duration,
    /// Connections in all; further ones wait in the kernel's queue. While fewer than a quarter are free, an answer ends its
    /// connection, so that clients with nothing to ask never hold all places.
    pub connections: usize,
    /// Connections of one address; further ones are closed at once. dnf opens three.
    pub per_client: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(20),
            stall: Duration::from_secs(60),
            connections: 256,
            per_client: 32,
        }
    }
}

/// Serves until `stop`, then ends every connection. The listener is bound to the interface's own address.
pub async fn run(world: Arc<World>, listener: TcpListener, stop: impl Future<Output = ()>) {
    run_within(world, listener, Limits::default(), stop).await;
}

/// [`run`] with limits of one's own.
pub async fn run_within(
    world: Arc<World>,
    listener: TcpListener,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let (ending, ended) = watch::channel(());
    let front = Front {
        world,
        limits,
        ended,
        free: Arc::new(Semaphore::new(limits.connections)),
        clients: Arc::default(),
    };
    let mut tasks = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            taken = front.accept(&listener) => if let Some(taken) = taken {
                tasks.spawn(front.serve(taken));
            },
            Some(_) = tasks.join_next() => {}
        }
    }
    drop(listener);
    drop(ending);
    let all = async { while tasks.join_next().await.is_some() {} };
    if time::timeout(GRACE, all).await.is_err() {
        tasks.shutdown().await;
    }
}

#[derive(Clone)]
struct Front {
    world: Arc<World>,
    limits: Limits,
    ended: watch::Receiver<()>,
    free: Arc<Semaphore>,
    clients: Arc<Clients>,
}

/// A connection that may be served, and the places it takes until it is dropped.
struct Taken {
    stream: TcpStream,
    ends: Ends,
    permit: OwnedSemaphorePermit,
    place: Place,
}

impl Front {
    /// Takes one connection, when there is room for one. Cancel-safe: nothing accepted is dropped at an await.
    async fn accept(&self, listener: &TcpListener) -> Option<Taken> {
        let permit = self.free.clone().acquire_owned().await.ok()?;
        let (stream, from) = match listener.accept().await {
            Ok(found) => found,
            Err(error) => {
                warn!(%error, "no connection can be taken");
                time::sleep(ACCEPT_PAUSE).await;
                return None;
            }
        };
        let remote = from.ip().to_canonical();
        let Some(place) = Clients::enter(&self.clients, remote, self.limits.per_client) else {
            debug!(client = %remote, "too many connections of one client: closed");
            return None;
        };
        let local = prepare(&stream, self.limits.stall);
        let local = local.inspect_err(|error| debug!(client = %remote, %error, "gone at once"));
        Some(Taken {
            ends: Ends {
                local: local.ok()?,
                remote,
            },
            stream,
            permit,
            place,
        })
    }

    /// Serves one connection until either side ends it.
    fn serve(&self, taken: Taken) -> impl Future<Output = ()> + use<> {
        let front = self.clone();
        async move {
            front.converse(taken.ends, taken.stream).await;
            drop((taken.permit, taken.place));
        }
    }

    async fn converse(self, ends: Ends, stream: TcpStream) {
        let (head, mut ended) = (self.limits.head, self.ended.clone());
        let service = service_fn(|request| async {
            let reply = super::answer(self.world.clone(), ends, request).await;
            let is_scarce = self.free.available_permits() < self.limits.connections / 4;
            Ok::<_, Infallible>(if is_scarce { reply::last(reply) } else { reply })
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head)
            .max_buf_size(HEAD_MAX)
            // GRUB compares `Content-Length` with capitals (`rocky-install.md` 0).
            .title_case_headers(true)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let result = tokio::select! {
            result = &mut connection => result,
            _ = ended.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = result {
            debug!(client = %ends.remote, %error, "connection ended");
        }
    }
}

/// The local address. The kernel watches for stalls: it ends a connection whose data nobody acknowledges or takes.
fn prepare(stream: &TcpStream, stall: Duration) -> io::Result<IpAddr> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_user_timeout(Some(stall))?;
    Ok(stream.local_addr()?.ip().to_canonical())
}

/// How many connections each address has.
#[derive(Debug, Default)]
struct Clients(Mutex<HashMap<IpAddr, usize>>);

/// One connection's place; free again when dropped.
struct Place {
    clients: Arc<Clients>,
    client: IpAddr,
}

impl Clients {
    fn enter(clients: &Arc<Self>, client: IpAddr, most: usize) -> Option<Place> {
        let mut counts = clients.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(client).or_default();
        let is_free = *count < most;
        if is_free {
            *count += 1;
        }
        is_free.then(|| Place {
            clients: clients.clone(),
            client,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self
            .clients
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}
