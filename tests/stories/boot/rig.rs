//! HTTP and TFTP on loopback, around a small rack whose nodes are loopback addresses, and an install tree with traps in it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use inventory::arm::{Arm, ArmState, Errand, Payload};
use inventory::clock::Deadline;
use inventory::id::{Epoch, JobId, Sha256, Token};
use inventory::lease::{Client, Lease};
use inventory::rack::Node;
use inventory::store::{self, Change, Expect, MemoryStore, Record};
use pxe::World;
use pxe::http::Limits;
use socket2::{Domain, Socket, Type};
use tests::small_rack::{Plan, SimClock};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;

pub(super) const SERVER: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// Address of `kvm-01`.
pub(super) const NODE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 21);
/// Address of `kvm-02`.
pub(super) const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 22);
/// What no client may ever see.
pub(super) const SECRET: &str = "outside the tree";
/// The menu of an installation medium, which would install without an arm.
pub(super) const MENU: &str = "menuentry 'Install without asking'";

pub(super) struct Rig {
    pub(super) world: Arc<World>,
    pub(super) http: SocketAddr,
    pub(super) tftp: SocketAddr,
    folder: tempfile::TempDir,
    stop: watch::Sender<()>,
    services: JoinHandle<()>,
}

/// Bytes without a pattern that a block size could hide.
pub(super) fn bytes(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    (0..size).map(next).collect()
}

fn tree(folder: &Path) {
    let tree = folder.join("tree");
    for part in ["EFI/BOOT", "images/pxeboot", "Packages/l"] {
        fs::create_dir_all(tree.join(part)).unwrap();
    }
    fs::write(folder.join("secret"), SECRET).unwrap();
    fs::write(tree.join(".treeinfo"), "[header]\n").unwrap();
    fs::write(tree.join("EFI/BOOT/grub.cfg"), MENU).unwrap();
    fs::write(tree.join("EFI/BOOT/BOOTX64.EFI"), bytes(70_001)).unwrap();
    fs::write(tree.join("images/pxeboot/vmlinuz"), bytes(3_000_017)).unwrap();
    fs::write(tree.join("Packages/l/libstdc++-11~rc^1.rpm"), bytes(1000)).unwrap();
    fs::write(tree.join("ten"), "0123456789").unwrap();
    fs::write(tree.join("empty"), "").unwrap();
    symlink("../secret", tree.join("leads-out")).unwrap();
    symlink(folder.join("secret"), tree.join("leads-far-out")).unwrap();
    symlink("images/pxeboot/vmlinuz", tree.join("vmlinuz")).unwrap();
}

impl Rig {
    pub(super) fn start() -> Self {
        Self::within(Limits::default())
    }

    /// Returns once both services listen.
    pub(super) fn within(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        tree(folder.path());
        let plan = Plan {
            interface: "lo",
            server: SERVER,
            tree: folder.path().join("tree").display().to_string(),
            loaders: "/usr/lib/ipxe".to_owned(),
            nodes: 2,
        };
        let store = Arc::new(MemoryStore::default());
        let clock = Arc::new(SimClock::default());
        let world = Arc::new(World::new(store, clock, Epoch(1), plan.rack()));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let sockets = async {
            let http = TcpListener::bind((SERVER, 0)).await.unwrap();
            (http, UdpSocket::bind((SERVER, 0)).await.unwrap())
        };
        let (listener, socket) = runtime.block_on(sockets);
        let (stop, stopped) = watch::channel(());
        let stopped = || wait(stopped.clone());
        let (http, tftp) = (listener.local_addr().unwrap(), socket.local_addr().unwrap());
        let services = {
            let http = pxe::http::run_within(world.clone(), listener, limits, stopped());
            let tftp = pxe::tftp::run(world.clone(), socket, stopped());
            std::thread::spawn(move || {
                let (served, ()) = runtime.block_on(async { tokio::join!(tftp, http) });
                served.unwrap();
            })
        };
        let rig = Self {
            world,
            http,
            tftp,
            folder,
            stop,
            services,
        };
        for name in ["kvm-01", "kvm-02"] {
            rig.lease(&rig.node(name));
        }
        rig
    }

