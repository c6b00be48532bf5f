//! The installed system: an SSH server with the host key and logins that the kickstart delivered, which answers the
//! commands of verification and registration from what the kickstart says.

mod agent;
mod answers;
mod look;
mod settings;
mod storage;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{PrivateKey, PublicKey};
use russh::server::{
    Auth, ChannelOpenHandle, Config as Ssh, Handler, Msg, Session, VerifiedPublicKey,
};
use russh::{Channel, ChannelId};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::config::Config;
use super::kickstart::Kickstart;

/// What runs on it.
pub(super) struct Machine {
    pub(super) config: Config,
    pub(super) kickstart: Kickstart,
    pub(super) address: Ipv4Addr,
    pub(super) boot_id: String,
}

/// A running system. Dropped, it is switched off.
pub struct System {
    /// Where its SSH server listens.
    pub ssh: SocketAddr,
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

struct Shared {
    machine: Machine,
    state: Mutex<State>,
    /// Connections of agents.
    agents: Mutex<JoinSet<()>>,
}

/// What commands change.
#[derive(Default)]
struct State {
    /// What is on the disk.
    files: Sshd,
    /// What sshd read when it was started or reloaded last.
    in_force: Sshd,
    /// A host key made on the node, beside the other.
    new_key: Option<PrivateKey>,
    /// Its public half, which stays.
    made: Option<String>,
    /// What opens its disks.
    passphrases: BTreeSet<String>,
    /// Root's password.
    password: Option<String>,
    /// Every command that was run, scripts in full.
    ran: Vec<String>,
}

/// sshd's configuration.
#[derive(Default, Clone)]
struct Sshd {
    host_key: Option<PrivateKey>,
    /// Where root may log in from with a password.
    password_from: Vec<IpAddr>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl System {
    pub(super) async fn start(machine: Machine) -> io::Result<Self> {
        let listener = TcpListener::bind((machine.address, machine.config.ports.ssh)).await?;
        let ssh = listener.local_addr()?;
        let key =
            PrivateKey::from_openssh(&machine.kickstart.host_key).map_err(io::Error::other)?;
        let files = Sshd {
            host_key: Some(key),
            password_from: Vec::new(),
        };
        let state = State {
            in_force: files.clone(),
            files,
            passphrases: machine.kickstart.passphrase.iter().cloned().collect(),
            ..State::default()
        };
        let shared = Arc::new(Shared {
            machine,
            state: Mutex::new(state),
            agents: Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(listener, shared.clone()));
        Ok(Self { ssh, shared, tasks })
    }

    /// Switched off; its port is free when this returns.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }

    /// The commands that were run, scripts in full.
    pub fn ran(&self) -> Vec<String> {
        self.shared.state().ran.clone()
    }

    /// Whether root may log in by password now, from anywhere.
    pub fn has_open_door(&self) -> bool {
        let state = self.shared.state();
        state.password.is_some() && !state.in_force.password_from.is_empty()
    }

    /// Its host key, OpenSSH format.
    pub fn host_key(&self) -> String {
        let state = self.shared.state();
        let key = state
            .in_force
            .host_key
            .as_ref()
            .and_then(|key| key.public_key().to_openssh().ok());
        key.unwrap_or_default()
    }
}

/// Each connection is greeted with the host key that is in force when it comes.
async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, from)) = listener.accept().await {
        let keys = shared.state().in_force.host_key.iter().cloned().collect();
        let config = Arc::new(Ssh {
            keys,
            auth_rejection_time: Duration::ZERO,
            ..Ssh::default()
        });
        let login = Login {
            shared: shared.clone(),
            from: from.ip(),
            running: HashMap::new(),
        };
        connections.spawn(serve(config, stream, login));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(config: Arc<Ssh>, stream: TcpStream, login: Login) {
    match russh::server::run_stream(config, stream, login).await {
        // A client that goes away without a word is no news.
        Ok(session) => drop(session.await),
        Err(error) => tracing::debug!(%error, "packet node: SSH"),
    }
}

/// One connection.
struct Login {
    shared: Arc<Shared>,
    from: IpAddr,
    /// Scripts that are still being sent, by channel.
    running: HashMap<ChannelId, Vec<u8>>,
}

impl Handler for Login {
    type Error = russh::Error;

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, russh::Error> {
        let shown = key.public_key.key_data();
        let keys = self.shared.machine.kickstart.authorized_keys.iter();
        let mut keys = keys.filter_map(|line| PublicKey::from_openssh(line).ok());
        let is_known = keys.any(|known| known.key_data() == shown);
        Ok(verdict(user == "root" && is_known))
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, russh::Error> {
        let state = self.shared.state();
        let is_let_in = state.in_force.password_from.contains(&self.from);
        let is_open = is_let_in && state.password.as_deref() == Some(password);
        Ok(verdict(user == "root" && is_open))
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        session.channel_success(channel)?;
        let command = String::from_utf8_lossy(command).into_owned();
        if command == "sh -s" {
            self.running.insert(channel, Vec::new());
            return Ok(());
        }
        self.answer(channel, &command, session)
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        if let Some(script) = self.running.get_mut(&channel) {
            script.extend_from_slice(data);
        }
        Ok(())
    }

    async fn channel_eof(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        match self.running.remove(&channel) {
            Some(script) => self.answer(channel, &String::from_utf8_lossy(&script), session),
            None => Ok(()),
        }
    }
}

impl Login {
    fn answer(
        &mut self,
        channel: ChannelId,
        command: &str,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let (output, status) = self.shared.run(command);
        session.data(channel, output.into_bytes())?;
        session.exit_status_request(channel, status)?;
        session.eof(channel)?;
        session.close(channel)
    }
}

fn verdict(is_welcome: bool) -> Auth {
    if is_welcome {
        Auth::Accept
    } else {
        Auth::reject()
    }
}

/// A key made on the node.
fn fresh_key() -> PrivateKey {
    let seed = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(uuid::Uuid::into_bytes);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&seed.concat());
    PrivateKey::from(Ed25519Keypair::from_seed(&bytes))
}
