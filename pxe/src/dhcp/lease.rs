//! What is stored of leases: durable before the ACK leaves, told as an event only when something about them changed.

use std::net::IpAddr;
use std::time::Duration;

use inventory::clock::{Deadline, Now};
use inventory::event::{Actor, Event, Subject};
use inventory::lease::{Holder, Lease, PoolLease};
use inventory::message::{Boot, Message};
use inventory::net::Mac;
use inventory::store::{self, Change, Expect, Record, StoreError};

use super::pool;
use crate::World;

/// A lease that says the same is written anew at most this often: retransmits cost nothing.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// Makes `lease` durable.
pub(crate) async fn keep<A>(world: &World, lease: &Lease<A>) -> Result<(), StoreError>
where
    A: Clone + PartialEq + Into<IpAddr>,
    Lease<A>: Record<Key = Mac>,
{
    let Need::Write { change, is_stored } = need(world, lease, lease.mac)? else {
        return Ok(());
    };
    match world.store.submit(change).await {
        Err(error) if is_stored => {
            tracing::error!(%error, "lease not written; the stored one says the same address");
            Ok(())
        }
        other => other.map(drop),
    }
}

/// What there is to store before a node is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing: the platter said the same a moment ago.
    Nothing,
    /// This. `is_stored` if the platter has the address already: a full disk must not keep a node from its own disk.
    Write { change: Change, is_stored: bool },
}

/// What there is to store for `lease`, asked for by `asker`: the node's own MAC or another of its bond.
pub(super) fn need<A>(world: &World, lease: &Lease<A>, asker: Mac) -> Result<Need, StoreError>
where
    A: Clone + PartialEq + Into<IpAddr>,
    Lease<A>: Record<Key = Mac>,
{
    let found = store::read::<Lease<A>>(&*world.store, &lease.mac)?.map(|found| found.value);
    if found.as_ref().is_some_and(|found| is_fresh(found, lease)) {
        return Ok(Need::Nothing);
    }
    // The DHCP service is the only writer, and of two of its interfaces the later one is right.
    let mut change = Change::default();
    change.put(Expect::Any, lease)?;
    if !found.as_ref().is_some_and(|found| is_same(found, lease)) {
        change.tell(event(lease, asker));
    }
    let is_stored = found.is_some_and(|found| found.address == lease.address);
    Ok(Need::Write { change, is_stored })
}

/// What is stored of an address of a pool: whose it is now.
pub(super) fn of_pool(
    lease: (std::net::Ipv4Addr, Holder),
    now: &Now,
) -> Result<Change, StoreError> {
    let (address, holder) = lease;
    let span = match holder {
        Holder::Client(_) => pool::KEPT,
        Holder::Somebody => pool::QUARANTINE,
    };
    let lease = PoolLease {
        address,
        holder,
        deadline: Deadline::after(now, span),
    };
    let mut change = Change::default();
    change.put(Expect::Any, &lease)?;
    Ok(change)
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

fn event<A: Clone + Into<IpAddr>>(lease: &Lease<A>, mac: Mac) -> Event {
    Event {
        at: lease.given_at,
        actor: Actor::Node(lease.node.clone()),
        subject: Subject::Node(lease.node.clone()),
        job: None,
        what: Message::Boot(Boot::LeaseGiven {
            mac,
            address: lease.address.clone().into(),
            client: lease.client,
        }),
    }
}