    /// The services end when they are told to, with every task they began.
    pub(super) fn stop(self) {
        self.stop.send(()).unwrap();
        self.services.join().unwrap();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of the tree, as it is.
    pub(super) fn original(&self, name: &str) -> Vec<u8> {
        fs::read(self.path("tree").join(name)).unwrap()
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    /// curl, posing as `from`.
    pub(super) fn curl_as(&self, from: Ipv4Addr, arguments: &[&str]) -> Output {
        let from = from.to_string();
        let mut all = vec!["--interface", &from, "-sS", "-m", "20", "--path-as-is"];
        all.extend(arguments);
        run("curl", &all)
    }

    /// Status and body of a GET by `from`.
    pub(super) fn get_as(&self, from: Ipv4Addr, path: &str) -> (u16, Vec<u8>) {
        let url = self.url(path);
        let output = self.curl_as(from, &["-w", "%{stderr}%{http_code}", &url]);
        (status(&output), output.stdout)
    }

    pub(super) fn get(&self, path: &str) -> (u16, Vec<u8>) {
        self.get_as(NODE, path)
    }

    pub(super) fn node(&self, name: &str) -> Node {
        self.world.rack().nodes[&name.parse().unwrap()].clone()
    }

    fn lease(&self, node: &Node) {
        self.write(&Lease {
            mac: node.mac,
            address: node.address,
            node: node.name.clone(),
            interface: "lo".to_owned(),
            client: Client::Firmware,
            given_at: self.world.now().wall,
        });
    }

    fn write<R: Record>(&self, record: &R) {
        let mut change = Change::default();
        change.put(Expect::Any, record).unwrap();
        self.world.store.submit(change).wait().unwrap();
    }

    /// Arms `kvm-01`.
    pub(super) fn arm(&self) -> Payload {
        let node = self.node("kvm-01");
        let payload = Payload {
            node: node.name.clone(),
            token: Token::from_random([7; 16]),
            ipxe: "#!ipxe\n# the installer\n".to_owned(),
            grub: "# the installer\n".to_owned(),
            kickstart: "# the kickstart\n".to_owned(),
            host_key: String::new(),
            over_ipv6: None,
        };
        self.write(&payload);
        let now = self.world.now();
        self.write(&Arm {
            node: node.name.clone(),
            mac: node.mac,
            address: node.address,
            job: JobId(1),
            os: "standin".parse().unwrap(),
            errand: Errand::Install,
            epoch: Epoch(1),
            token: payload.token,
            kickstart: Sha256::of(payload.kickstart.as_bytes()),
            over_ipv6: None,
            astray: None,
            armed_at: now.wall,
            deadline: Deadline::after(&now, Duration::from_secs(3600)),
            state: ArmState::Armed,
        });
        payload
    }

    /// Where the arm of `kvm-01` stands.
    pub(super) fn arm_state(&self) -> ArmState {
        let name = self.node("kvm-01").name;
        let arm = store::read::<Arm>(&*self.world.store, &name).unwrap();
        arm.unwrap().value.state
    }

    /// The codes of all events so far.
    pub(super) fn codes(&self) -> Vec<String> {
        let links = self.world.store.events(1, 1000).unwrap();
        let code = |link: &inventory::store::Link| link.event().unwrap().what.code();
        links.iter().map(code).collect()
    }
}

/// The local boot script of a node's iPXE, or the screen of a stranger's.
pub(super) fn local_ipxe(from: Ipv4Addr) -> Vec<u8> {
    if ![NODE, NEIGHBOUR].contains(&from) {
        let screen = templates::boot::unknown_ipxe(from.into());
        return screen.unwrap().into_bytes();
    }
    let dir = format!("http://{SERVER}/os/standin/EFI/BOOT");
    let script = templates::boot::local_ipxe(Some(&dir));
    script.unwrap().into_bytes()
}

async fn wait(mut stopped: watch::Receiver<()>) {
    let _ = stopped.changed().await;
}

/// A program, to its end.
pub(super) fn run(program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program).args(arguments).output();
    output.unwrap_or_else(|error| panic!("{program}: {error}; tests/setup.sh installs it"))
}

/// A connection from an address of one's own choice.
pub(super) fn connect(from: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    let stream = TcpStream::from(socket);
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// The HTTP status that curl was told to write to stderr; 0 if there was no answer.
pub(super) fn status(output: &Output) -> u16 {
    let said = String::from_utf8_lossy(&output.stderr);
    let code = said.get(said.len().saturating_sub(3)..);
    code.and_then(|code| code.parse().ok()).unwrap_or_default()
}
