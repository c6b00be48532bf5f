//! The boot services around two halves of one world, and the rack, arm and files that the captures were made with.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use inventory::arm::{Arm, ArmState, Errand, OverIpv6, Payload, Texts};
use inventory::clock::Deadline;
use inventory::id::{Epoch, JobId, NodeName, Sha256, Token};
use inventory::rack::{Node, Rack, Source};
use inventory::store::MemoryStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::captured::{Capture, Over};
use super::{folder, shown};
use crate::World;
use crate::dhcp::{Port, Service, packet};
use crate::dhcp6::packet::Origin;
use crate::fixture::{SPAN, scene_of, stored, write};
use crate::{dhcp6, http, tftp};

/// Far longer than any answer on loopback takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where IPv6 is spoken on loopback.
const LOOPBACK6: Ipv6Addr = Ipv6Addr::LOCALHOST;

/// A half of the world: the rack with its addresses, and the node that asks.
struct Half {
    world: Arc<World>,
    node: Node,
}

pub(super) struct Services {
    /// As the rack file has it.
    real: Half,
    /// On loopback.
    local: Half,
    dhcp: Service,
    dhcp6: dhcp6::Service,
    tftp: [SocketAddr; 2],
    http: [SocketAddr; 2],
    stop: watch::Sender<()>,
    tasks: Vec<JoinHandle<()>>,
    _files: tempfile::TempDir,
}

impl Services {
    pub(super) async fn start(capture: &Capture) -> Self {
        let files = tempfile::tempdir().unwrap();
        lay_files(files.path());
        let rack = rack(files.path());
        let real = half(rack.clone(), &capture.node);
        let local = half(on_loopback(&rack, &capture.node), &capture.node);
        for half in [&real, &local] {
            if let Some(token) = capture.armed {
                arm(half, token);
            }
        }
        let interface = real.world.rack().appliance.interfaces[0].clone();
        let server6 = interface.address6.unwrap();
        let world = real.world.clone();
        let dhcp6 = dhcp6::Service::new(world, interface.clone(), server6).unwrap();
        let dhcp = Service::new(real.world.clone(), interface, Port::Server).unwrap();
        let here = local.world.rack().appliance.interfaces[0].address;
        let (stop, stopped) = watch::channel(());
        let v4 = listen(here.into()).await;
        let v6 = listen(LOOPBACK6.into()).await;
        let at = |sockets: &(UdpSocket, TcpListener)| {
            (
                sockets.0.local_addr().unwrap(),
                sockets.1.local_addr().unwrap(),
            )
        };
        let (at4, at6) = (at(&v4), at(&v6));
        let mut tasks = serve(&local.world, v4, &stopped);
        tasks.extend(serve(&local.world, v6, &stopped));
        Self {
            tftp: [at4.0, at6.0],
            http: [at4.1, at6.1],
            tasks,
            stop,
            dhcp,
            dhcp6,
            real,
            local,
            _files: files,
        }
    }

    pub(super) async fn stop(self) {
        drop(self.stop);
        for task in self.tasks {
            task.await.unwrap();
        }
    }

    /// The reply, or that there is none.
    pub(super) async fn dhcp(&self, bytes: &[u8]) -> String {
        // A client sends from the address it has (RFC 2131 §4.1).
        let has = bytes.get(12..16).and_then(|has| has.try_into().ok());
        let source = packet::Source {
            address: <[u8; 4]>::into(has.unwrap_or_default()),
            to_all: false,
        };
        let Ok(request) = packet::read(bytes, source) else {
            return "dropped\n".to_owned();
        };
        let answer = self.dhcp.respond(&request).await.unwrap();
        let given = inventory::store::read(&*self.real.world.store, &self.real.node.mac).unwrap();
        if let Some(given) = given {
            let given: inventory::lease::Lease = given.value;
            let address = self.local.node.address;
            write(
                &self.local.world,
                &inventory::lease::Lease { address, ..given },
            );
        }
        follow(&self.real, &self.local);
        answer.map_or("silence\n".to_owned(), |answer| {
            format!("to {}\n{}", answer.to, shown::dhcp(&answer.bytes))
        })
    }

