//! Keys that may vouch for media. Each is given once, with its fingerprint if it is none of the makers we know, and kept.

use inventory::event::{Actor, Event, Subject};
use inventory::message::{self, Message};
use inventory::store::{Change, Expect, Record, Store, Table, read_all};
use jiff::Timestamp;
use media::signature::{Fingerprint, Key};
use serde::{Deserialize, Serialize};

use super::MediaError;
use crate::context::Context;

/// What a key may vouch for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Checksum lists of images, and packages: makers of distributions sign both with one key.
    #[default]
    Media,
    /// Packages alone: whoever signs those of CloudStack or EPEL has no say in what is installed from.
    Packages,
}

/// A key as kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ReleaseKey {
    fingerprint: String,
    #[serde(default)]
    purpose: Purpose,
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

/// Those that may vouch for images.
pub fn of_media(store: &dyn Store) -> Result<Vec<Key>, MediaError> {
    let kept = all(store)?.into_iter();
    let of_media = kept.filter(|(_, purpose)| *purpose == Purpose::Media);
    Ok(of_media.map(|(key, _)| key).collect())
}

/// Every key kept, and what it may vouch for.
pub fn all(store: &dyn Store) -> Result<Vec<(Key, Purpose)>, MediaError> {
    let kept = read_all::<ReleaseKey>(store)?.into_iter();
    let keys = kept.map(|found| Ok((Key::parse(&found.value.file)?, found.value.purpose)));
    keys.collect()
}

/// A key that a person gives.
#[derive(Debug)]
pub struct Given {
    /// The key file.
    pub file: Vec<u8>,
    /// The fingerprint, from elsewhere.
    pub said: Option<Fingerprint>,
    /// What for.
    pub purpose: Purpose,
}

/// Keeps a key, if it is one of a maker we know or the one that a person said. The purpose given last counts.
pub async fn keep(context: &Context, given: Given, author: &str) -> Result<Key, MediaError> {
    let Given {
        file,
        said,
        purpose,
    } = given;
    let key = Key::parse(&file)?;
    let found = key.fingerprint();
    match said {
        Some(said) if said != found => return Err(MediaError::OtherKey { found, said }),
        None if found.maker().is_none() => return Err(MediaError::StrangeKey { found }),
        Some(_) | None => {}
    }
    let at = context.now().wall;
    let kept = ReleaseKey {
        fingerprint: found.to_string(),
        purpose,
        file,
        given_at: at,
        author: author.to_owned(),
    };
    let mut change = Change::default();
    change.put(Expect::Any, &kept)?;
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
    Ok(key)
}
