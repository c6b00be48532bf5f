//! TFTP for booting firmware, read-only (RFC 1350 with the options of RFC 2347 to 2349 and 7440): loaders, GRUB's own
//! configuration for each node, and what GRUB cannot fetch by HTTP.
//!
//! Each transfer is a task of its own with a port of its own, so that a slow one delays nobody. Nothing is kept; after a power
//! cut the firmware asks again.

pub(crate) mod names;
pub mod options;
pub mod packet;
mod session;
mod source;
pub mod transfer;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::task::{AbortHandle, JoinSet};
use tracing::{debug, error, info, warn};

use crate::World;
use crate::peer::Ends;
use crate::script::{self, Loader};
use crate::tree::{self, Lack};
use names::Wanted;
use packet::{Fault, Mode, Opening, Request};
use session::Session;
use source::Source;

/// The longest request read; RFC 2347 §2 allows 512 bytes.
const REQUEST_MAX: usize = 1024;
/// How much of a name is logged.
const SHOWN_MAX: usize = 200;
/// Transfers in all; a request over it is not answered, and the firmware asks again.
const TRANSFERS_MAX: usize = 256;
/// Transfers of one address. A machine loads one file at a time; a few more may be left over from before its reset.
const TRANSFERS_PER_CLIENT: usize = 8;

/// Serves until `stop`, then ends every transfer. The socket is bound to the interface's own address: it tells on which network
/// a client is, and answers come from it.
pub async fn run(
    world: Arc<World>,
    socket: UdpSocket,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut server = Server {
        local: socket.local_addr()?.ip(),
        world,
        tasks: JoinSet::new(),
        transfers: HashMap::new(),
    };
    let mut stop = pin!(stop);
    let mut packet = [0; REQUEST_MAX];
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = server.tasks.join_next() => {}
            received = socket.recv_from(&mut packet) => match received {
                Ok((size, client)) => server.take(&socket, &packet[..size], client).await,
                Err(error) => warn!(%error, "a TFTP request could not be received"),
            },
        }
    }
    server.tasks.shutdown().await;
    Ok(())
}

struct Server {
    local: IpAddr,
    world: Arc<World>,
    tasks: JoinSet<()>,
    transfers: HashMap<SocketAddr, Vec<Running>>,
}

/// A transfer under way and the request it came from.
struct Running {
    request: Vec<u8>,
    task: AbortHandle,
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
        self.transfers.retain(|_, running| {
            running.retain(|transfer| !transfer.task.is_finished());
            !running.is_empty()
        });
        let before = self.transfers.entry(client).or_default();
        before.retain(|transfer| {
            let is_same = transfer.request == packet;
            if !is_same {
                transfer.task.abort();
            }
            is_same
        });
        if !self.has_room(client.ip()) {
            return warn!(%client, "too many TFTP transfers: a request is not answered");
        }
        let ends = Ends {
            local: self.local,
            remote: client.ip().to_canonical(),
        };
        let task = self
            .tasks
            .spawn(serve(self.world.clone(), (ends, client), request));
        self.transfers.entry(client).or_default().push(Running {
            request: packet.to_vec(),
            task,
        });
    }

    fn has_room(&self, client: IpAddr) -> bool {
        let of_client = self
            .transfers
            .iter()
            .filter(|(from, _)| from.ip() == client);
        let of_client: usize = of_client.map(|(_, running)| running.len()).sum();
        let all: usize = self.transfers.values().map(Vec::len).sum();
        of_client < TRANSFERS_PER_CLIENT && all < TRANSFERS_MAX
    }
}

async fn serve(world: Arc<World>, (ends, client): (Ends, SocketAddr), request: Request) {
    // A stranger's words, which end on a person's terminal.
    let name: String = request.name.escape_debug().take(SHOWN_MAX).collect();
    let what = match transfer(world.clone(), (ends, client), request).await {
        Ok(end) => {
            info!(%client, name, ?end, "TFTP transfer");
            format!("TFTP {name} {end}")
        }
        Err(error) => {
            warn!(%client, name, %error, "TFTP transfer failed");
            format!("TFTP {name} failed: {error}")
        }
    };
    world.note(ends.remote, &what);
}

async fn transfer(
    world: Arc<World>,
    (ends, client): (Ends, SocketAddr),
    request: Request,
) -> io::Result<session::End> {
    let found = source(&world, ends, &request.name).await;
    let socket = session::socket(ends.local, client).await?;
    let source = match found {
        Ok(source) => source,
        Err(fault) => {
            socket.send(&packet::error(fault, "no such file")).await?;
            return Ok(session::End::NotFound);
        }
    };
    let session = Session {
        terms: options::terms(&request.options, source.len()),
        counted: world.counted(ends.remote),
        socket,
        source,
    };
    session.run().await
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
        Wanted::Tree(os, path) => tree::of_os(rack.oses.get(&os).ok_or(Fault::NotFound)?, path),
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
