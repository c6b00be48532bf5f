//! Pinned certificates: forgetting one, when a person says that a device was given a new one.

use inventory::device::Pin;
use inventory::event::{Actor, Event, Subject};
use inventory::message::{Device, Message};
use inventory::store::{Change, Expect, StoreError, read};

use crate::context::Context;

/// Forgets what is pinned for `address`; false if nothing is.
///
/// # Errors
/// The store cannot be read or written.
pub async fn forget(context: &Context, address: &str, author: &str) -> Result<bool, StoreError> {
    let Some(pin) = read::<Pin>(context.store(), &address.to_owned())? else {
        return Ok(false);
    };
    let what = Device::Unpinned {
        address: address.to_owned(),
        fingerprint: pin.value.fingerprint,
    };
    let mut change = Change::default();
    change
        .remove::<Pin>(Expect::Version(pin.version), &address.to_owned())
        .tell(Event {
            at: context.now().wall,
            actor: Actor::Person(author.to_owned()),
            subject: Subject::Device(address.to_owned()),
            job: None,
            what: Message::Device(what),
        });
    context.store().submit(change).await.map(|_| true)
}
