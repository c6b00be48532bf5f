//! A relay in front of a real OVSDB server, for what a real one does not do on demand: it cuts answers into pieces,
//! probes the client, keeps silent, lets somebody else be faster, or alters what is written.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Answers are passed on in pieces of so many bytes.
const PIECE: usize = 7;

/// What the relay does besides relaying.
#[derive(Default)]
pub struct Mischief {
    /// No answer ever comes.
    pub mute: bool,
    /// The next so many transactions that update a port write VLAN 4000 instead.
    pub altered: u32,
    /// What somebody else does between our read and our change.
    pub faster: Option<Box<dyn FnOnce() + Send>>,
    /// Echo requests sent to the client: one before each answer.
    pub probes: u32,
    /// Those that it answered as RFC 7047 §4.1.11 asks.
    pub probes_answered: u32,
}

/// A running relay; it goes away with this value.
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    mischief: Arc<Mutex<Mischief>>,
    task: JoinHandle<()>,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Relay {
    /// Starts a relay to the server at `server`.
    pub async fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mischief = Arc::new(Mutex::new(Mischief::default()));
        let task = tokio::spawn(accept(listener, server, Arc::clone(&mischief)));
        Ok(Self {
            address,
            mischief,
            task,
        })
    }

    /// What it does wrong.
    pub fn mischief(&self) -> MutexGuard<'_, Mischief> {
        locked(&self.mischief)
    }
}

fn locked(mischief: &Mutex<Mischief>) -> MutexGuard<'_, Mischief> {
    mischief.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, server: SocketAddr, mischief: Arc<Mutex<Mischief>>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let Ok(upstream) = TcpStream::connect(server).await else {
            continue;
        };
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = upstream.into_split();
        let to_client = Arc::new(tokio::sync::Mutex::new(to_client));
        let requests = requests(
            from_client,
            to_server,
            Arc::clone(&to_client),
            Arc::clone(&mischief),
        );
        let answers = answers(from_server, to_client, Arc::clone(&mischief));
        connections.spawn(async { tokio::join!(requests, answers) });
        while connections.try_join_next().is_some() {}
    }
}

type ToClient = Arc<tokio::sync::Mutex<OwnedWriteHalf>>;

/// Client to server, message by message. An error ends the connection, as a cut cable would.
async fn requests(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    to_client: ToClient,
    mischief: Arc<Mutex<Mischief>>,
) -> io::Result<()> {
    let mut buffer = Vec::new();
    while client.read_buf(&mut buffer).await? > 0 {
        let mut stream = serde_json::Deserializer::from_slice(&buffer).into_iter::<Value>();
        let mut messages = Vec::new();
        while let Some(Ok(message)) = stream.next() {
            messages.push(message);
        }
        let used = stream.byte_offset();
        buffer.drain(..used);
        for message in messages {
            if message["id"] == "probe" {
                locked(&mischief).probes_answered +=
                    u32::from(message["result"] == json!(["ping"]));
                continue;
            }
            let probe = json!({"method": "echo", "params": ["ping"], "id": "probe"}).to_string();
            to_client.lock().await.write_all(probe.as_bytes()).await?;
            let message = meddle(message, &mischief);
            server.write_all(message.to_string().as_bytes()).await?;
        }
    }
    Ok(())
}

fn meddle(mut message: Value, mischief: &Mutex<Mischief>) -> Value {
    let mut mischief = locked(mischief);
    mischief.probes += 1;
    let operations = message["params"].as_array_mut();
    let updates = operations
        .into_iter()
        .flatten()
        .filter(|one| one["op"] == "update");
    let mut updates = updates.peekable();
    if updates.peek().is_none() {
        return message;
    }
    if let Some(faster) = mischief.faster.take() {
        faster();
    }
    if mischief.altered > 0 {
        mischief.altered -= 1;
        updates.for_each(|update| update["row"]["tag"] = json!(4000));
    }
    message
}

/// Server to client, in pieces.
async fn answers(
    mut server: OwnedReadHalf,
    client: ToClient,
    mischief: Arc<Mutex<Mischief>>,
) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let length = server.read(&mut buffer).await?;
        if length == 0 {
            return client.lock().await.shutdown().await;
        }
        if locked(&mischief).mute {
            continue;
        }
        for piece in buffer[..length].chunks(PIECE) {
            client.lock().await.write_all(piece).await?;
        }
    }
}