    /// The same over DHCPv6, of a packet that came from this address on the node's card.
    pub(super) async fn dhcp6(&self, from: Ipv6Addr, bytes: &[u8]) -> String {
        let origin = Origin {
            mac: self.real.node.mac,
            address: from,
            to_all: true,
        };
        let Ok(request) = dhcp6::packet::read(bytes, origin) else {
            return "dropped\n".to_owned();
        };
        let answer = self.dhcp6_bytes(&request).await.unwrap();
        let given = inventory::store::read(&*self.real.world.store, &self.real.node.mac).unwrap();
        if let Some(given) = given {
            let given: inventory::lease::Lease<Ipv6Addr> = given.value;
            let address = LOOPBACK6;
            write(
                &self.local.world,
                &inventory::lease::Lease { address, ..given },
            );
        }
        follow(&self.real, &self.local);
        answer.map_or("silence\n".to_owned(), |answer| shown::dhcp6(&answer))
    }

    /// The reply alone, as bytes; nothing follows from it in the other half.
    pub(super) async fn dhcp6_bytes(
        &self,
        request: &dhcp6::packet::Request,
    ) -> Result<Option<Vec<u8>>, dhcp6::NoAnswer> {
        self.dhcp6.respond(request).await
    }

    /// Where the node asks from on loopback, and which of two.
    fn end(&self, over: Over) -> (IpAddr, usize) {
        match over {
            Over::Ipv4 => (self.local.node.address.into(), 0),
            Over::Ipv6 => (LOOPBACK6.into(), 1),
        }
    }

    /// The reply alone, as bytes; nothing follows from it in the other half.
    pub(super) async fn dhcp_bytes(&self, request: &packet::Request) -> Option<Vec<u8>> {
        let answer = self.dhcp.respond(request).await.unwrap();
        answer.map(|answer| answer.bytes)
    }

    /// The rack as its file has it.
    pub(super) fn real_rack(&self) -> Arc<Rack> {
        self.real.world.rack()
    }

    /// The first answer, and the first block behind an OACK.
    pub(super) async fn tftp(&self, over: Over, bytes: &[u8]) -> String {
        const OACK: [u8; 2] = [0, 6];
        let (node, at) = self.end(over);
        let socket = UdpSocket::bind((node, 0)).await.unwrap();
        socket.send_to(bytes, self.tftp[at]).await.unwrap();
        let (mut packet, from) = hear(&socket).await;
        let mut text = shown::lines(&packet);
        if packet.starts_with(&OACK) {
            socket.send_to(&[0, 4, 0, 0], from).await.unwrap();
            (packet, _) = hear(&socket).await;
            text.push_str(&shown::lines(&packet));
        }
        socket.send_to(b"\0\x05\0\0seen\0", from).await.unwrap();
        follow(&self.local, &self.real);
        text
    }

    /// The whole answer. The line of the date is left out: it says when the test ran.
    pub(super) async fn http(&self, over: Over, bytes: &[u8]) -> String {
        let socket = match over {
            Over::Ipv4 => TcpSocket::new_v4().unwrap(),
            Over::Ipv6 => TcpSocket::new_v6().unwrap(),
        };
        let (node, at) = self.end(over);
        socket.bind((node, 0).into()).unwrap();
        let mut stream = socket.connect(self.http[at]).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let is_head = bytes.starts_with(b"HEAD ");
        let answer = timeout(PATIENCE, whole(&mut stream, is_head)).await;
        let answer = answer.expect("an answer in time");
        follow(&self.local, &self.real);
        let text = shown::lines(&answer);
        let is_kept = |line: &&str| !line.starts_with("| Date: ");
        text.split_inclusive('\n').filter(is_kept).collect()
    }
}

async fn listen(at: IpAddr) -> (UdpSocket, TcpListener) {
    let udp = UdpSocket::bind((at, 0)).await.unwrap();
    (udp, TcpListener::bind((at, 0)).await.unwrap())
}

fn serve(
    world: &Arc<World>,
    (udp, tcp): (UdpSocket, TcpListener),
    stopped: &watch::Receiver<()>,
) -> Vec<JoinHandle<()>> {
    let ended = |mut stopped: watch::Receiver<()>| async move {
        let _ = stopped.changed().await;
    };
    let (first, second) = (ended(stopped.clone()), ended(stopped.clone()));
    let (of_tftp, of_http) = (world.clone(), world.clone());
    vec![
        tokio::spawn(async move { tftp::run(of_tftp, udp, first).await.unwrap() }),
        tokio::spawn(async move { http::run(of_http, tcp, second).await }),
    ]
}

