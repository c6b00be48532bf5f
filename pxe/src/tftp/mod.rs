//! TFTP for booting firmware, read-only (RFC 1350 with the options of RFC 2347 to 2349 and 7440): loaders, GRUB's own
//! configuration for each node, and what GRUB cannot fetch by HTTP.
//!
//! Each transfer has a port of its own (RFC 1350 §4). A request is understood and its file found by a task; one thread then
//! carries all transfers. Nothing is kept; after a power cut the firmware asks again.

#[cfg(test)]
mod damaged;
mod engine;
mod flight;
pub(crate) mod names;
pub mod options;
pub mod packet;
mod places;
mod source;
pub mod transfer;
mod window;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tracing::{debug, error, info, warn};

use crate::World;
use crate::metrics::TftpEnd;
use crate::metrics::kinds::One;
use crate::peer::Ends;
use crate::script::{self, Loader};
use crate::served::Service;
use crate::tree::{self, Lack};
use engine::{Engine, Post};
use flight::{End, Order};
use names::Wanted;
use packet::{Fault, Mode, Opening, Request};
use places::{Places, Whose};
use source::Source;

/// The longest request read; RFC 2347 §2 allows 512 bytes.
const REQUEST_MAX: usize = 1024;
/// How much of a name is logged.
const SHOWN_MAX: usize = 200;

/// Serves until `stop`, then ends every transfer; before that only if a defect ended the transfers. The socket is bound to the
/// interface's own address: it tells on which network a client is, and answers come from it.
pub async fn run(
    world: Arc<World>,
    socket: UdpSocket,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let engine = Engine::start()?;
    let mut server = Server {
        local: socket.local_addr()?.ip(),
        world,
        post: engine.post(),
        tasks: JoinSet::new(),
        places: Places::default(),
    };
    let mut stop = pin!(stop);
    let mut packet = [0; REQUEST_MAX];
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(ended) = server.tasks.join_next() => {
                server.leave(ended.ok());
                if !engine.is_running() {
                    return Err(engine::ended());
                }
            }
            received = socket.recv_from(&mut packet) => match received {
                Ok((size, client)) => server.take(&socket, &packet[..size], client).await,
                Err(error) => warn!(%error, "a TFTP request could not be received"),
            },
        }
    }
    server.tasks.shutdown().await;
    drop(engine);
    Ok(())
}

struct Server {
    local: IpAddr,
    world: Arc<World>,
    post: Post,
    /// One for each transfer; tells whose it was.
    tasks: JoinSet<SocketAddr>,
    places: Places,
}

impl Server {
    async fn take(&mut self, socket: &UdpSocket, packet: &[u8], client: SocketAddr) {
        let refusal = match packet::opening(packet) {
            Opening::Noise => return,
            Opening::Write => packet::error(Fault::Denied, "nothing is written here"),
            Opening::Malformed => packet::error(Fault::Illegal, "not a request"),
            Opening::Read(request) if request.mode == Mode::Other => {
                // The bytes would be changed on the way, and the length told by tsize would be wrong.
                packet::error(Fault::Illegal, "only mode octet (binary) is served")
            }
            Opening::Read(request) => return self.start(request, packet, client),
        };
        debug!(%client, "TFTP request refused");
        if let Err(error) = socket.send_to(&refusal, client).await {
            debug!(%client, %error, "a refusal could not be sent");
        }
    }

    /// Begins a transfer. The same request from the same port is a repetition (our answer was late or lost): both are
    /// answered, the client keeps one and refuses the other. Another request from that port means that what went before is
    /// over, even if the client never said so.
    fn start(&mut self, request: Request, packet: &[u8], client: SocketAddr) {
        self.places.end_others(client, packet);
        let ends = Ends {
            local: self.local,
            remote: client.ip().to_canonical(),
        };
        let whose = match self.world.counted_as(ends.remote) {
            Some(_) => Whose::Node,
            None => Whose::Stranger,
        };
        if !self.places.has_room(client.ip(), whose, self.tasks.len()) {
            return debug!(%client, "too many TFTP transfers: a request is not answered");
        }
        let asked = Asked {
            world: self.world.clone(),
            ends,
            client,
        };
        let post = self.post.clone();
        let task = self.tasks.spawn(asked.serve(request, post));
        self.places.enter(client, packet, task);
    }

    /// A transfer is over by itself: its place is free. One that was ended by another request has left already.
    fn leave(&mut self, ended: Option<SocketAddr>) {
        if let Some(client) = ended {
            self.places.leave(client.ip());
        }
    }
}

/// Who asked.
struct Asked {
    world: Arc<World>,
    ends: Ends,
    client: SocketAddr,
}

impl Asked {
    async fn serve(self, request: Request, post: Post) -> SocketAddr {
        let client = self.client;
        // A stranger's words: the log and the list of what was served escape them.
        let name: String = request.name.chars().take(SHOWN_MAX).collect();
        let (counted, what) = match self.transfer(request, post).await {
            Ok(end) => {
                info!(%client, name, ?end, "TFTP transfer");
                (end.counted(), format!("TFTP {name} {end}"))
            }
            Err(error) => {
                warn!(%client, name, %error, "TFTP transfer failed");
                (TftpEnd::Failed, format!("TFTP {name} failed: {error}"))
            }
        };
        self.world.metrics.tftp.add((counted, One), 1);
        self.world.note(self.ends.remote, &what);
        client
    }

    async fn transfer(&self, request: Request, post: Post) -> io::Result<End> {
        let found = source(&self.world, self.ends, &request.name).await;
        let socket = flight::socket(self.ends.local, self.client)?;
        let source = match found {
            Ok(source) => source,
            Err(fault) => {
                socket.send(&packet::error(fault, "no such file"))?;
                return Ok(End::NotFound);
            }
        };
        let what = (request.name.as_str(), source.len());
        let order = Order {
            terms: options::terms(&request.options, source.len()),
            sending: self.world.sending(Service::Tftp, self.ends.remote, what),
            socket,
            source,
        };
        drop(request);
        post.carry(order).await
    }
}

/// What the name leads to. Probes for files that are not there are normal (shim, GRUB) and are answered at once.
async fn source(world: &World, ends: Ends, name: &str) -> Result<Source, Fault> {
    let rack = world.rack();
    let place = match names::read(name) {
        Wanted::Nothing => return Err(Fault::NotFound),
        Wanted::Grub(None) => {
            return Ok(Source::text(script::take(world, ends, Loader::Grub).await));
        }
        Wanted::Grub(Some(mac)) => {
            return Ok(Source::text(script::take_for(world, ends, mac).await));
        }
        Wanted::Loader(path) => tree::loader(&rack, path),
        Wanted::Tree(os, path) => {
            let os = rack.oses.get(&os).ok_or(Fault::NotFound)?;
            tree::of_os(world, os, path).ok_or(Fault::NotFound)?
        }
        Wanted::Medium(id, path) => tree::of_medium(world, &id, path).ok_or(Fault::NotFound)?,
    };
    match tree::open(place).await {
        Ok(file) => Ok(Source::file(file)),
        Err(Lack::NotFound) => Err(Fault::NotFound),
        Err(error @ (Lack::NoFolder(..) | Lack::Failed(_))) => {
            error!(%error, name, "a file cannot be served");
            Err(Fault::NotFound)
        }
    }
}
