//! DHCP servers of others on one interface: asked for before our first answer leaves and now and then, and heard whenever
//! they answer somebody. One that the rack file does not name is an event and a record.
//!
//! Nodes wait for none of it, and are answered whoever else is here: no other server can give their reservations away, a node
//! that waits for a person to find a router under a desk is one more fault, and whoever wants to stop an install had only
//! to send one packet. But nothing of a pool is offered beside a foreign server: two servers that know nothing of each
//! other give one address to two machines.
//!
//! What was seen is stored; after a power cut it is looked for again.

mod noted;
mod sight;

use std::future::Future;
use std::net::Ipv4Addr;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use inventory::event::{Actor, Event, Subject};
use inventory::message::{Boot, Message};
use inventory::net::Mac;
use inventory::node::ForeignServer;
use inventory::rack::{Interface, Rack};
use inventory::store::{self, Change, Expect, StoreError};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::World;
use crate::wire::{Datagram, Wire};
use noted::{Note, Noted};
pub use sight::{Nobody, Sight};

/// How long the first offer of a pool waits for the answers of others. A server answers within milliseconds, one that
/// first looks whether the address is in use (ISC's) after a second; dnsmasq looks for three: its answer is heard later.
/// It counts from the opening of the socket, so only a stranger that asks within the first two seconds of the service waits,
/// and its firmware asks again after four. It is not shortened for that one: a rack and its appliance switched on by the
/// same lever meet a foreign server that starts as well, and a person who opens a pool talks to a service that runs.
const FIRST_LOOK: Duration = Duration::from_secs(2);

/// How often we ask again, after the two times of the first look (one frame may be lost). Whatever boots makes a foreign
/// server answer and show itself; this finds it on a quiet day, before the next boot, and costs it one broadcast.
const ASK_EVERY: Duration = Duration::from_secs(900);

/// Pause after a failed read, so that an interface that went down does not keep a core busy.
const READ_AGAIN: Duration = Duration::from_millis(200);

/// Longest frame that is looked at: one of 9216 bytes, the most that common switches carry, with its header.
const FRAME_MAX: usize = 9216 + 14;

/// Looks for the servers of others on one interface.
#[derive(Debug)]
pub struct Foreign {
    interface: Interface,
    wire: Wire,
    nobody: Nobody,
    /// How often we asked; the next transaction id.
    asked: AtomicU32,
    noted: Mutex<Noted<Sight>>,
    /// Those that clients named and that were not heard.
    meant: Mutex<Noted<Ipv4Addr>>,
    /// True once the first offer of a pool need not wait any longer.
    looked: watch::Sender<bool>,
}

impl Foreign {
    /// On `interface`, through `wire`, which hears DHCP replies. `chance` makes who asks.
    pub fn new(interface: Interface, wire: Wire, chance: u64) -> Self {
        Self {
            interface,
            wire,
            nobody: Nobody::by_chance(chance),
            asked: AtomicU32::new(1),
            noted: Mutex::default(),
            meant: Mutex::default(),
            looked: watch::Sender::new(false),
        }
    }

    /// Resolves once [`Foreign::run`] has looked long enough for the first offer of a pool, or has found a server.
    pub async fn looked(&self) {
        let mut looked = self.looked.subscribe();
        // An error would mean that the sender is gone, which is ours.
        let _ = looked.wait_for(|looked| *looked).await;
    }

    /// Whether a server that `rack` does not name stands here now.
    pub fn is_here(&self, rack: &Rack, now: Duration) -> bool {
        let is_foreign = |server| is_foreign(server, &self.interface, rack);
        let is_heard = lock(&self.noted).here(now).any(|it| is_foreign(it.server));
        is_heard || lock(&self.meant).here(now).any(is_foreign)
    }

    /// A client of this link, `by`, took an offer of `server`: it had one, since it names a server only then (RFC 2131
    /// table 5). So that server is here, though its answers went past us, as a switch sends them. It is asked to show itself.
    pub fn mean(&self, world: &World, server: Ipv4Addr, by: Mac) {
        let (rack, now) = (world.rack(), world.now());
        let is_heard = |it: Sight| it.server == server;
        if !is_foreign(server, &self.interface, &rack)
            || lock(&self.noted).here(now.mono).any(is_heard)
        {
            return;
        }
        self.looked.send_replace(true);
        if lock(&self.meant).hear(server, now.mono) != Note::Tell {
            return;
        }
        let interface = self.interface.name.to_string();
        tracing::warn!(%server, %by, %interface, "FOREIGN DHCP SERVER, named by a client: find it, or name it in the rack file");
        self.ask();
        let mut change = Change::default();
        change.tell(Event {
            at: now.wall,
            actor: Actor::Appliance,
            subject: Subject::Stranger(by),
            job: None,
            what: Message::Boot(Boot::ForeignServerMeant {
                server,
                by,
                interface,
            }),
        });
        // Nobody waits for it: the next client says it again.
        drop(world.store.submit(change));
    }

