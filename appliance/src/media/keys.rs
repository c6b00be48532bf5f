//! Keys that may vouch for media. Each is given once, with its fingerprint if it is none of the makers we know, and kept.

use inventory::event::{Actor, Event, Subject};
use inventory::message::{self, Message};
use inventory::store::{Change, Expect, Record, Store, Table, read_all};
use jiff::Timestamp;
use media::signature::{Fingerprint, Key};
use serde::{Deserialize, Serialize};

use super::MediaError;
use crate::context::Context;

/// A key as kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ReleaseKey {
    fingerprint: String,
    /// The key file, as given.
    file: Vec<u8>,
    given_at: Timestamp,
    author: String,
}

impl Record for ReleaseKey {
    const TABLE: Table = Table::ReleaseKeys;
    type Key = String;
    fn key(&self) -> String {
        self.fingerprint.clone()
    }
}

/// Every key kept.
pub fn all(store: &dyn Store) -> Result<Vec<Key>, MediaError> {
    let kept = read_all::<ReleaseKey>(store)?.into_iter();
    let keys = kept.map(|found| Key::parse(&found.value.file));
    Ok(keys.collect::<Result<_, _>>()?)
}

/// Keeps the key in `file`, if it is one of a maker we know or the one that a person said; its fingerprint.
pub async fn keep(
    context: &Context,
    file: Vec<u8>,
    said: Option<Fingerprint>,
    author: &str,
) -> Result<Fingerprint, MediaError> {
    let found = Key::parse(&file)?.fingerprint();
    match said {
        Some(said) if said != found => return Err(MediaError::OtherKey { found, said }),
        None if found.maker().is_none() => return Err(MediaError::StrangeKey { found }),
        Some(_) | None => {}
    }
    let at = context.now().wall;
    let key = ReleaseKey {
        fingerprint: found.to_string(),
        file,
        given_at: at,
        author: author.to_owned(),
    };
    let mut change = Change::default();
    change.put(Expect::Any, &key)?;
    change.tell(Event {
        at,
        actor: Actor::Person(author.to_owned()),
        subject: Subject::Rack,
        job: None,
        what: Message::Store(message::Store::ReleaseKeyKept {
            fingerprint: found.to_string(),
        }),
    });
    context.store().submit(change).await?;
    Ok(found)
}
