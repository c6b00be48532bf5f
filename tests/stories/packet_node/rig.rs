//! The boot services in this process on loopback, an arm made by hand, and packet nodes before them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use inventory::arm::{Arm, ArmState, Errand, Payload};
use inventory::clock::Deadline;
use inventory::id::{Epoch, JobId, Sha256, Token};
use inventory::node::{Identity, NodeRecord, Phase, Reports};
use inventory::secret::Secret;
use inventory::store::{self, Change, Expect, MemoryStore};
use pxe::World;
use pxe::dhcp::socket::{Way, serve};
use pxe::dhcp::{Port, Service};
use russh::keys::PrivateKey;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::Ed25519Keypair;
use templates::{HostKey, Install};
use tests::packet_node::{Config, Firmware, Hardware, PacketNode, Ports, tree};
use tests::small_rack::{Plan, SimClock, mac, serial};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub(super) const SERVER: Ipv4Addr = Ipv4Addr::new(127, 77, 10, 1);
/// An address of the rack's network that no node has.
pub(super) const THIEF: Ipv4Addr = Ipv4Addr::new(127, 77, 10, 99);

pub(super) struct Rig {
    pub(super) world: Arc<World>,
    ports: Ports,
    plan: Plan,
    stop: watch::Sender<bool>,
    services: JoinSet<()>,
    _folder: tempfile::TempDir,
}

impl Rig {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        tree::write(folder.path()).unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let plan = Plan {
            interface: "lo",
            server: SERVER,
            tree: path("tree"),
            loaders: path("loaders"),
            nodes: 3,
        };
        let store = Arc::new(MemoryStore::default());
        let clock = Arc::new(SimClock::default());
        let world = Arc::new(World::new(store, clock, Epoch(1), plan.rack()));
        let (stop, stopped) = watch::channel(false);
        let mut services = JoinSet::new();
        let ports = spawn(&mut services, &world, &stopped).await;
        Self {
            world,
            ports,
            plan,
            stop,
            services,
            _folder: folder,
        }
    }

    /// Every service ends with all it began.
    pub(super) async fn stop(mut self) {
        self.stop.send_replace(true);
        while let Some(ended) = self.services.join_next().await {
            ended.unwrap();
        }
    }

    /// Node number `n` as the rack file describes it.
    pub(super) fn node(&self, n: u8, firmware: Firmware) -> PacketNode {
        let rack = self.world.rack();
        let node = rack.node_by_mac(mac(n)).unwrap();
        PacketNode::new(Config {
            mac: mac(n),
            uuid: node.uuid.unwrap(),
            serial: serial(n),
            disk: node.disks.all()[0].to_string(),
            firmware,
            server: SERVER,
            ports: self.ports,
            agents: None,
            patience: Duration::from_millis(150),
            hardware: Hardware::default(),
            lies: Vec::new(),
        })
    }

    /// Arms node number `n`, as a job does.
    pub(super) async fn arm(&self, n: u8) {
        let rack = self.world.rack();
        let node = rack.node_by_mac(mac(n)).unwrap();
        let now = self.world.now();
        let payload = payload(&rack, node);
        let arm = Arm {
            node: node.name.clone(),
            mac: node.mac,
            address: self.plan.address(n),
            job: JobId(1),
            os: "standin".parse().unwrap(),
            errand: Errand::Install,
            epoch: Epoch(1),
            token: payload.token,
            kickstart: Sha256::of(payload.kickstart.as_bytes()),
            over_ipv6: None,
            astray: None,
            armed_at: now.wall,
            deadline: Deadline::after(&now, Duration::from_secs(600)),
            state: ArmState::Armed,
        };
        let mut change = Change::default();
        change.put(Expect::Any, &arm).unwrap();
        change.put(Expect::Any, &payload).unwrap();
        self.world.store.submit(change).await.unwrap();
    }

    pub(super) fn arm_state(&self, n: u8) -> ArmState {
        let rack = self.world.rack();
        let name = &rack.node_by_mac(mac(n)).unwrap().name;
        let found = store::read::<Arm>(&*self.world.store, name).unwrap();
        found.unwrap().value.state
    }

    /// The phases that node number `n` reported.
    pub(super) fn phases(&self, n: u8) -> Vec<Phase> {
        let rack = self.world.rack();
        let name = &rack.node_by_mac(mac(n)).unwrap().name;
        let found = store::read::<Reports>(&*self.world.store, name).unwrap();
        let reports = found.map_or_else(Vec::new, |found| found.value.reports);
        reports.iter().map(|report| report.phase).collect()
    }

    /// Whether the store remembers that an install of node number `n` was begun.
    pub(super) fn is_remembered(&self, n: u8) -> bool {
        let rack = self.world.rack();
        let name = &rack.node_by_mac(mac(n)).unwrap().name;
        let found = store::read::<NodeRecord>(&*self.world.store, name).unwrap();
        found.is_some_and(|found| found.value.install.is_some())
    }
}

async fn spawn(
    services: &mut JoinSet<()>,
    world: &Arc<World>,
    stopped: &watch::Receiver<bool>,
) -> Ports {
    let stop = || {
        let mut stopped = stopped.clone();
        async move {
            let _ = stopped.wait_for(|is_stopped| *is_stopped).await;
        }
    };
    let any = SocketAddr::from((SERVER, 0));
    let dhcp = UdpSocket::bind(any).await.unwrap();
    let tftp = UdpSocket::bind(any).await.unwrap();
    let http = TcpListener::bind(any).await.unwrap();
    let ports = Ports {
        dhcp: dhcp.local_addr().unwrap().port(),
        tftp: tftp.local_addr().unwrap().port(),
        http: http.local_addr().unwrap().port(),
        ssh: 0,
    };
    let interface = world.rack().appliance.interfaces[0].clone();
    let service = Arc::new(Service::new(world.clone(), interface, Port::Server).unwrap());
    services.spawn(serve(service, (dhcp, Way::Back), stop()));
    let (world, tftp_stop) = (world.clone(), stop());
    services.spawn(pxe::http::run(world.clone(), http, stop()));
    services.spawn(async move { pxe::tftp::run(world, tftp, tftp_stop).await.unwrap() });
    ports
}

/// The key that the kickstart lets in as root.
pub(super) fn appliance_key() -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[2; 32]))
}

fn payload(rack: &inventory::rack::Rack, node: &inventory::rack::Node) -> Payload {
    let token = Token::from_random(*b"0123456789abcdef");
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&[1; 32]));
    let host_key = HostKey {
        private: Secret::new(key.to_openssh(LineEnding::LF).unwrap().to_string()),
        public: key.public_key().to_openssh().unwrap(),
    };
    let identity = Identity {
        serial: node.serial.as_ref().unwrap().to_string(),
        uuid: node.uuid,
    };
    let install = Install {
        rack,
        node,
        token,
        identity: &identity,
        data: templates::Data::Refused,
        host_key: &host_key,
        passphrase: None,
        appliance_key: &appliance_key().public_key().to_openssh().unwrap(),
    };
    templates::payload(&install).unwrap()
}
