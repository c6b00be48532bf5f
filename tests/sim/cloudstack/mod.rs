//! A CloudStack management server as its API clients, the hosts it adds and their agents see it.
//!
//! It verifies signatures the Java way, answers in CloudStack's shapes and codes, and `addHost` really logs in to the host
//! by SSH, runs what the management server runs there, and waits for the agent on TCP 8250. Its guests are names on a host; it has no
//! storage and no networks. Told to, it is late, lost, or wrong ([`faults`]). With a state file, hosts survive a restart as
//! Disconnected until their agents return.
//!
//! Agents are the stand-in's, not CloudStack's own (framed JSON over TLS). They send lines and get no answer:
//! `hinode-standin-agent startup guid=GUID host=NAME` once a connection, then `hinode-standin-agent ping guid=GUID host=NAME`.

mod add_host;
mod admin;
mod agents;
mod answer;
mod authority;
mod clock;
mod commands;
pub mod faults;
mod form;
pub mod guests;
pub mod hosts;
mod lists;
mod server;
mod sign;
mod ssh;
pub mod world;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use authority::Authority;
use faults::Faults;
use guests::Guests;
use hosts::Hosts;
pub use sign::Keys;
use world::World;

/// How a simulator is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the API listens; port 0 takes a free one.
    pub api: SocketAddr,
    /// Where agents connect to.
    pub agents: SocketAddr,
    /// Where faults are set over HTTP, if anywhere.
    pub admin: Option<SocketAddr>,
    /// The key pair of the one account.
    pub keys: Keys,
    /// Its zone, pod and cluster, and what it tells hosts.
    pub world: World,
    /// SSH port of hosts. The real one knows only 22.
    pub ssh_port: u16,
    /// How long it waits.
    pub timing: Timing,
    /// Where hosts are kept over a restart.
    pub state: Option<PathBuf>,
}

/// How long it waits.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// For an agent, after the set-up of its host.
    pub agent: Duration,
    /// For an agent's next line, before the host is in Alert.
    pub ping: Duration,
    /// Between an agent's hello and Up: what the real one does with a new host in that time is not simulated.
    pub ready: Duration,
}

impl Timing {
    /// As the management server, but for pings: the stand-in agent sends one every 5 s instead of every 60 s.
    pub const FIELD: Self = Self {
        agent: Duration::from_secs(300),
        ping: Duration::from_secs(15),
        ready: Duration::from_secs(2),
    };
}

/// One request, as remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The command.
    pub command: String,
    /// HTTP method.
    pub method: String,
    /// The part of the URL that ends in access logs.
    pub query: String,
}

/// What all parts of a simulator share.
pub struct Shared {
    /// The set-up.
    pub config: Config,
    /// The hosts it knows.
    pub hosts: Hosts,
    /// Guests that run on its hosts.
    pub guests: Guests,
    /// What goes wrong.
    pub faults: Faults,
    authority: Authority,
    seen: Mutex<Vec<Seen>>,
    adding: Mutex<JoinSet<()>>,
}

impl Shared {
    /// The requests so far, oldest first, refused ones included.
    pub fn seen(&self) -> Vec<Seen> {
        locked(&self.seen).clone()
    }
}

/// A running simulator.
pub struct Simulator {
    /// Its inside.
    pub shared: Arc<Shared>,
    /// Where its API listens.
    pub api: SocketAddr,
    /// Where it expects agents.
    pub agents: SocketAddr,
    /// Where faults are set.
    pub admin: Option<SocketAddr>,
    tasks: JoinSet<()>,
}

impl Simulator {
    /// Listens and serves, until [`Simulator::stop`].
    pub async fn start(config: Config) -> io::Result<Self> {
        let api = TcpListener::bind(config.api).await?;
        let agents = TcpListener::bind(config.agents).await?;
        let admin = match config.admin {
            Some(address) => Some(TcpListener::bind(address).await?),
            None => None,
        };
        let shared = Arc::new(Shared {
            hosts: Hosts::load(config.state.clone())?,
            guests: Guests::default(),
            faults: Faults::default(),
            authority: Authority::new().map_err(io::Error::other)?,
            seen: Mutex::default(),
            adding: Mutex::default(),
            config,
        });
        let mut simulator = Self {
            api: api.local_addr()?,
            agents: agents.local_addr()?,
            admin: admin.as_ref().map(TcpListener::local_addr).transpose()?,
            tasks: JoinSet::new(),
            shared: shared.clone(),
        };
        simulator.tasks.spawn(server::serve(api, shared.clone()));
        if let Some(admin) = admin {
            simulator.tasks.spawn(admin::serve(admin, shared.clone()));
        }
        simulator.tasks.spawn(agents::serve(agents, shared));
        Ok(simulator)
    }

    /// The API's URL.
    pub fn endpoint(&self) -> String {
        format!("http://{}/client/api", self.api)
    }

    /// Ends everything, connections included.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
        let mut adding = std::mem::take(&mut *locked(&self.shared.adding));
        adding.shutdown().await;
    }
}

/// A poisoned lock is as good: nobody here leaves half a change behind.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
