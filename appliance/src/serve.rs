//! The appliance running: opens the store, takes up jobs, and serves the API and, once a rack is there, the boot services.
//!
//! After a power cut it begins here again: deadlines are counted anew, jobs go on, arms stand as stored.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use inventory::arm::Arm;
use inventory::clock::{Clock, Now};
use inventory::dhcp::Window;
use inventory::event::{Actor, Event, Subject};
use inventory::id::Epoch;
use inventory::job::Job;
use inventory::message::{self, Message};
use inventory::rack::Rack;
use inventory::store::{
    Change, DiskStore, Expect, Record, Store, StoreError, Table, read, read_all,
};
use inventory::word::BadWord;
use pxe::World;
use ring::rand::SystemRandom;
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::info;
use tracing_subscriber::EnvFilter;

use crate::api;
use crate::bell::Bell;
use crate::clock::{NoBootId, SystemClock};
use crate::consoles::Consoles;
use crate::context::Context;
use crate::jobs::runner;
use crate::media::{self, Media, MediaError};
use crate::metrics;
use crate::racks;
use crate::secrets::{SecretError, SecretKey};
use crate::services::{self, ServiceError};
use crate::ssh::{Identity, KeyError};
use crate::vault::Vault;

/// Why the appliance does not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key of the secrets.
    #[error(transparent)]
    Secrets(#[from] SecretError),
    /// Our SSH key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The installation media.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The clock.
    #[error(transparent)]
    Clock(#[from] NoBootId),
    /// The API's socket.
    #[error(transparent)]
    Api(#[from] api::ServerError),
    /// DHCP, TFTP or HTTP.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A defect.
    #[error("{0}; report this as a defect")]
    EmptyRack(#[from] BadWord),
    /// The operating system.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What went wrong.
        source: std::io::Error,
    },
}

/// The epoch as stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredEpoch(Epoch);

impl Record for StoredEpoch {
    const TABLE: Table = Table::Meta;
    type Key = &'static str;
    fn key(&self) -> &'static str {
        "epoch"
    }
}

/// Runs the appliance on `data` until SIGTERM or SIGINT.
pub async fn run(data: &Path) -> Result<(), ServeError> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    let (stop, stopped) = watch::channel(false);
    let context = open(data, Arc::new(SystemClock::new()?)).await?;
    info!(data = %data.display(), epoch = context.world.epoch.0, "appliance started");
    let serving = serve(context, data.join(api::SOCKET), stopped);
    tokio::pin!(serving);
    tokio::select! {
        result = &mut serving => return result,
        result = asked_to_stop() => result?,
    }
    info!("stopping");
    // Nobody left to hear it is fine too.
    stop.send_replace(true);
    serving.await
}

/// Opens the data folder: everything but the sockets.
pub async fn open(data: &Path, clock: Arc<dyn Clock>) -> Result<Arc<Context>, ServeError> {
    let random = SystemRandom::new();
    let store = DiskStore::open(data, &random)?;
    let bell = Arc::new(Bell::default());
    let ringing = bell.clone();
    store.watch(Box::new(move |committed| ringing.ring(committed)));
    let store: Arc<dyn Store> = Arc::new(store);
    let now = clock.now();
    let epoch = epoch(&*store).await?;
    carry_over(&*store, &now).await?;
    let rack = match racks::current(&*store)? {
        Some(revision) => revision.rack,
        None => Rack::empty()?,
    };
    let started = message::Store::Started {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        epoch,
    };
    let mut change = Change::default();
    change.tell(Event {
        at: now.wall,
        actor: Actor::Appliance,
        subject: Subject::Rack,
        job: None,
        what: Message::Store(started),
    });
    store.submit(change).await?;
    let context = Arc::new(Context {
        data: data.to_owned(),
        vault: Vault(SecretKey::of_folder(data)?),
        ssh: Identity::load_or_make(&data.join("ssh_key"), &random)?,
        world: Arc::new(World::new(store, clock, epoch, rack)),
        bell,
        consoles: Consoles::default(),
        media: Media::of(data)?,
        rack_changed: tokio::sync::Notify::new(),
        random,
    });
    media::library::load(&context)?;
    Ok(context)
}

async fn epoch(store: &dyn Store) -> Result<Epoch, StoreError> {
    if let Some(found) = read::<StoredEpoch>(store, &"epoch")? {
        return Ok(found.value.0);
    }
    let first = StoredEpoch(Epoch(1));
    let mut change = Change::default();
    change.put(Expect::Absent, &first)?;
    store.submit(change).await?;
    Ok(first.0)
}

/// Deadlines set in an earlier boot of the machine count their whole time anew.
async fn carry_over(store: &dyn Store, now: &Now) -> Result<(), StoreError> {
    let mut change = Change::default();
    for found in read_all::<Arm>(store)? {
        let deadline = found.value.deadline.carried_over(now);
        if deadline != found.value.deadline {
            let state = found.value.state.carried_over(now);
            let arm = Arm {
                deadline,
                state,
                ..found.value
            };
            change.put(Expect::Version(found.version), &arm)?;
        }
    }
    for found in read_all::<Window>(store)? {
        let deadline = found.value.deadline.carried_over(now);
        if deadline != found.value.deadline {
            let window = Window {
                deadline,
                ..found.value
            };
            change.put(Expect::Version(found.version), &window)?;
        }
    }
    for found in read_all::<Job>(store)? {
        let deadline = found.value.deadline.carried_over(now);
        if deadline != found.value.deadline {
            // A pause that was being waited out is over: whoever was silent may be back too.
            let job = Job {
                deadline,
                wait: None,
                ..found.value
            };
            change.put(Expect::Version(found.version), &job)?;
        }
    }
    if change.puts.is_empty() {
        return Ok(());
    }
    store.submit(change).await.map(drop)
}

/// All parts until one of them fails or `stopped` turns true; then all of them end.
pub async fn serve(
    context: Arc<Context>,
    socket: PathBuf,
    stopped: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let runner = async {
        runner::run(context.clone(), until(stopped.clone())).await;
        Ok(())
    };
    let api = async {
        Ok::<_, ServeError>(api::run(context.clone(), &socket, until(stopped.clone())).await?)
    };
    let services = async { Ok(services::run(context.clone(), stopped.clone()).await?) };
    let metrics = async {
        metrics::run(context.clone(), stopped.clone()).await;
        Ok(())
    };
    let media = async {
        media::desk::run(&context, until(stopped.clone())).await;
        Ok(())
    };
    tokio::try_join!(runner, api, services, metrics, media).map(drop)
}

/// Resolves once `stopped` is true (or nobody is left to say so).
pub async fn until(mut stopped: watch::Receiver<bool>) {
    let _said_or_gone = stopped.wait_for(|stopped| *stopped).await;
}

async fn asked_to_stop() -> Result<(), ServeError> {
    let io = |source| ServeError::Io {
        what: "listening for signals".to_owned(),
        source,
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(io)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(io)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
