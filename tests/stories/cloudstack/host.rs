//! An installed node as the management server's `addHost` sees it: SSH with a password, the scripts, an agent.
//! A few hundred lines of real ones stand in the virtual rack; here only their answers count.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use russh::keys::PrivateKey;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Server, Session};
use russh::{Channel, ChannelId};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What its agent does after it was set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Agent {
    /// Says hello and pings.
    Talks,
    /// Keeps the connection and says nothing.
    Mute,
    /// Closes the connection.
    Quits,
    /// Never connects.
    Absent,
}

/// A host on a loopback address of its own.
pub(super) struct FakeHost {
    pub(super) address: Ipv4Addr,
    pub(super) ssh_port: u16,
    pub(super) agent: watch::Sender<Agent>,
    ran: Arc<Mutex<Vec<String>>>,
    tasks: JoinSet<()>,
}

/// How it answers.
#[derive(Clone)]
pub(super) struct Answers {
    /// Root's password.
    pub(super) password: &'static str,
    /// A word of the command that fails, if one does.
    pub(super) fails: Option<&'static str>,
}

impl FakeHost {
    /// Starts it. Its agent will connect to port `agents` at 127.0.0.1.
    pub(super) async fn start(last: u8, answers: Answers, agents: SocketAddr) -> Self {
        let address = Ipv4Addr::new(127, 0, 7, last);
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let ssh_port = listener.local_addr().unwrap().port();
        let agent = watch::Sender::new(Agent::Talks);
        let ran = Arc::new(Mutex::new(Vec::new()));
        let mut sshd = Sshd {
            answers,
            address,
            agents,
            agent: agent.subscribe(),
            ran: ran.clone(),
            talking: Arc::default(),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let key = PrivateKey::from(Ed25519Keypair::from_seed(&[7; 32]));
            let config = Config {
                keys: vec![key],
                auth_rejection_time: Duration::ZERO,
                ..Config::default()
            };
            sshd.run_on_socket(Arc::new(config), &listener)
                .await
                .unwrap();
        });
        Self {
            address,
            ssh_port,
            agent,
            ran,
            tasks,
        }
    }

    /// The commands so far.
    pub(super) fn ran(&self) -> Vec<String> {
        self.ran.lock().unwrap().clone()
    }

    pub(super) async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

#[derive(Clone)]
struct Sshd {
    answers: Answers,
    address: Ipv4Addr,
    agents: SocketAddr,
    agent: watch::Receiver<Agent>,
    ran: Arc<Mutex<Vec<String>>>,
    /// Aborted with the host.
    talking: Arc<Mutex<JoinSet<()>>>,
}

impl Server for Sshd {
    type Handler = Self;
    fn new_client(&mut self, _: Option<SocketAddr>) -> Self {
        self.clone()
    }
}

impl Handler for Sshd {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, russh::Error> {
        match user == "root" && password == self.answers.password {
            true => Ok(Auth::Accept),
            false => Ok(Auth::reject()),
        }
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
        let command = String::from_utf8_lossy(command).into_owned();
        let (output, code) = self.run(&command);
        self.ran.lock().unwrap().push(command);
        session.channel_success(channel)?;
        session.data(channel, output)?;
        session.exit_status_request(channel, code)?;
        session.eof(channel)?;
        session.close(channel)
    }
}

impl Sshd {
    fn run(&self, command: &str) -> (Vec<u8>, u32) {
        if self
            .answers
            .fails
            .is_some_and(|word| command.contains(word))
        {
            return (b"as told".to_vec(), 1);
        }
        if command.contains("keystore-setup") {
            return (request().into_bytes(), 0);
        }
        if let Some((_, rest)) = command.split_once(" -g ") {
            let guid = rest.split(' ').next().unwrap().to_owned();
            let agent = talk(self.address, self.agents, guid, self.agent.clone());
            self.talking.lock().unwrap().spawn(agent);
        }
        (Vec::new(), 0)
    }
}

/// What `keystore-setup` prints.
fn request() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["kvm-01".to_owned()]).unwrap();
    let request = params.serialize_request(&key).unwrap();
    format!("stand-in text before\n{}", request.pem().unwrap())
}

/// The agent, from its own address.
async fn talk(
    address: Ipv4Addr,
    to: SocketAddr,
    guid: String,
    mut behaviour: watch::Receiver<Agent>,
) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((address, 0).into()).unwrap();
    if *behaviour.borrow() == Agent::Absent {
        return;
    }
    let mut stream = socket.connect(to).await.unwrap();
    let mut word = "startup";
    loop {
        let now = *behaviour.borrow_and_update();
        match now {
            Agent::Talks => {}
            Agent::Mute => return std::future::pending().await,
            Agent::Quits | Agent::Absent => return,
        }
        let line = format!("hinode-standin-agent {word} guid={guid} host=kvm-01\n");
        if stream.write_all(line.as_bytes()).await.is_err() {
            return;
        }
        word = "ping";
        // A change of behaviour, or the time of the next ping.
        let _ = tokio::time::timeout(Duration::from_millis(50), behaviour.changed()).await;
    }
}