    /// Listens, and asks again, until `stop`.
    pub async fn run(&self, world: &Arc<World>, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let begun = Instant::now();
        let (mut first, mut ask_at) = (Some(begun + FIRST_LOOK), begun + FIRST_LOOK / 2);
        let mut buffer = vec![0; FRAME_MAX];
        loop {
            tokio::select! {
                () = &mut stop => return,
                () = sleep_until(ask_at) => {
                    self.ask();
                    ask_at = Instant::now() + ASK_EVERY;
                }
                () = sleep_until(first.unwrap_or(begun)), if first.is_some() => {
                    first = None;
                    self.looked.send_replace(true);
                }
                received = self.wire.receive(&mut buffer) => match received {
                    Ok(length) => self.hear(world, &buffer[..length]),
                    Err(error) => {
                        tracing::warn!(interface = %self.interface.name, %error, "DHCP servers are not heard");
                        tokio::time::sleep(READ_AGAIN).await;
                    }
                },
            }
        }
    }

    /// Asks all servers of the link to show themselves.
    pub(super) fn ask(&self) {
        let xid = self.asked.fetch_add(1, Ordering::Relaxed);
        let frame = self.nobody.discover(self.wire.mac(), xid);
        if let Err(error) = self.wire.send(&frame) {
            tracing::warn!(interface = %self.interface.name, %error, "cannot look for other DHCP servers");
        }
    }

    fn hear(&self, world: &Arc<World>, frame: &[u8]) {
        let datagram = Datagram::read(frame).ok();
        let Some(sight) = datagram.and_then(|datagram| Sight::of(&datagram)) else {
            return;
        };
        let is_ours = sight.mac == self.wire.mac();
        if is_ours || !is_foreign(sight.server, &self.interface, &world.rack()) {
            return;
        }
        self.looked.send_replace(true);
        let note = lock(&self.noted).hear(sight, world.now().mono);
        if note == Note::Skip {
            return;
        }
        match self.change(world, sight, note) {
            // Nobody waits for it: a note that is lost is made again in a minute.
            Ok(change) => drop(world.store.submit(change)),
            Err(error) => tracing::error!(%error, "foreign DHCP server not noted"),
        }
    }

    fn change(&self, world: &World, sight: Sight, note: Note) -> Result<Change, StoreError> {
        let (now, interface) = (world.now().wall, self.interface.name.to_string());
        let Sight { server, mac } = sight;
        let before = store::read::<ForeignServer>(&*world.store, &mac)?;
        let record = ForeignServer {
            mac,
            server,
            interface: interface.clone(),
            first_seen: before.map_or(now, |before| before.value.first_seen),
            last_seen: now,
        };
        let mut change = Change::default();
        change.put(Expect::Any, &record)?;
        if note == Note::Tell {
            tracing::warn!(%server, %mac, %interface, "FOREIGN DHCP SERVER: find it, or name it in the rack file");
            change.tell(Event {
                at: now,
                actor: Actor::Appliance,
                subject: Subject::Stranger(mac),
                job: None,
                what: Message::Boot(Boot::ForeignServer {
                    server,
                    mac,
                    interface,
                }),
            });
        }
        Ok(change)
    }
}

fn lock<T>(noted: &Mutex<T>) -> MutexGuard<'_, T> {
    noted.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Neither this appliance nor named in the rack file as the network's own.
fn is_foreign(server: Ipv4Addr, interface: &Interface, rack: &Rack) -> bool {
    let mut ours = rack.appliance.interfaces.iter().map(|it| it.address);
    let network = rack.networks.get(&interface.network);
    let named = network.is_some_and(|network| network.dhcp_servers.contains(&server));
    server != interface.address && !named && ours.all(|address| address != server)
}

#[cfg(test)]
mod tests;
