//! Keeps leases: durable before the ACK leaves, told as an event only when something about them changed.

use std::net::IpAddr;
use std::time::Duration;

use inventory::event::{Actor, Event, Subject};
use inventory::lease::Lease;
use inventory::message::{Boot, Message};
use inventory::net::Mac;
use inventory::store::{self, Change, Expect, Record, StoreError, Stored};

use crate::World;

/// A lease that says the same is written anew at most this often: retransmits cost nothing.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// How often to try again when another task wrote the same lease first: its client sent twice.
const ROUNDS: usize = 3;

/// Makes `lease` durable.
pub(crate) async fn keep<A>(world: &World, lease: &Lease<A>) -> Result<(), StoreError>
where
    A: Clone + PartialEq + Into<IpAddr>,
    Lease<A>: Record<Key = Mac>,
{
    let mut last = None;
    for _ in 0..ROUNDS {
        let found = store::read::<Lease<A>>(&*world.store, &lease.mac)?;
        if found
            .as_ref()
            .is_some_and(|found| is_fresh(&found.value, lease))
        {
            return Ok(());
        }
        match write(world, found.as_ref(), lease).await {
            Err(conflict @ StoreError::Conflict { .. }) => last = Some(conflict),
            // The address stands on the platter already: a full disk must not keep a node from its own disk.
            Err(error) if found.is_some_and(|found| found.value.address == lease.address) => {
                tracing::error!(%error, "lease not written; the stored one says the same address");
                return Ok(());
            }
            other => return other,
        }
    }
    Err(last.unwrap_or(StoreError::Closed))
}

async fn write<A>(
    world: &World,
    found: Option<&Stored<Lease<A>>>,
    lease: &Lease<A>,
) -> Result<(), StoreError>
where
    A: Clone + PartialEq + Into<IpAddr>,
    Lease<A>: Record<Key = Mac>,
{
    let expect = found.map_or(Expect::Absent, |found| Expect::Version(found.version));
    let mut change = Change::default();
    change.put(expect, lease)?;
    if !found.is_some_and(|found| is_same(&found.value, lease)) {
        change.tell(event(lease));
    }
    world.store.submit(change).await?;
    Ok(())
}

fn is_same<A: Clone + PartialEq>(stored: &Lease<A>, lease: &Lease<A>) -> bool {
    let given_at = lease.given_at;
    Lease {
        given_at,
        ..stored.clone()
    } == *lease
}

fn is_fresh<A: Clone + PartialEq>(stored: &Lease<A>, lease: &Lease<A>) -> bool {
    let age = lease.given_at.duration_since(stored.given_at);
    // A negative age is a clock that was set back.
    is_same(stored, lease) && Duration::try_from(age).is_ok_and(|age| age < WRITE_EVERY)
}

fn event<A: Clone + Into<IpAddr>>(lease: &Lease<A>) -> Event {
    Event {
        at: lease.given_at,
        actor: Actor::Node(lease.node.clone()),
        subject: Subject::Node(lease.node.clone()),
        job: None,
        what: Message::Boot(Boot::LeaseGiven {
            mac: lease.mac,
            address: lease.address.clone().into(),
            client: lease.client,
        }),
    }
}
