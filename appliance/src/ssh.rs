//! SSH to nodes (RFC 4253): log in with the appliance's own key, to a host whose key is known, and run commands.
//!
//! Host keys are never taken on trust here: the appliance delivered the first one itself, and reads its successor over
//! that connection. Our own key is a file of the data folder, made at first start.

use std::fmt;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use inventory::secret::Secret;
use ring::rand::{SecureRandom, SystemRandom};
use russh::client::{self, Handle};
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate};
use russh::{ChannelMsg, Disconnect};
use templates::HostKey;
use tokio::time::timeout;

/// A node in the same rack answers at once; a slow emulated one needs some seconds for its key exchange.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);
/// No command that we run works longer; `dnf` and the like are the installer's business.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);
/// Between two signs of life while a command runs quietly.
const KEEPALIVE: Duration = Duration::from_secs(20);
/// More output than any of our commands prints (the list of a thousand packages with their sums has 120 KiB); the rest is
/// cut off.
const OUTPUT_MAX: usize = 512 * 1024;

/// The appliance's own SSH key.
pub struct Identity(Arc<PrivateKey>);

/// Why a key cannot be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file.
    #[error("SSH key {path}: {source}; check the data folder")]
    File {
        /// Which file.
        path: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The format.
    #[error("SSH key {0}; restore the data folder from a backup")]
    Format(#[from] russh::keys::ssh_key::Error),
    /// No chance.
    #[error("the machine gives no random numbers; do not run it")]
    NoRandom,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(****)")
    }
}

impl Identity {
    /// Reads the key at `path`, or makes it there, readable by its owner alone.
    pub fn load_or_make(path: &Path, random: &SystemRandom) -> Result<Self, KeyError> {
        let file = |source| KeyError::File {
            path: path.display().to_string(),
            source,
        };
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Self(Arc::new(PrivateKey::from_openssh(text)?))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = make_key(random, "hinode appliance")?;
                let text = key.to_openssh(LineEnding::LF)?;
                let mut options = std::fs::OpenOptions::new();
                let mut out = options
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(path)
                    .map_err(file)?;
                out.write_all(text.as_bytes())
                    .and_then(|()| out.sync_all())
                    .map_err(file)?;
                Ok(Self(Arc::new(key)))
            }
            Err(error) => Err(file(error)),
        }
    }

    /// The public key, one line, OpenSSH format.
    pub fn public(&self) -> Result<String, KeyError> {
        Ok(self.0.public_key().to_openssh()?)
    }
}

fn make_key(random: &SystemRandom, comment: &str) -> Result<PrivateKey, KeyError> {
    let mut seed = [0; 32];
    random.fill(&mut seed).map_err(|_| KeyError::NoRandom)?;
    let mut key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
    key.set_comment(comment);
    Ok(key)
}

/// A host key for one install.
pub fn make_host_key(random: &SystemRandom, name: &str) -> Result<HostKey, KeyError> {
    let key = make_key(random, name)?;
    let private = Secret::new(key.to_openssh(LineEnding::LF)?.to_string());
    Ok(HostKey {
        private,
        public: key.public_key().to_openssh()?,
    })
}

/// Why a login or a command did not work.
#[derive(Debug, thiserror::Error)]
pub enum SshError {
    /// No answer, or the connection broke.
    #[error("SSH to {address}: {why}")]
    Silent {
        /// Where.
        address: SocketAddr,
        /// What was tried.
        why: String,
    },
    /// Our key is not accepted.
    #[error(
        "SSH to {address}: root login with the appliance's key was refused; look at the node's console"
    )]
    Denied {
        /// Where.
        address: SocketAddr,
    },
    /// Another machine answers, or the node was reinstalled by somebody else.
    #[error(
        "SSH to {address}: its host key is not the one that was installed; find out who answers there"
    )]
    Changed {
        /// Where.
        address: SocketAddr,
    },
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Exit status; `None` if it was killed.
    pub status: Option<u32>,
    /// What it printed, cut at 512 KiB.
    pub stdout: String,
    /// What it complained, cut at 512 KiB.
    pub stderr: String,
}

