//! A cable with every IPv6 service of the appliance at one end and a place to run clients at the other.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use inventory::arm::{Arm, ArmState, Errand, OverIpv6, Payload, Texts};
use inventory::clock::Deadline;
use inventory::id::{Epoch, JobId, Sha256, Token};
use inventory::rack::{Node, Rack};
use inventory::store::{self, Change, Expect, MemoryStore};
use pxe::World;
use tests::namespace::Cable;
use tests::small_rack::{Plan, SimClock};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;

pub(super) const SERVER: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x78, 0, 0x10, 0, 0, 0, 1);

/// What a client told its script: the last environment it was called with.
type Told = BTreeMap<String, String>;

pub(super) struct Rig {
    pub(super) cable: Arc<Cable>,
    pub(super) world: Arc<World>,
    pub(super) folder: tempfile::TempDir,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

/// The IPv6 address of node number `n`.
pub(super) fn address(n: u16) -> Ipv6Addr {
    Ipv6Addr::new(0xfd00, 0x78, 0, 0x10, 0, 0, 0, 0x20 + n)
}

/// The small rack with two nodes, and IPv6 addresses for all.
fn rack(tree: String) -> Rack {
    let plan = Plan {
        interface: "d0",
        server: Ipv4Addr::new(10, 78, 10, 1),
        tree,
        loaders: "/usr/lib/ipxe".to_owned(),
        nodes: 2,
    };
    let mut rack = plan.rack();
    rack.appliance.interfaces[0].address6 = Some(SERVER);
    for network in rack.networks.values_mut() {
        network.subnet6 = Some("fd00:78:0:10::/64".parse().unwrap());
    }
    for (n, node) in (1..).zip(rack.nodes.values_mut()) {
        node.address6 = Some(address(n));
    }
    rack
}

impl Rig {
    /// Returns once every service listens.
    pub(super) fn start() -> Self {
        Self::start_with(|rack| rack)
    }

    /// The same with another rack.
    pub(super) fn start_with(change: impl FnOnce(Rack) -> Rack) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tree = folder.path().join("tree");
        fs::create_dir_all(tree.join("images")).unwrap();
        fs::write(tree.join("images/file"), vec![b'7'; 100_000]).unwrap();
        let cable = Arc::new(Cable::lay("10.78.10.1/24"));
        cable.add_to_server(&format!("{SERVER}/64 nodad"));
        let (store, clock) = (
            Arc::new(MemoryStore::default()),
            Arc::new(SimClock::default()),
        );
        let rack = change(rack(tree.display().to_string()));
        let world = Arc::new(World::new(store, clock, Epoch(1), rack));
        let (stop, stopped) = watch::channel(false);
        let (listens, ready) = mpsc::channel();
        let server = {
            let (cable, world) = (cable.clone(), world.clone());
            std::thread::spawn(move || serve(&cable, world, (listens, stopped)))
        };
        ready.recv().unwrap();
        let rig = Self {
            cable,
            world,
            folder,
            stop,
            server,
        };
        rig.until_ready(&rig.cable);
        rig
    }

    /// A client has no link-local address before the kernel has seen that nobody else has it.
    pub(super) fn until_ready(&self, cable: &Cable) {
        let ready = "until ip -6 address show dev d0 scope link -tentative | grep -q fe80; do sleep 0.1; done";
        cable.run("timeout", &["30", "sh", "-c", ready]);
    }

    /// dnsmasq as a relay at the client's end, with its clients' side at `address`, until it is dropped.
    pub(super) fn relay(&self, address: Ipv6Addr) -> Relay {
        let mut relay = self.cable.on_client(Path::new("dnsmasq"));
        relay.args(["-k", "--conf-file=/dev/null", "--port=0", "--user=root"]);
        relay.args(["--pid-file=", "--log-facility=/dev/null"]);
        relay.arg(format!("--dhcp-relay={address},{SERVER}"));
        Relay(relay.spawn().unwrap())
    }

    /// The services end when they are told to, with every task they began.
    pub(super) fn stop(self) {
        self.stop.send(true).unwrap();
        self.server.join().unwrap();
    }

