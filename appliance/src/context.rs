//! What every part of the appliance shares: the boot services' world, the secrets, our SSH key, and the bell.

use std::path::PathBuf;
use std::sync::Arc;

use inventory::clock::Now;
use inventory::store::Store;
use pxe::World;
use ring::rand::SystemRandom;
use tokio::sync::Notify;

use crate::bell::Bell;
use crate::consoles::Consoles;
use crate::media::Media;
use crate::ssh::Identity;
use crate::vault::Vault;

/// The shared parts of a running appliance.
pub struct Context {
    /// The data folder.
    pub data: PathBuf,
    /// Store, clock, rack, epoch.
    pub world: Arc<World>,
    /// Opens secrets.
    pub vault: Vault,
    /// Our own SSH key, on every node we install.
    pub ssh: Identity,
    /// Wakes jobs when something they may wait for was stored.
    pub bell: Arc<Bell>,
    /// What the consoles of nodes said last.
    pub consoles: Consoles,
    /// Installation media, and who works on them.
    pub media: Media,
    /// Wakes everybody who waits for it when another rack file is in force.
    pub rack_changed: Notify,
    /// Where chance comes from.
    pub random: SystemRandom,
}

impl Context {
    /// The store.
    pub fn store(&self) -> &dyn Store {
        &*self.world.store
    }

    /// This instant.
    pub fn now(&self) -> Now {
        self.world.now()
    }
}
