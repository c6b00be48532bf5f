//! `hinode discover`: a person opens the pool of a network to strangers for a while. The DHCP service reads the window as
//! it is stored; nothing has to close it but the time.

use std::time::Duration;

use inventory::clock::Deadline;
use inventory::dhcp::{Mode, Window};
use inventory::event::{Actor, Event, Subject};
use inventory::id::NetworkName;
use inventory::message::{Boot, Message};
use inventory::store::{Change, Expect, StoreError, read_all};

use crate::context::Context;

/// Longest time a pool may be open, minutes: a working day. Who needs strangers for longer writes them into the rack file.
pub const MINUTES_MAX: u32 = 720;

/// Why a pool was not opened.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// No network can be meant.
    #[error(
        "no network of the rack file has a pool to open: write dhcp = \"pool\" and pool = \"FIRST-LAST\", then apply it"
    )]
    NoPool,
    /// The named one has none.
    #[error("network {0} has no pool to open; those that have: {1}")]
    NotAPool(NetworkName, String),
    /// It must be said which.
    #[error("several networks have a pool; name one of: {0}")]
    Which(String),
    /// Not a time that can be meant.
    #[error("{0} min is no time for a pool to be open: 1 to {MINUTES_MAX}")]
    Minutes(u32),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens the pool of `network`, or of the only network that has one, for so many minutes from now; the network.
///
/// # Errors
/// See [`DiscoverError`]. Nothing was opened then.
pub async fn open(
    context: &Context,
    network: Option<NetworkName>,
    minutes: u32,
    author: &str,
) -> Result<NetworkName, DiscoverError> {
    if !(1..=MINUTES_MAX).contains(&minutes) {
        return Err(DiscoverError::Minutes(minutes));
    }
    let network = choose(context, network)?;
    let window = Window {
        network: network.clone(),
        deadline: Deadline::after(&context.now(), Duration::from_secs(u64::from(minutes) * 60)),
        author: author.to_owned(),
    };
    let mut change = Change::default();
    change.put(Expect::Any, &window)?;
    let opened = Boot::PoolOpened {
        network: network.clone(),
        minutes,
    };
    change.tell(event(context, opened, author));
    context.store().submit(change).await?;
    Ok(network)
}

fn choose(context: &Context, wish: Option<NetworkName>) -> Result<NetworkName, DiscoverError> {
    let rack = context.world.rack();
    let networks = rack.networks.iter();
    let pools: Vec<_> = networks
        .filter(|(_, network)| network.dhcp.mode == Mode::Pool)
        .map(|(name, _)| name)
        .collect();
    let listed = || {
        let names = pools.iter().map(ToString::to_string);
        names.collect::<Vec<_>>().join(", ")
    };
    match (wish, pools.as_slice()) {
        (_, []) => Err(DiscoverError::NoPool),
        (Some(wish), pools) if pools.contains(&&wish) => Ok(wish),
        (Some(wish), _) => Err(DiscoverError::NotAPool(wish, listed())),
        (None, [only]) => Ok((*only).clone()),
        (None, _) => Err(DiscoverError::Which(listed())),
    }
}

/// Adds to `change` that every pool that is open is closed; the networks.
pub(crate) fn close_all(
    context: &Context,
    author: &str,
    change: &mut Change,
) -> Result<Vec<NetworkName>, StoreError> {
    let mut closed = Vec::new();
    for found in read_all::<Window>(context.store())? {
        let network = found.value.network;
        change.remove::<Window>(Expect::Version(found.version), &network);
        if !found.value.deadline.has_passed(&context.now()) {
            closed.push(network.clone());
            change.tell(event(context, Boot::PoolClosed { network }, author));
        }
    }
    Ok(closed)
}

fn event(context: &Context, what: Boot, author: &str) -> Event {
    Event {
        at: context.now().wall,
        actor: Actor::Person(author.to_owned()),
        subject: Subject::Rack,
        job: None,
        what: Message::Boot(what),
    }
}
