//! Secrets at rest: sealed to the appliance's own key (age, X25519), opened only here, exported only to somebody's key.
//!
//! Who copies the store alone learns names and dates. The key lies beside it, so the data folder as a whole is as secret
//! as the disk it is on (encrypted, see the image). After a power cut the key is whole or not made yet.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use inventory::disk_key::{DiskKey, DiskKeys, Origin};
use inventory::file::keep_private;
use inventory::id::{JobId, SecretName};
use inventory::secret::{Sealed, Secret};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The key's file in the data folder: an age identity, so that `age -d -i` opens what was sealed.
pub const KEY: &str = "secrets.key";

/// Why a secret could not be sealed, opened or exported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The key cannot be read or made.
    #[error("the key of the secrets, {path}, cannot be used ({why}); restore it from the backup")]
    Key {
        /// Its file.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// It could not be encrypted.
    #[error("secret `{name}` could not be sealed ({why}); set it again")]
    Seal {
        /// Which.
        name: SecretName,
        /// The reason.
        why: String,
    },
    /// It does not open with our key, or is not what was sealed under this name.
    #[error("secret `{name}` does not open ({why}); set it anew: hinode secret set {name}")]
    Open {
        /// Which.
        name: SecretName,
        /// The reason.
        why: String,
    },
    /// The text is not a public key.
    #[error("`{to}` is no age public key ({why}); give one that begins with age1")]
    Recipient {
        /// What was given.
        to: String,
        /// The reason.
        why: String,
    },
}

/// What is encrypted: with its name, so that no secret can be passed off as another one.
#[derive(Serialize, Deserialize)]
struct Content {
    name: SecretName,
    secret: String,
}

/// What an export holds: JSON, encrypted to the operator's key.
#[derive(Serialize)]
struct Export<'a> {
    version: u32,
    secrets: BTreeMap<&'a str, String>,
    /// Passphrases of encrypted disks by node, newest last.
    disks: BTreeMap<&'a str, Vec<Passphrase>>,
}

/// A passphrase of a node's disks.
#[derive(Serialize)]
struct Passphrase {
    job: JobId,
    origin: Origin,
    made_at: Timestamp,
    passphrase: String,
}

/// Seals and opens with the appliance's own key.
pub struct SecretKey(Identity);

impl SecretKey {
    /// The key of a data folder, made on the first call. (Chance is age's own here: it takes none from outside.)
    ///
    /// # Errors
    /// Its file cannot be read, made, or is not a key.
    pub fn of_folder(dir: &Path) -> Result<Self, SecretError> {
        let path = dir.join(KEY);
        let fault = |why: String| SecretError::Key {
            path: path.clone(),
            why,
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let identity = Identity::generate();
                let text = format!("{}\n", identity.to_string().expose_secret());
                keep_private(&path, text.as_bytes()).map_err(|error| fault(error.to_string()))?;
                return Ok(Self(identity));
            }
            Err(error) => return Err(fault(error.to_string())),
        };
        let identity = text.trim().parse::<Identity>();
        identity.map(Self).map_err(|why| fault(why.to_owned()))
    }

    /// Seals a secret under its name.
    ///
    /// # Errors
    /// The encryption fails.
    pub fn seal(
        &self,
        name: SecretName,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<Sealed, SecretError> {
        let fault = |why: String| SecretError::Seal {
            name: name.clone(),
            why,
        };
        let content = Content {
            name: name.clone(),
            secret: secret.expose().to_owned(),
        };
        let json = serde_json::to_vec(&content).map_err(|error| fault(error.to_string()))?;
        let file =
            age::encrypt(&self.0.to_public(), &json).map_err(|error| fault(error.to_string()))?;
        Ok(Sealed {
            name,
            sealed: STANDARD.encode(file),
            set_at: now,
        })
    }

    /// Opens a sealed secret.
    ///
    /// # Errors
    /// It was sealed to another key, was altered, or is another secret than its name says.
    pub fn open(&self, sealed: &Sealed) -> Result<Secret, SecretError> {
        let fault = |why: String| SecretError::Open {
            name: sealed.name.clone(),
            why,
        };
        let file = STANDARD
            .decode(&sealed.sealed)
            .map_err(|error| fault(error.to_string()))?;
        let json = age::decrypt(&self.0, &file).map_err(|error| fault(error.to_string()))?;
        let content: Content =
            serde_json::from_slice(&json).map_err(|error| fault(error.to_string()))?;
        if content.name != sealed.name {
            return Err(fault(format!("it was sealed as `{}`", content.name)));
        }
        Ok(Secret::new(content.secret))
    }

    /// All secrets as one age file for the owner of the public key `to` (`age1...`); inside is JSON:
    /// `{"version": 1, "secrets": {"NAME": "TEXT"}, "disks": {"NODE": [{"job", "origin", "made_at", "passphrase"}]}}`.
    ///
    /// # Errors
    /// `to` is no public key, or one of the secrets does not open: an escrow with holes would be trusted wrongly.
    pub fn export_all(
        &self,
        (all, disks): (&[Sealed], &[DiskKeys]),
        to: &str,
    ) -> Result<Vec<u8>, SecretError> {
        let fault = |why: String| SecretError::Recipient {
            to: to.to_owned(),
            why,
        };
        let recipient = to
            .parse::<Recipient>()
            .map_err(|why| fault(why.to_owned()))?;
        let mut secrets = BTreeMap::new();
        for sealed in all {
            secrets.insert(sealed.name.as_str(), self.open(sealed)?.expose().to_owned());
        }
        let mut opened = BTreeMap::new();
        for of_node in disks {
            let keys = of_node.keys.iter().map(|key| self.passphrase(key));
            opened.insert(of_node.node.as_str(), keys.collect::<Result<_, _>>()?);
        }
        let export = Export {
            version: 1,
            secrets,
            disks: opened,
        };
        let json = serde_json::to_vec_pretty(&export).map_err(|error| fault(error.to_string()))?;
        age::encrypt(&recipient, &json).map_err(|error| fault(error.to_string()))
    }

    fn passphrase(&self, key: &DiskKey) -> Result<Passphrase, SecretError> {
        Ok(Passphrase {
            job: key.job,
            origin: key.origin,
            made_at: key.made_at,
            passphrase: self.open(&key.sealed)?.expose().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
