//! A cable with our ears at one end and a stranger's machine at the other.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use inventory::id::Epoch;
use inventory::net::Mac;
use inventory::node::ForeignServer;
use inventory::store::{self, MemoryStore};
use pxe::World;
use pxe::neighbours::Neighbours;
use pxe::wire::{Hears, Wire};
use tests::namespace::{Cable, DEVICE};
use tests::peer::Peer;
use tests::small_rack::{Plan, SimClock};

/// The stranger's card.
pub(super) const STRANGER: Mac = Mac([0x52, 0x54, 0, 0x78, 0, 0x66]);
/// Where dnsmasq stands.
pub(super) const DNSMASQ: Ipv4Addr = Ipv4Addr::new(10, 78, 10, 66);

/// How long anything here may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Rig {
    pub(super) cable: Cable,
    pub(super) world: Arc<World>,
    /// Sends from the stranger's end.
    pub(super) far: Wire,
    neighbours: Neighbours,
    runtime: tokio::runtime::Runtime,
    folder: tempfile::TempDir,
}

impl Rig {
    /// The far end's card is `far` and has `addresses`; the rack's network names `servers`.
    pub(super) fn plug((far, address): (Mac, Ipv4Addr), servers: &[Ipv4Addr]) -> Self {
        let cable = Cable::lay("10.78.10.1/24");
        cable.set_mac(far);
        cable.add_to_client(&format!("{address}/24"));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let world = world(servers);
        let interface = world.rack().appliance.interfaces[0].clone();
        let context = runtime.enter();
        cable.enter_client();
        let far = Wire::open(DEVICE, Hears::Nothing).unwrap();
        cable.enter_server();
        let neighbours = Neighbours::open(world.clone(), &interface)
            .unwrap()
            .unwrap();
        drop(context);
        Self {
            cable,
            world,
            far,
            neighbours,
            runtime,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Plays `story` as what serves beside the ears.
    pub(super) fn run(&self, story: impl AsyncFnOnce(&Neighbours)) {
        let serving = self.neighbours.beside(story(&self.neighbours));
        self.runtime.block_on(serving);
    }

    /// dnsmasq at the far end; returns once it answers.
    pub(super) fn dnsmasq(&self) -> Peer {
        let mut command = self.cable.on_client("dnsmasq".as_ref());
        command.args([
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--port=0",
            "--user=root",
        ]);
        command.args([
            "--interface=d0",
            "--bind-interfaces",
            "--leasefile-ro",
            "--no-ping",
            "--log-dhcp",
        ]);
        command.args([
            "--dhcp-authoritative",
            "--dhcp-range=10.78.10.100,10.78.10.110",
        ]);
        command.arg(format!("--log-facility={}", self.log().display()));
        let dnsmasq = Peer::start(command.stdin(Stdio::null())).unwrap();
        let begun = Instant::now();
        while !self.dnsmasq_said().contains("DHCP, ") {
            assert!(begun.elapsed() < PATIENCE, "dnsmasq does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        dnsmasq
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("dnsmasq.log")
    }

    pub(super) fn dnsmasq_said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Somebody's DHCP client on our end, whose answers we hear as any neighbour does that a switch floods them to.
    pub(super) fn udhcpc_beside_us(&self) -> Peer {
        let mut command = self.cable.on_server("busybox".as_ref());
        command.args([
            "udhcpc",
            "-i",
            DEVICE,
            "-f",
            "-n",
            "-q",
            "-t",
            "5",
            "-s",
            "/bin/true",
        ]);
        Peer::start(quiet(&mut command)).unwrap()
    }

    /// arping at the far end.
    pub(super) fn arping(&self, arguments: &[&str]) -> Peer {
        let mut command = self.cable.on_client("arping".as_ref());
        Peer::start(quiet(command.args(arguments))).unwrap()
    }

    /// Waits until `is_so`, looking again after every change.
    pub(super) async fn until(&self, is_so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < PATIENCE, "it did not happen");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Server, MAC and interface of each that is stored.
    pub(super) fn foreign_servers(&self) -> Vec<(Ipv4Addr, Mac, String)> {
        let stored = store::read_all::<ForeignServer>(&*self.world.store).unwrap();
        let values = stored.into_iter().map(|found| found.value);
        values
            .map(|its| (its.server, its.mac, its.interface))
            .collect()
    }

    /// The sentences of all events of `code`.
    pub(super) fn events(&self, code: &str) -> Vec<String> {
        let links = self.world.store.events(1, 100_000).unwrap();
        let events = links.iter().map(|link| link.event().unwrap().what);
        let of_code = events.filter(|what| what.code() == code);
        of_code.map(|what| what.english()).collect()
    }
}

fn world(servers: &[Ipv4Addr]) -> Arc<World> {
    let plan = Plan {
        interface: DEVICE,
        server: Ipv4Addr::new(10, 78, 10, 1),
        tree: "/srv/standin".to_owned(),
        loaders: "/usr/lib/ipxe".to_owned(),
        nodes: 2,
    };
    let mut rack = plan.rack();
    for network in rack.networks.values_mut() {
        network.dhcp_servers = servers.to_vec();
    }
    let clock = Arc::new(SimClock::default());
    Arc::new(World::new(
        Arc::new(MemoryStore::default()),
        clock,
        Epoch(1),
        rack,
    ))
}

fn quiet(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
}
