//! A cable with the DHCP service at one end and a place to run clients at the other.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use inventory::id::Epoch;
use inventory::net::Mac;
use inventory::rack::Rack;
use inventory::store::MemoryStore;
use pxe::World;
use tests::namespace::Cable;
use tests::peer::Peer;
use tests::small_rack::{Plan, SimClock};
use tokio::sync::oneshot;

/// How long another program may take to start on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a client told its script: the last environment it was called with.
pub(super) type Told = BTreeMap<String, String>;

pub(super) struct Rig {
    pub(super) cable: Arc<Cable>,
    pub(super) world: Arc<World>,
    folder: tempfile::TempDir,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Rig {
    /// Returns once the service listens.
    pub(super) fn start() -> Self {
        Self::start_with(|rack| rack)
    }

    /// The same with another rack.
    pub(super) fn start_with(change: impl FnOnce(Rack) -> Rack) -> Self {
        let cable = Arc::new(Cable::lay("10.78.10.1/24"));
        let plan = Plan {
            interface: "d0",
            server: Ipv4Addr::new(10, 78, 10, 1),
            tree: "/srv/standin".to_owned(),
            loaders: "/usr/lib/ipxe".to_owned(),
            nodes: 2,
        };
        let store = Arc::new(MemoryStore::default());
        let clock = Arc::new(SimClock::default());
        let world = Arc::new(World::new(store, clock, Epoch(1), change(plan.rack())));
        let (stop, stopped) = oneshot::channel();
        let (listens, ready) = mpsc::channel();
        let server = {
            let (cable, world) = (cable.clone(), world.clone());
            std::thread::spawn(move || serve(&cable, world, (listens, stopped)))
        };
        ready.recv().unwrap();
        Self {
            cable,
            world,
            folder: tempfile::tempdir().unwrap(),
            stop,
            server,
        }
    }

    /// The service ends when it is told to, with every task it began.
    pub(super) fn stop(self) {
        self.stop.send(()).unwrap();
        self.server.join().unwrap();
    }

    /// What udhcpc was told, or what it said when it got no lease.
    pub(super) fn udhcpc(&self, more: &[&str]) -> Result<Told, String> {
        self.udhcpc_at(&self.cable, more)
    }

    /// The same at the end of another cable.
    pub(super) fn udhcpc_at(&self, cable: &Cable, more: &[&str]) -> Result<Told, String> {
        let (script, told) = self.script();
        let mut arguments = vec!["udhcpc", "-i", "d0", "-f", "-n", "-q", "-s", &script];
        arguments.extend(["-O", "ntpsrv", "-O", "tftp", "-O", "bootfile"]);
        arguments.extend(more);
        read(&cable.run("busybox", &arguments), &told)
    }

    /// The same of dhcpcd, with nothing of this machine's own.
    pub(super) fn dhcpcd(&self) -> Result<Told, String> {
        let (script, told) = self.script();
        let config = self.folder.path().join("dhcpcd.conf");
        fs::write(&config, "").unwrap();
        let run = format!(
            "mount -t tmpfs none /run && mount -t tmpfs none /var/lib/dhcpcd && \
             exec dhcpcd -4 -1 -B -A -t 20 -f {} -c {script} d0",
            config.display()
        );
        let output = self.cable.run("unshare", &["-m", "sh", "-c", &run]);
        read(&output, &told)
    }

    /// What systemd's client keeps of its lease, with nothing of this machine's own. It needs no systemd around it once it
    /// believes to be in a container: then `/sys` is read-only, and no udev has to say that a link is there.
    pub(super) fn networkd(&self) -> Told {
        let config = self.folder.path().join("d0.network");
        let network =
            "[Match]\nName=d0\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n";
        fs::write(&config, network).unwrap();
        let run = format!(
            "mount -t tmpfs none /run && mkdir -p /run/systemd/network /run/systemd/netif/links \
             /run/systemd/netif/leases /run/systemd/netif/lldp && \
             chown -R systemd-network /run/systemd/netif && cp {} /run/systemd/network && \
             mount -o remount,ro /sys && {{ /lib/systemd/systemd-networkd & client=$!; }} && \
             for i in $(seq 200); do cat /run/systemd/netif/leases/* 2>/dev/null && break; sleep 0.1; done; \
             kill $client; wait $client",
            config.display()
        );
        let output = self.cable.run("unshare", &["-m", "sh", "-c", &run]);
        pairs(&String::from_utf8_lossy(&output.stdout))
    }

    /// dnsmasq as a relay at the client's end, at `address` there, until it is dropped.
    pub(super) fn relay(&self, address: &str) -> Peer {
        let mut relay = self.cable.on_client(Path::new("dnsmasq"));
        relay.args(["-k", "--conf-file=/dev/null", "--port=0", "--user=root"]);
        relay.args(["--pid-file=", "--log-facility=/dev/null"]);
        relay.arg(format!("--dhcp-relay={address},10.78.10.1"));
        Peer::start(&mut relay).unwrap()
    }

    /// dnsmasq between the ends as the site's own server, at `address`: it keeps an address for each of `hosts` and knows
    /// nothing of booting. Returns once it answers.
    pub(super) fn site_server(&self, address: &str, hosts: &[(Mac, &str)]) -> Peer {
        let log = self.folder.path().join("site.log");
        let mut server = self.cable.on_client(Path::new("dnsmasq"));
        server.args(["-k", "--conf-file=/dev/null", "--port=0", "--user=root"]);
        server.args([
            "--pid-file=",
            "--leasefile-ro",
            "--interface=b0",
            "--bind-interfaces",
        ]);
        server.arg(format!("--listen-address={address}"));
        server.arg(format!("--log-facility={}", log.display()));
        server.arg("--dhcp-range=10.78.10.0,static");
        for (mac, address) in hosts {
            server.arg(format!("--dhcp-host={mac},{address}"));
        }
        let server = Peer::start(&mut server).unwrap();
        let begun = Instant::now();
        let listens = || fs::read_to_string(&log).is_ok_and(|said| said.contains("DHCP, static"));
        while !listens() {
            assert!(begun.elapsed() < PATIENCE, "dnsmasq does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// The same of dhclient, with a configuration of its own and no memory of an earlier run.
    pub(super) fn dhclient(&self, configuration: &str) -> Result<Told, String> {
        let (script, told) = self.script();
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let (config, leases, pid) = (path("dhclient.conf"), path("leases"), path("pid"));
        fs::write(&config, configuration).unwrap();
        fs::write(&leases, "").unwrap();
        let files = [
            "-sf", &script, "-cf", &config, "-lf", &leases, "-pf", &pid, "d0",
        ];
        let output = self
            .cable
            .run("dhclient", &[&["-4", "-1", "-v"], &files[..]].concat());
        let told = read(&output, &told);
        self.cable.run("dhclient", &[&["-x"], &files[..]].concat());
        told
    }

    /// A script that keeps the environment a client calls it with.
    fn script(&self) -> (String, PathBuf) {
        let script = self.folder.path().join("script");
        let told = self.folder.path().join("told");
        let _ = fs::remove_file(&told);
        let keep = format!(
            "#!/bin/sh\ncase \"$1$reason\" in bound|renew|BOUND|REBOOT) env >{}.new; mv {}.new {} ;; esac\n",
            told.display(),
            told.display(),
            told.display()
        );
        fs::write(&script, keep).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        (script.display().to_string(), told)
    }
}

fn read(output: &Output, told: &PathBuf) -> Result<Told, String> {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = fs::read_to_string(told).map_err(|_| said)?;
    Ok(pairs(&text))
}

fn pairs(text: &str) -> Told {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// The service on a thread of its own, which stands in the server's namespace.
fn serve(
    cable: &Cable,
    world: Arc<World>,
    (listens, stopped): (mpsc::Sender<()>, oneshot::Receiver<()>),
) {
    cable.enter_server();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let interface = world.rack().appliance.interfaces[0].clone();
    // `stop` is polled first after the socket is open.
    let stop = async move {
        listens.send(()).unwrap();
        let _ = stopped.await;
    };
    let served = runtime
        .unwrap()
        .block_on(pxe::dhcp::run(world, interface, stop));
    served.unwrap();
}
