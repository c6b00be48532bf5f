//! `bench_dhcp`: the DHCP service alone and in the foreground, for the benchmark kit (`tests/bench/kit/README.md` has the
//! contract: namespace, interfaces, `STATE`). Store, threads and service are the product's; the pools of both networks are
//! open, a rack of nodes is in the rack file, and every lease is on the disk before its ACK leaves.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use inventory::clock::{Clock, Deadline, NOT_BEFORE, Now};
use inventory::dhcp::Window;
use inventory::id::Epoch;
use inventory::store::{Change, DiskStore, Expect, Store};
use pxe::World;
use tokio::task::JoinSet;

/// Broadcasts come in by d0 and are served from 10.80.1.0 upwards; relays ask u0 and are served from 10.96.1.0 upwards.
const RACK: &str = r#"
version = 1

[site]
name = "Bench"
timezone = "Asia/Tokyo"
language = "en"
domain = "rack.test"
dns = ["10.78.0.1"]

[appliance]
interface = [
  { name = "d0", network = "management", address = "10.80.0.1" },
  { name = "u0", network = "link", address = "10.78.0.1" },
]

[network.management]
role = "management"
vlan = 10
subnet = "10.80.0.0/12"
gateway = "10.80.0.2"
pool = "10.80.1.0-10.81.255.250"
dhcp = "pool"

[network.relayed]
role = "service"
vlan = 11
subnet = "10.96.0.0/12"
gateway = "10.96.0.1"
pool = "10.96.1.0-10.97.255.250"
dhcp = "pool"

[network.link]
role = "transit"
vlan = 12
subnet = "10.78.0.0/24"
dhcp = "reservations"

[network.bmc]
role = "bmc"
vlan = 9
subnet = "192.168.9.0/24"

[network.parking]
role = "parking"
vlan = 999

[switch.tor0]
driver = "open-vswitch"
address = "192.168.9.2:6640"
bridge = "tor0"
uplinks = ["up"]

[os.bench]
family = "standin"
version = "1"
tree = "/srv/bench"
packages = ["standin-base"]

[profile.host]
os = "bench"
disk = { boot = "512 MiB", root = "3 GiB", swap = "256 MiB", log = "512 MiB", images = "512 MiB" }
"#;

/// The nodes of a rack, on d0. The kit's load generator counts them in the last four bytes of their MACs.
const NODES: u8 = 42;

/// Longer than any round.
const OPEN: Duration = Duration::from_secs(36_000);

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let state = std::env::var_os("STATE")
        .map(PathBuf::from)
        .ok_or("STATE")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(serve(&state))
}

async fn serve(state: &Path) -> Result<(), Failure> {
    let store = DiskStore::open(&state.join("store"), &ring::rand::SystemRandom::new())?;
    let rack = inventory::config::check(&rack()?).map_err(|faults| format!("{faults:#?}"))?;
    let clock = Arc::new(MachineClock(Instant::now()));
    let mut change = Change::default();
    for network in ["management", "relayed"] {
        let window = Window {
            network: network.parse()?,
            deadline: Deadline::after(&clock.now(), OPEN),
            author: "bench".to_owned(),
        };
        change.put(Expect::Any, &window)?;
    }
    store.submit(change).await?;
    let world = Arc::new(World::new(Arc::new(store), clock, Epoch(1), rack));
    let mut services = JoinSet::new();
    for interface in world.rack().appliance.interfaces.clone() {
        let stop = async {
            let _ = tokio::signal::ctrl_c().await;
        };
        services.spawn(pxe::dhcp::run(world.clone(), interface, stop));
    }
    while let Some(ended) = services.join_next().await {
        ended??;
    }
    Ok(())
}

fn rack() -> Result<String, std::fmt::Error> {
    let mut text = RACK.to_owned();
    for n in 1..=NODES {
        let bmc = n + 100;
        write!(
            text,
            r#"
[[node]]
name = "kvm-{n:02}"
slot = "u{n:02}"
bmc = {{ address = "192.168.9.{bmc}", credential = "bmc" }}
mac = "02:50:e0:00:00:{n:02x}"
port = "tor0:kvm-{n:02}"
profile = "host"
address = "10.80.0.{bmc}"
disk = "bench-{n:02}"
"#
        )?;
    }
    Ok(text)
}

/// The machine's clock, as far as one run needs it.
struct MachineClock(Instant);

impl Clock for MachineClock {
    fn now(&self) -> Now {
        Now {
            wall: SystemTime::now().try_into().unwrap_or(NOT_BEFORE),
            mono: self.0.elapsed(),
            boot: uuid::Uuid::from_u128(1),
        }
    }
}
