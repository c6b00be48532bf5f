//! Many clients and bad ones, before the appliance as a process of its own: its memory stays bounded, and a node is installed
//! in spite of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tests::rack_of_packets::{RackOfPackets, file, play};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{PATIENCE, is_brought_up};

/// Strangers' addresses: enough that each one's share of connections is no bound.
const STRANGERS: u8 = 40;
/// More memory than this is not taken by any number of clients: a few KiB each.
const GROWTH_KIB: u64 = 16 * 1024;
/// What is asked for: large enough that no socket buffer takes it.
const LARGE: &str = "/os/standin/large";
const LARGE_SIZE: usize = 8 << 20;
/// Between two looks at a silence that should last.
const PAUSE: Duration = Duration::from_millis(200);
/// Some GiB in all, on a computer that may do much else meanwhile.
const LIMIT: Duration = Duration::from_secs(240);

fn stranger(n: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 10, 150 + n % STRANGERS)
}

fn many_addresses(rack: &RackOfPackets) {
    for n in 0..STRANGERS {
        rack.cable.add_to_client(&format!("{}/24", stranger(n)));
    }
    let large = rack.tree().join("large");
    std::fs::write(large, vec![7; LARGE_SIZE]).unwrap();
}

async fn connect(from: Ipv4Addr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    socket
        .connect(SocketAddr::from((file::APPLIANCE, 80)))
        .await
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
}

/// All of a download; how many bytes came.
async fn download(from: Ipv4Addr, path: &str) -> usize {
    let mut stream = connect(from).await.unwrap();
    stream.write_all(get(path).as_bytes()).await.unwrap();
    let (mut piece, mut all) = (vec![0; 64 * 1024], 0);
    loop {
        match stream.read(&mut piece).await.unwrap() {
            0 => return all,
            size => all += size,
        }
    }
}

#[test]
fn five_hundred_clients_at_once_cost_little_memory() {
    play(1, PATIENCE, async |rack| {
        many_addresses(&rack);
        download(stranger(0), LARGE).await;
        let before = rack.appliance.memory_kib();
        let mut clients = JoinSet::new();
        for n in 0..500_u16 {
            let [_, low] = n.to_be_bytes();
            clients.spawn(download(stranger(low), LARGE));
        }
        let mut most = 0;
        while let Some(got) = timeout(LIMIT, clients.join_next()).await.unwrap() {
            assert!(got.unwrap() > LARGE_SIZE);
            most = most.max(rack.appliance.memory_kib());
        }
        let grown = most.saturating_sub(before);
        println!("500 downloads at once: {before} KiB before, {grown} KiB more");
        assert!(grown < GROWTH_KIB, "{grown} KiB more");
        rack
    });
}

/// What a bad client does with its connection.
#[derive(Clone, Copy)]
enum Vice {
    /// Says nothing.
    Silence,
    /// Says its request a byte at a time, for ever.
    Dripping,
    /// Asks for much and takes nothing.
    Greed,
    /// Says what is no request.
    Noise,
}

/// Does it again and again, until it is told to stop by being dropped.
async fn misbehave(from: Ipv4Addr, vice: Vice) {
    loop {
        if let Ok(stream) = connect(from).await {
            let _cut_off = indulge(stream, vice).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn indulge(mut stream: TcpStream, vice: Vice) -> std::io::Result<()> {
    match vice {
        Vice::Silence => drop(stream.read(&mut [0]).await?),
        Vice::Dripping => loop {
            stream.write_all(b"x").await?;
            tokio::time::sleep(PAUSE).await;
        },
        Vice::Greed => {
            stream.write_all(get(LARGE).as_bytes()).await?;
            std::future::pending().await
        }
        Vice::Noise => {
            stream.write_all(&[b'\n'; 4096]).await?;
            stream.read_to_end(&mut Vec::new()).await?;
        }
    }
    Ok(())
}

#[test]
fn a_node_is_installed_in_spite_of_a_flood() {
    play(1, PATIENCE, async |rack| {
        many_addresses(&rack);
        let before = rack.appliance.memory_kib();
        let mut flood = JoinSet::new();
        let vices = [Vice::Silence, Vice::Dripping, Vice::Greed, Vice::Noise];
        for n in 0..1200_u16 {
            let [_, low] = n.to_be_bytes();
            flood.spawn(misbehave(
                stranger(low),
                vices[usize::from(n) % vices.len()],
            ));
        }
        let job = rack.up(1, None).await.unwrap();
        is_brought_up(&rack, 1, job).await;
        let grown = rack.appliance.memory_kib().saturating_sub(before);
        println!("a flood of {} connections: {grown} KiB more", flood.len());
        assert!(grown < 2 * GROWTH_KIB, "{grown} KiB more");
        flood.shutdown().await;
        rack
    });
}
