//! A secret whose `Debug` prints stars. Sealing and opening belong to the appliance; nobody else can read the store's copy.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::id::SecretName;
use crate::store::{Record, Table};

/// A password, key or token in memory; wiped when dropped, never printed.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a text as secret.
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The text itself: only for the line that hands it to the device.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

/// A secret as stored: encrypted to the appliance's own key (age, X25519), so that a copied data file tells nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// What the rack file calls it.
    pub name: SecretName,
    /// The age file, base64.
    pub sealed: String,
    /// When it was set.
    pub set_at: jiff::Timestamp,
}

impl Record for Sealed {
    const TABLE: Table = Table::Secrets;
    type Key = SecretName;
    fn key(&self) -> SecretName {
        self.name.clone()
    }
}