async fn hear(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut packet = vec![0; 4096];
    let heard = timeout(PATIENCE, socket.recv_from(&mut packet)).await;
    let (length, from) = heard.expect("an answer in time").unwrap();
    packet.truncate(length);
    (packet, from)
}

/// One answer, to the end that its own Content-Length says. No client ends its side before: neither does the test.
async fn whole(stream: &mut TcpStream, is_head: bool) -> Vec<u8> {
    let mut answer = Vec::new();
    loop {
        let read = stream.read_buf(&mut answer).await.unwrap();
        assert!(read > 0, "ended early: {}", answer.escape_ascii());
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        let length = fields.find(|(name, _)| *name == "Content-Length");
        let length: usize = length.expect("a length").1.parse().unwrap();
        if is_head || body.len() >= length {
            return answer;
        }
    }
}

/// A file of a few words for each that the stand-in's tree and the loaders folder had, changed at one time.
fn lay_files(folder: &Path) {
    let list = std::fs::read_to_string(super::folder().join("tree")).unwrap();
    let loaders =
        ["undionly.kpxe", "snponly.efi", "ipxe.efi"].map(|name| format!("loaders/{name}"));
    let tree = list.lines().map(|path| format!("tree/{path}"));
    for path in tree.chain(loaders) {
        let whole = folder.join(&path);
        std::fs::create_dir_all(whole.parent().unwrap()).unwrap();
        std::fs::write(&whole, format!("{path} as the test has it\n")).unwrap();
        let file = std::fs::File::open(&whole).unwrap();
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        file.set_modified(then).unwrap();
    }
}

fn rack(files: &Path) -> Rack {
    let text = std::fs::read_to_string(folder().join("rack.toml")).unwrap();
    let mut rack = inventory::config::check(&text).unwrap();
    rack.appliance.loaders = files.join("loaders");
    for os in rack.oses.values_mut() {
        os.source = Source::Tree(files.join("tree"));
    }
    rack
}

/// There is one IPv6 address on loopback: the appliance has it, and of the nodes the one that asks.
fn on_loopback(rack: &Rack, asks: &NodeName) -> Rack {
    let text = serde_json::to_string(rack).unwrap();
    let mut rack: Rack = serde_json::from_str(&text.replace("\"10.77.", "\"127.77.")).unwrap();
    rack.appliance.interfaces[0].address6 = Some(LOOPBACK6);
    for node in rack.nodes.values_mut() {
        node.address6 = (node.name == *asks).then_some(LOOPBACK6);
    }
    rack
}

fn half(rack: Rack, node: &NodeName) -> Half {
    let world = scene_of(Arc::new(MemoryStore::default()), rack).world;
    let node = world.rack().nodes[node].clone();
    Half { world, node }
}

fn arm(half: &Half, token: Token) {
    let (world, node) = (&half.world, &half.node);
    let payload = Payload {
        node: node.name.clone(),
        token,
        ipxe: "#!ipxe\n# the installer's script\n".to_owned(),
        grub: "# the installer's configuration\n".to_owned(),
        kickstart: "# the kickstart\n".to_owned(),
        host_key: String::new(),
        over_ipv6: Some(Texts {
            ipxe: "#!ipxe\n# the installer's script over IPv6\n".to_owned(),
            grub: "# the installer's configuration over IPv6\n".to_owned(),
            kickstart: "# the kickstart over IPv6\n".to_owned(),
        }),
    };
    write(world, &payload);
    let arm = Arm {
        node: node.name.clone(),
        mac: node.mac,
        address: node.address,
        job: JobId(1),
        os: world.rack().profiles[&node.profile].os.clone(),
        errand: Errand::Install,
        epoch: Epoch(1),
        token,
        kickstart: Sha256::of(payload.kickstart.as_bytes()),
        over_ipv6: OverIpv6::of(node, payload.over_ipv6.as_ref()),
        astray: None,
        armed_at: world.now().wall,
        deadline: Deadline::after(&world.now(), SPAN),
        state: ArmState::Armed,
    };
    write(world, &arm);
}

/// What the one half did to the arm is so in the other as well.
fn follow(from: &Half, to: &Half) {
    let changed = stored(&from.world, &from.node).zip(stored(&to.world, &to.node));
    if let Some((Arm { state, .. }, arm)) = changed {
        write(&to.world, &Arm { state, ..arm });
    }
}
