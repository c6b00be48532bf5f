//! The listening side: takes connections, bounds how many there are and how long each may do nothing, and ends them all
//! at stop.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time;
use tracing::{debug, warn};

use super::connection::Connection;
use super::sending::Patience;
use crate::World;
use crate::metrics::Ending;
use crate::metrics::kinds::One;
use crate::peer::Ends;

/// How long connections may finish what they are at when the service stops; an installer tries again after a restart.
const GRACE: Duration = Duration::from_secs(5);
/// After a failed accept (no file descriptors left, mostly) nothing is gained by trying again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What clients may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the connection, or the end of the last answer, to the end of the next request's head. Also ends idle
    /// connections; everybody here opens a new one without ado.
    pub head: Duration,
    /// How slow a client may take what it asked for. The slowest loader seen, in an emulated machine on a busy computer,
    /// is a hundred times faster than the default. Also what a node may sleep that was switched off in the middle.
    pub patience: Patience,
    /// Connections in all; further ones wait in the kernel's queue. While fewer than a quarter are free, an answer ends its
    /// connection, so that clients with nothing to ask never hold all places.
    pub connections: usize,
    /// Connections of all clients together that are no nodes of the rack file; further ones are closed at once. Whatever
    /// strangers do, nodes find a place.
    pub strangers: usize,
    /// Connections of one address; further ones are closed at once. dnf opens three.
    pub per_client: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(20),
            patience: Patience {
                span: Duration::from_secs(60),
                least: 256 * 1024,
            },
            connections: 1024,
            strangers: 512,
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
        let is_node = self.world.counted_as(remote).is_some();
        let place = Clients::enter(&self.clients, (remote, is_node), &self.limits);
        let place = place.inspect_err(|full| {
            debug!(client = %remote, ?full, "too many connections: closed");
            self.world.metrics.http.ended.add((*full, One), 1);
        });
        let local = prepare(&stream, self.limits.patience.span);
        let local = local.inspect_err(|error| debug!(client = %remote, %error, "gone at once"));
        Some(Taken {
            ends: Ends {
                local: local.ok()?,
                remote,
            },
            stream,
            permit,
            place: place.ok()?,
        })
    }

    /// Serves one connection until either side ends it.
    fn serve(&self, taken: Taken) -> impl Future<Output = ()> + use<> {
        let (free, scarce) = (self.free.clone(), self.limits.connections / 4);
        let world = self.world.clone();
        let connection = Connection {
            world: world.clone(),
            limits: self.limits,
            ends: taken.ends,
            stream: taken.stream,
            ended: self.ended.clone(),
            is_scarce: move || free.available_permits() < scarce,
        };
        async move {
            let end = connection.run().await;
            debug!(client = %taken.ends.remote, %end, "connection ended");
            world.metrics.http.ended.add((end.counted(), One), 1);
            drop((taken.permit, taken.place));
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

/// How many connections each address has, and all strangers together.
#[derive(Debug, Default)]
struct Clients(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    of: HashMap<IpAddr, usize>,
    strangers: usize,
}

/// One connection's place; free again when dropped.
struct Place {
    clients: Arc<Clients>,
    client: IpAddr,
    is_node: bool,
}

impl Clients {
    fn enter(
        clients: &Arc<Self>,
        (client, is_node): (IpAddr, bool),
        limits: &Limits,
    ) -> Result<Place, Ending> {
        let mut counts = clients.counts();
        let own = counts.of.get(&client).copied().unwrap_or_default();
        if own >= limits.per_client {
            return Err(Ending::ClientFull);
        }
        if !is_node && counts.strangers >= limits.strangers {
            return Err(Ending::StrangersFull);
        }
        counts.of.insert(client, own + 1);
        counts.strangers += usize::from(!is_node);
        Ok(Place {
            clients: clients.clone(),
            client,
            is_node,
        })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.clients.counts();
        counts.strangers -= usize::from(!self.is_node);
        if let Some(count) = counts.of.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.of.remove(&self.client);
            }
        }
    }
}