    /// Runs shell words at the client's end, for at most 30 s; what they say.
    pub(super) fn sh(&self, words: &str) -> String {
        let output = self.cable.run("timeout", &["30", "sh", "-c", words]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What dhclient was told, with a configuration of its own and no memory of an earlier run; or what it said when it got
    /// nothing within `seconds`.
    pub(super) fn dhclient(&self, configuration: &str, seconds: u32) -> Result<Told, String> {
        self.dhclient_at(&self.cable, configuration, seconds)
    }

    /// The same at the end of another cable.
    pub(super) fn dhclient_at(
        &self,
        cable: &Cable,
        configuration: &str,
        seconds: u32,
    ) -> Result<Told, String> {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let (script, told) = self.script();
        let (config, leases, pid) = (path("dhclient.conf"), path("leases"), path("pid"));
        fs::write(&config, configuration).unwrap();
        fs::write(&leases, "").unwrap();
        let files = [
            "-sf", &script, "-cf", &config, "-lf", &leases, "-pf", &pid, "d0",
        ];
        let seconds = seconds.to_string();
        let limited = ["-k", "1", &seconds, "dhclient", "-6", "-1", "-v"];
        let output = cable.run("timeout", &[&limited[..], &files[..]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = fs::read_to_string(&told).map_err(|_| said);
        cable.run("dhclient", &[&["-6", "-x"], &files[..]].concat());
        let pairs = text?;
        let pairs = pairs.lines().filter_map(|line| line.split_once('='));
        Ok(pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect())
    }

    /// A script that keeps the environment a client calls it with.
    fn script(&self) -> (String, PathBuf) {
        let script = self.folder.path().join("script");
        let told = self.folder.path().join("told");
        let _ = fs::remove_file(&told);
        let keep = format!(
            "#!/bin/sh\ncase $reason in BOUND6|REBIND6|RENEW6) env >{0}.new; mv {0}.new {0} ;; esac\n",
            told.display(),
        );
        fs::write(&script, keep).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        (script.display().to_string(), told)
    }

    /// The node with this number, from 1.
    pub(super) fn node(&self, n: usize) -> Node {
        self.world.rack().nodes.values().nth(n - 1).unwrap().clone()
    }

    /// Arms node 1 with texts that say so.
    pub(super) fn arm(&self) -> Payload {
        let (node, now) = (self.node(1), self.world.now());
        let text = |what: &str| format!("# {what}\n");
        let payload = Payload {
            node: node.name.clone(),
            token: Token::from_random([7; 16]),
            ipxe: text("iPXE over IPv4"),
            grub: text("GRUB over IPv4"),
            kickstart: text("kickstart over IPv4"),
            host_key: String::new(),
            over_ipv6: Some(Texts {
                ipxe: text("iPXE over IPv6"),
                grub: text("GRUB over IPv6"),
                kickstart: text("kickstart over IPv6"),
            }),
        };
        let arm = Arm {
            node: node.name.clone(),
            mac: node.mac,
            address: node.address,
            job: JobId(1),
            os: "standin".parse().unwrap(),
            errand: Errand::Install,
            epoch: Epoch(1),
            token: payload.token,
            kickstart: Sha256::of(payload.kickstart.as_bytes()),
            over_ipv6: OverIpv6::of(&node, payload.over_ipv6.as_ref()),
            astray: None,
            armed_at: now.wall,
            deadline: Deadline::after(&now, Duration::from_secs(3600)),
            state: ArmState::Armed,
        };
        let mut change = Change::default();
        change.put(Expect::Any, &arm).unwrap();
        change.put(Expect::Any, &payload).unwrap();
        self.world.store.submit(change).wait().unwrap();
        payload
    }

    /// Where the arm of node 1 stands.
    pub(super) fn arm_state(&self) -> ArmState {
        let name = self.node(1).name;
        let arm = store::read::<Arm>(&*self.world.store, &name).unwrap();
        arm.unwrap().value.state
    }
}

/// A relay of other people.
pub(super) struct Relay(Child);

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The services on a thread of its own, which stands in the server's namespace.
fn serve(
    cable: &Cable,
    world: Arc<World>,
    (listens, stopped): (mpsc::Sender<()>, watch::Receiver<bool>),
) {
    cable.enter_server();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let interface = world.rack().appliance.interfaces[0].clone();
    runtime.unwrap().block_on(async {
        let udp = UdpSocket::bind(SocketAddr::from((SERVER, 69)))
            .await
            .unwrap();
        let tcp = TcpListener::bind(SocketAddr::from((SERVER, 80)))
            .await
            .unwrap();
        let end = || {
            let mut stopped = stopped.clone();
            async move { drop(stopped.wait_for(|is_over| *is_over).await) }
        };
        // The last one's `stop` is polled first after its sockets are open.
        let last = async {
            listens.send(()).unwrap();
            end().await;
        };
        let link = pxe::advert::Link {
            prefix: "fd00:78:0:10::/64".parse().unwrap(),
            mtu: 1500,
        };
        let (advert, tftp, http, dhcp) = tokio::join!(
            pxe::advert::run(interface.clone(), link, end()),
            pxe::tftp::run(world.clone(), udp, end()),
            pxe::http::run(world.clone(), tcp, end()),
            pxe::dhcp6::run(world.clone(), (interface, SERVER), last),
        );
        (advert.unwrap(), tftp.unwrap(), http, dhcp.unwrap())
    });
}
