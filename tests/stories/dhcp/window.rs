//! A pool that a person opens: for how long, for whom to see, and over a restart of the appliance.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use appliance::api::view;
use appliance::context::Context;
use appliance::discover::{self, DiscoverError};
use appliance::jobs::stop;
use appliance::{racks, serve};
use inventory::clock::{Clock, NOT_BEFORE, Now};

/// The virtual rack with a pool where its nodes boot.
fn rack() -> String {
    let text = include_str!("../../../docs/examples/virtual-rack.toml");
    let pool = "vlan = 10\ndhcp = \"pool\"\npool = \"10.77.10.100-10.77.10.109\"\n";
    text.replacen("vlan = 10\n", pool, 1)
}

/// A clock that the story moves, on to another boot too.
struct Hands(Mutex<Now>);

impl Clock for Hands {
    fn now(&self) -> Now {
        *self.0.lock().unwrap()
    }
}

impl Hands {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Now {
            wall: NOT_BEFORE,
            mono: Duration::from_secs(1000),
            boot: uuid::Uuid::from_u128(1),
        })))
    }

    fn forward(&self, minutes: u64) {
        self.0.lock().unwrap().mono += Duration::from_secs(60 * minutes);
    }
}

async fn appliance(data: &Path, clock: &Arc<Hands>) -> Arc<Context> {
    serve::open(data, clock.clone()).await.unwrap()
}

fn is_open(context: &Context) -> bool {
    let network = "management".parse().unwrap();
    let pools = &context.world.pools;
    let open = pools.is_open(context.store(), &network, &context.now());
    open.unwrap()
}

fn codes(context: &Context) -> Vec<String> {
    let links = context.store().events(1, 100).unwrap();
    let events = links.iter().map(|link| link.event().unwrap());
    events.map(|event| event.what.code()).collect()
}

#[tokio::test]
async fn a_pool_is_open_for_as_long_as_a_person_said_and_over_a_restart() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Hands::new());
    let context = appliance(folder.path(), &clock).await;
    racks::apply(&context, &rack(), None, "root").await.unwrap();
    assert!(!is_open(&context));
    let network = discover::open(&context, None, 30, "root").await.unwrap();
    assert_eq!(network.as_str(), "management");
    assert!(is_open(&context));
    clock.forward(20);
    drop(context);
    let context = appliance(folder.path(), &clock).await;
    assert!(is_open(&context));
    let shown = view::status(&context).await.unwrap().pools;
    assert_eq!((shown.len(), shown[0].left_s), (1, 600));
    assert_eq!(shown[0].author, "root");
    clock.forward(10);
    assert!(!is_open(&context));
    assert_eq!(view::status(&context).await.unwrap().pools, []);
}

#[tokio::test]
async fn stop_closes_every_pool() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Hands::new());
    let context = appliance(folder.path(), &clock).await;
    racks::apply(&context, &rack(), None, "root").await.unwrap();
    discover::open(&context, None, 30, "root").await.unwrap();
    let stopped = stop::stop(&context, "root").await.unwrap();
    assert_eq!(stopped.pools, ["management".parse().unwrap()]);
    assert!(!is_open(&context));
    let told = codes(&context);
    for code in ["boot.pool-opened", "boot.pool-closed"] {
        assert!(told.contains(&code.to_owned()), "{code} in {told:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Hands::new());
    let context = appliance(folder.path(), &clock).await;
    let none = discover::open(&context, None, 30, "root").await;
    assert!(matches!(none, Err(DiscoverError::NoPool)));
    racks::apply(&context, &rack(), None, "root").await.unwrap();
    for minutes in [0, discover::MINUTES_MAX + 1] {
        let wrong = discover::open(&context, None, minutes, "root").await;
        assert!(matches!(wrong, Err(DiscoverError::Minutes(_))), "{minutes}");
    }
    let other = Some("service".parse().unwrap());
    let wrong = discover::open(&context, other, 30, "root").await;
    assert!(matches!(wrong, Err(DiscoverError::NotAPool(..))));
    assert!(!is_open(&context));
}
