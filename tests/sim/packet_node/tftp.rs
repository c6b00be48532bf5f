//! A TFTP client as firmware has it (RFC 1350, 2347 to 2349, 7440): size probe, then the file in windows of blocks.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::timeout;

const DATA: u16 = 3;
const ACK: u16 = 4;
const ERROR: u16 = 5;
const OACK: u16 = 6;

/// Asked for by EDK2; a server may give less.
const BLOCK: usize = 1468;
const WINDOW: u16 = 4;

/// How often a packet is sent again.
const TRIES: usize = 8;

/// Why there is no file.
#[derive(Debug)]
pub(super) enum NoFile {
    /// The server says so: error 1.
    NotFound,
    /// Anything else.
    Failed(String),
}

impl From<io::Error> for NoFile {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Where from and how patiently.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    pub(super) from: Ipv4Addr,
    pub(super) server: SocketAddr,
    pub(super) patience: Duration,
}

/// One transfer.
struct Transfer {
    socket: UdpSocket,
    peer: Peer,
    /// The server's port of this transfer, once it answered.
    tid: Option<SocketAddr>,
    buffer: Vec<u8>,
}

impl Peer {
    /// The file's size, as EDK2 finds it: asks, and aborts with error 8.
    pub(super) async fn size(self, name: &str) -> Result<usize, NoFile> {
        let mut transfer = Transfer::open(self).await?;
        let packet = transfer.ask(&request(name, &[("tsize", "0")])).await?;
        let size = options(&packet)
            .get("tsize")
            .and_then(|size| size.parse().ok());
        transfer.send(&error_packet(8)).await?;
        size.ok_or_else(|| NoFile::Failed("no tsize in the answer".to_owned()))
    }

    /// The file.
    pub(super) async fn get(self, name: &str) -> Result<Vec<u8>, NoFile> {
        let mut transfer = Transfer::open(self).await?;
        let (block, window) = (BLOCK.to_string(), WINDOW.to_string());
        let wanted = [("tsize", "0"), ("blksize", &block), ("windowsize", &window)];
        let packet = transfer.ask(&request(name, &wanted)).await?;
        if opcode(&packet) != OACK {
            return Err(NoFile::Failed("no option acknowledged".to_owned()));
        }
        let given = options(&packet);
        let number = |name| given.get(name).and_then(|text| text.parse::<usize>().ok());
        let block = number("blksize").unwrap_or(512);
        let window = number("windowsize").unwrap_or(1).max(1);
        let file = transfer.blocks(block, window).await?;
        match number("tsize") {
            Some(size) if size != file.len() => Err(NoFile::Failed("not its size".to_owned())),
            Some(_) | None => Ok(file),
        }
    }
}

impl Transfer {
    async fn open(peer: Peer) -> Result<Self, NoFile> {
        let socket = UdpSocket::bind((peer.from, 0)).await?;
        Ok(Self {
            socket,
            peer,
            tid: None,
            buffer: vec![0; 65536],
        })
    }

    async fn send(&self, packet: &[u8]) -> Result<(), NoFile> {
        let to = self.tid.unwrap_or(self.peer.server);
        self.socket.send_to(packet, to).await?;
        Ok(())
    }

    /// Sends until something comes back.
    async fn ask(&mut self, packet: &[u8]) -> Result<Vec<u8>, NoFile> {
        for _ in 0..TRIES {
            self.send(packet).await?;
            if let Some(answer) = self.receive().await? {
                return Ok(answer);
            }
        }
        Err(NoFile::Failed("no answer".to_owned()))
    }

    /// The next packet of this transfer, if one comes in time.
    async fn receive(&mut self) -> Result<Option<Vec<u8>>, NoFile> {
        loop {
            let received = self.socket.recv_from(&mut self.buffer);
            let Ok(received) = timeout(self.peer.patience, received).await else {
                return Ok(None);
            };
            let (length, from) = received?;
            // The first answer decides; a second transfer of the same request is told to end.
            if *self.tid.get_or_insert(from) != from {
                self.socket.send_to(&error_packet(5), from).await?;
                continue;
            }
            let packet = self.buffer[..length].to_vec();
            return match opcode(&packet) {
                ERROR if packet.get(3) == Some(&1) => Err(NoFile::NotFound),
                ERROR => Err(NoFile::Failed(
                    String::from_utf8_lossy(&packet[4..]).into_owned(),
                )),
                _ => Ok(Some(packet)),
            };
        }
    }

    /// Each window is acknowledged once, or what of it came in time.
    async fn blocks(&mut self, block: usize, window: usize) -> Result<Vec<u8>, NoFile> {
        let mut file = Vec::new();
        let mut last: u16 = 0;
        loop {
            let mut packet = Some(self.ask(&ack(last)).await?);
            let mut taken = 0;
            while let Some(data) = packet.take() {
                if opcode(&data) == DATA && number(&data) == last.wrapping_add(1) {
                    last = last.wrapping_add(1);
                    file.extend_from_slice(&data[4..]);
                    taken += 1;
                    if data.len() - 4 < block {
                        self.send(&ack(last)).await?;
                        return Ok(file);
                    }
                }
                if taken < window {
                    packet = self.receive().await?;
                }
            }
        }
    }
}

fn request(name: &str, wanted: &[(&str, &str)]) -> Vec<u8> {
    let mut packet = vec![0, 1];
    let words = [name, "octet"].into_iter();
    let words = words.chain(wanted.iter().flat_map(|(name, value)| [*name, *value]));
    for word in words {
        packet.extend_from_slice(word.as_bytes());
        packet.push(0);
    }
    packet
}

fn ack(block: u16) -> Vec<u8> {
    [ACK.to_be_bytes(), block.to_be_bytes()].concat()
}

fn error_packet(code: u16) -> Vec<u8> {
    [&ERROR.to_be_bytes()[..], &code.to_be_bytes(), b"\0"].concat()
}

fn word(packet: &[u8], at: usize) -> u16 {
    let bytes = packet
        .get(at..at + 2)
        .and_then(|bytes| bytes.try_into().ok());
    u16::from_be_bytes(bytes.unwrap_or_default())
}

fn opcode(packet: &[u8]) -> u16 {
    word(packet, 0)
}

fn number(packet: &[u8]) -> u16 {
    word(packet, 2)
}

fn options(packet: &[u8]) -> HashMap<String, String> {
    let text = String::from_utf8_lossy(packet.get(2..).unwrap_or_default()).into_owned();
    let mut words = text.split('\0');
    let mut options = HashMap::new();
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        options.insert(name.to_lowercase(), value.to_owned());
    }
    options
}