struct Known {
    key: PublicKey,
}

impl client::Handler for Known {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => {
                Ok(key.key_data() == self.key.key_data())
            }
            PublicKeyOrCertificate::Certificate(_) => Ok(false),
        }
    }
}

/// A login.
pub struct Session {
    address: SocketAddr,
    handle: Handle<Known>,
}

impl Session {
    /// Logs in as root at `address`, whose host key must be `host_key` (one line, OpenSSH format).
    pub async fn connect(
        address: SocketAddr,
        identity: &Identity,
        host_key: &str,
    ) -> Result<Self, SshError> {
        let silent = |why: &dyn fmt::Display| SshError::Silent {
            address,
            why: why.to_string(),
        };
        let key = PublicKey::from_openssh(host_key).map_err(|error| silent(&error))?;
        let config = client::Config {
            inactivity_timeout: Some(COMMAND_LIMIT),
            keepalive_interval: Some(KEEPALIVE),
            nodelay: true,
            ..client::Config::default()
        };
        let connecting = client::connect(Arc::new(config), address, Known { key });
        let mut handle = match timeout(CONNECT_LIMIT, connecting).await {
            Err(_) => {
                return Err(silent(&format!(
                    "no answer in {} s",
                    CONNECT_LIMIT.as_secs()
                )));
            }
            Ok(Err(russh::Error::UnknownKey)) => return Err(SshError::Changed { address }),
            Ok(Err(error)) => return Err(silent(&error)),
            Ok(Ok(handle)) => handle,
        };
        let ours = PrivateKeyWithHashAlg::new(identity.0.clone(), None);
        match timeout(CONNECT_LIMIT, handle.authenticate_publickey("root", ours)).await {
            Err(_) => Err(silent(&"the login was not answered")),
            Ok(Err(error)) => Err(silent(&error)),
            Ok(Ok(result)) if result.success() => Ok(Self { address, handle }),
            Ok(Ok(_)) => Err(SshError::Denied { address }),
        }
    }

    /// Runs a command with `input` on its standard input.
    pub async fn run(&self, command: &str, input: &str) -> Result<Output, SshError> {
        let silent = |why: String| SshError::Silent {
            address: self.address,
            why,
        };
        match timeout(COMMAND_LIMIT, self.exchange(command, input)).await {
            Err(_) => Err(silent(format!(
                "`{command}` ran longer than {} s",
                COMMAND_LIMIT.as_secs()
            ))),
            Ok(Err(error)) => Err(silent(format!("`{command}`: {error}"))),
            Ok(Ok(output)) => Ok(output),
        }
    }

    async fn exchange(&self, command: &str, input: &str) -> Result<Output, russh::Error> {
        let mut channel = self.handle.channel_open_session().await?;
        channel.exec(true, command).await?;
        if !input.is_empty() {
            channel.data(input.as_bytes()).await?;
        }
        channel.eof().await?;
        let (mut status, mut stdout, mut stderr) = (None, Vec::new(), Vec::new());
        while let Some(message) = channel.wait().await {
            match message {
                ChannelMsg::Data { data } => keep(&mut stdout, &data),
                ChannelMsg::ExtendedData { data, .. } => keep(&mut stderr, &data),
                ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
                // The library's enum, open on purpose: everything else is flow control.
                _ => {}
            }
        }
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Output {
            status,
            stdout: text(stdout),
            stderr: text(stderr),
        })
    }

    /// Says goodbye. A connection that is merely dropped is closed by the node later.
    pub async fn close(self) {
        let goodbye = self.handle.disconnect(Disconnect::ByApplication, "", "en");
        let _told_or_gone = timeout(CONNECT_LIMIT, goodbye).await;
    }
}

fn keep(kept: &mut Vec<u8>, more: &[u8]) {
    let room = OUTPUT_MAX.saturating_sub(kept.len());
    kept.extend_from_slice(&more[..more.len().min(room)]);
}
