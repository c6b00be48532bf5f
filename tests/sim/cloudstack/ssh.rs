//! SSH to a host with a password, as the management server does it: any host key is taken.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use russh::ChannelMsg;
use russh::client::{self, Handle};
use russh::keys::PublicKeyOrCertificate;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// For the connection and the key exchange (trilead: 60 s each).
const CONNECT: Duration = Duration::from_secs(120);

/// A command may be without output this long.
const QUIET: Duration = Duration::from_secs(120);

/// Why there is no shell.
#[derive(Debug, thiserror::Error)]
pub(super) enum SshError {
    /// No SSH server there, or it speaks otherwise.
    #[error("{0}")]
    Connection(String),
    /// The password is wrong, or not enough.
    #[error("Authentication error")]
    Denied,
}

impl From<russh::Error> for SshError {
    fn from(error: russh::Error) -> Self {
        Self::Connection(error.to_string())
    }
}

/// A user to log in as.
pub(super) struct Login<'a> {
    pub(super) host: SocketAddr,
    /// The management server's own address: hosts let it in from there only.
    pub(super) from: IpAddr,
    pub(super) user: &'a str,
    pub(super) password: &'a str,
}

/// A host logged in to.
pub(super) struct Shell(Handle<Anybody>);

/// What a command left.
pub(super) struct Done {
    pub(super) success: bool,
    pub(super) output: String,
}

impl Login<'_> {
    async fn connect(&self) -> io::Result<TcpStream> {
        let socket = match self.host {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.bind((self.from, 0).into())?;
        socket.connect(self.host).await
    }
}

impl Shell {
    /// Logs in.
    pub(super) async fn login(login: &Login<'_>) -> Result<Self, SshError> {
        let late = |_| SshError::Connection("connect timed out".to_owned());
        let config = Arc::new(client::Config::default());
        let stream = timeout(CONNECT, login.connect()).await.map_err(late)?;
        let stream = stream.map_err(|error| SshError::Connection(error.to_string()))?;
        let greeted = timeout(CONNECT, client::connect_stream(config, stream, Anybody));
        let mut handle = greeted.await.map_err(late)??;
        let answer = timeout(
            CONNECT,
            handle.authenticate_password(login.user, login.password),
        );
        match answer.await.map_err(late)??.success() {
            true => Ok(Self(handle)),
            false => Err(SshError::Denied),
        }
    }

    /// Runs `command`; its standard output and whether it ended with 0.
    pub(super) async fn run(&self, command: &str) -> Result<Done, SshError> {
        let mut channel = self.0.channel_open_session().await?;
        channel.exec(true, command).await?;
        let (mut output, mut code) = (Vec::new(), None);
        let late = |_| SshError::Connection(format!("no output for {} s", QUIET.as_secs()));
        while let Some(message) = timeout(QUIET, channel.wait()).await.map_err(late)? {
            match message {
                ChannelMsg::Data { data } => output.extend_from_slice(&data),
                ChannelMsg::ExitStatus { exit_status } => code = Some(exit_status),
                _ => {}
            }
        }
        Ok(Done {
            success: code == Some(0),
            output: String::from_utf8_lossy(&output).into_owned(),
        })
    }
}

/// Takes any host key, as the management server does.
struct Anybody;

impl client::Handler for Anybody {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }
}
