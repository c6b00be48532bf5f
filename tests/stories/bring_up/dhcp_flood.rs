//! Requests of machines that do not exist, 20,000 a second, while a pool is open: memory stays bounded, no reserved address is
//! given away, and a node is installed meanwhile. More than the service reads is lost in the socket's buffer, a node's packets
//! among it: then it is up to the node's firmware to ask again, and nothing here can hold of every computer.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use appliance::api::types;
use dhcproto::v4::{DhcpOption, Encodable, Flags, Message, MessageType};
use hyper::Method;
use socket2::{Domain, Protocol, Socket, Type};
use tests::namespace::DEVICE;
use tests::rack_of_packets::{RackOfPackets, file, play};

use super::{PATIENCE, is_brought_up};

/// The store's cache, offers and strangers are bounded; what is left is what an install takes anyway.
const GROWTH_KIB: u64 = 24 * 1024;
/// So many packets at once ...
const BURST: u32 = 200;
/// ... each time that so much has passed.
const EVERY: Duration = Duration::from_millis(10);
/// A relay that no rack file names.
const RELAY: Ipv4Addr = Ipv4Addr::new(10, 77, 10, 98);

/// The flood, until it is stopped.
struct Flood {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Flood {
    /// From the calling thread's namespace, which a new thread inherits.
    fn begin(server: Ipv4Addr, reserved: Ipv4Addr) -> Self {
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let thread = {
            let (stop, sent) = (stop.clone(), Arc::clone(&sent));
            std::thread::spawn(move || flood(&stop, &sent, (server, reserved)))
        };
        Self { stop, sent, thread }
    }

    /// How many packets left.
    fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.sent.load(Ordering::Relaxed)
    }
}

fn flood(stop: &AtomicBool, sent: &AtomicU64, (server, reserved): (Ipv4Addr, Ipv4Addr)) {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).unwrap();
    socket.set_broadcast(true).unwrap();
    socket.bind_device(Some(DEVICE.as_bytes())).unwrap();
    let socket = UdpSocket::from(socket);
    let (everybody, us) = (
        SocketAddr::from((Ipv4Addr::BROADCAST, 67)),
        SocketAddr::from((server, 67)),
    );
    let mut discover = packet(MessageType::Discover, None);
    let mut thief = packet(MessageType::Request, Some((server, reserved)));
    let mut relayed = packet(MessageType::Discover, None);
    relayed[24..28].copy_from_slice(&RELAY.octets());
    let kinds = [
        (&mut discover, everybody),
        (&mut thief, everybody),
        (&mut relayed, us),
    ];
    let mut kinds = kinds.map(|(bytes, to)| (std::mem::take(bytes), to));
    for number in 0_u32.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        if number.is_multiple_of(BURST) {
            std::thread::sleep(EVERY);
        }
        // Mostly DISCOVERs.
        let at = match number % 8 {
            0 => 1,
            1 => 2,
            _ => 0,
        };
        let (bytes, to) = &mut kinds[at];
        bytes[4..8].copy_from_slice(&number.to_be_bytes());
        bytes[30..34].copy_from_slice(&number.to_be_bytes());
        // A full buffer is no reason to stop.
        if socket.send_to(bytes, *to).is_ok() {
            sent.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A packet of a machine with a locally administered MAC, whose last four bytes are to be filled in.
fn packet(kind: MessageType, wants: Option<(Ipv4Addr, Ipv4Addr)>) -> Vec<u8> {
    let none = Ipv4Addr::UNSPECIFIED;
    let mut packet = Message::new_with_id(0, none, none, none, none, &[2, 0xf1, 0, 0, 0, 0]);
    packet.set_flags(Flags::new(0x8000));
    let options = packet.opts_mut();
    options.insert(DhcpOption::MessageType(kind));
    let class = b"PXEClient:Arch:00007:UNDI:003016".to_vec();
    options.insert(DhcpOption::ClassIdentifier(class));
    if let Some((server, address)) = wants {
        options.insert(DhcpOption::ServerIdentifier(server));
        options.insert(DhcpOption::RequestedIpAddress(address));
    }
    packet.to_vec().unwrap()
}

async fn open_a_pool(rack: &RackOfPackets) {
    let folder = rack.tree().parent().unwrap().to_owned();
    let pool = "vlan = 10\ndhcp = \"pool\"\npool = \"10.77.10.100-10.77.10.199\"\n";
    let text = file::text(&folder, 2).replacen("vlan = 10\n", pool, 1);
    let made_from = Some(1);
    let apply = types::Apply { text, made_from };
    rack.send(Method::PUT, "/v1/rack", &apply).await;
    let network = Some("management".to_owned());
    let discover = types::Discover {
        network,
        minutes: 30,
    };
    rack.send(Method::POST, "/v1/discover", &discover).await;
}

/// No stranger was given what is a node's.
async fn reserved_are_kept(rack: &RackOfPackets) {
    let events = rack.history().await;
    let given = events
        .iter()
        .filter(|event| event.what.code == "boot.pool-lease-given");
    for event in given {
        for n in 1..=2 {
            let reserved = format!("{} ", file::address(n));
            assert!(
                !format!("{} ", event.what.text).contains(&reserved),
                "{event:?}"
            );
        }
    }
    let strangers = events
        .iter()
        .filter(|event| event.what.code.starts_with("boot.stranger"));
    assert!(strangers.count() <= 256, "every stranger is an event");
}

#[test]
fn a_node_is_installed_in_spite_of_machines_that_do_not_exist() {
    play(2, PATIENCE, async |rack| {
        open_a_pool(&rack).await;
        let before = rack.appliance.memory_kib();
        let flood = Flood::begin(file::APPLIANCE, file::address(2));
        let begun = std::time::Instant::now();
        let job = rack.up(1, None).await.unwrap();
        is_brought_up(&rack, 1, job).await;
        let (took, sent) = (begun.elapsed(), flood.end());
        let grown = rack.appliance.memory_kib().saturating_sub(before);
        println!("{sent} packets in {took:?}: {grown} KiB more");
        assert!(sent > 10_000, "this was no flood: {sent} packets");
        assert!(grown < GROWTH_KIB, "{grown} KiB more");
        reserved_are_kept(&rack).await;
        rack
    });
}
