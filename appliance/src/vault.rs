//! The secrets of a running appliance: kept in the store, sealed and opened with the key of its data folder.

use std::fmt;

use inventory::disk_key::DiskKeys;
use inventory::event::{Actor, Event, Subject};
use inventory::id::SecretName;
use inventory::message::{self, Message};
use inventory::secret::{Sealed, Secret};
use inventory::store::{Change, Expect, Store, StoreError, read, read_all};

use crate::context::Context;
use crate::secrets::{SecretError, SecretKey};

/// Opens and seals what the store keeps.
pub struct Vault(pub SecretKey);

/// Why a secret cannot be kept, opened or exported.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Not there.
    #[error("secret `{0}` is not set; set it with `hinode secret set {0}`")]
    Missing(SecretName),
    /// The key, or what it was to open.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(****)")
    }
}

impl Vault {
    /// A secret, opened.
    ///
    /// # Errors
    /// It was never set, or does not open with our key.
    pub fn open(&self, store: &dyn Store, name: &SecretName) -> Result<Secret, VaultError> {
        let sealed = read::<Sealed>(store, name)?;
        let sealed = sealed.ok_or_else(|| VaultError::Missing(name.clone()))?;
        Ok(self.0.open(&sealed.value)?)
    }

    /// Everything kept, sealed as it is.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn list(&self, store: &dyn Store) -> Result<Vec<Sealed>, StoreError> {
        Ok(read_all::<Sealed>(store)?
            .into_iter()
            .map(|found| found.value)
            .collect())
    }

    /// All secrets and the passphrases of disks as one age file for `recipient` (`age1...`).
    ///
    /// # Errors
    /// One does not open, or `recipient` is not an age recipient.
    pub fn export(&self, store: &dyn Store, recipient: &str) -> Result<Vec<u8>, VaultError> {
        let disks = read_all::<DiskKeys>(store)?.into_iter();
        let disks: Vec<_> = disks.map(|found| found.value).collect();
        let all = self.list(store)?;
        Ok(self.0.export_all((&all, &disks), recipient)?)
    }
}

/// Keeps a secret, and tells that it was set.
///
/// # Errors
/// It cannot be sealed or stored.
pub async fn set(
    context: &Context,
    name: &SecretName,
    secret: &Secret,
    author: &str,
) -> Result<Sealed, VaultError> {
    let now = context.now().wall;
    let sealed = context.vault.0.seal(name.clone(), secret, now)?;
    let mut change = Change::default();
    change.put(Expect::Any, &sealed)?.tell(Event {
        at: now,
        actor: Actor::Person(author.to_owned()),
        subject: Subject::Secret(name.to_string()),
        job: None,
        what: Message::Store(message::Store::SecretSet),
    });
    context.store().submit(change).await?;
    Ok(sealed)
}
