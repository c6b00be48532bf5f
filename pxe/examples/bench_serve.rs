//! `bench_serve SERVICE`: one boot service, alone and in the foreground, for the benchmark kit (`tests/bench/kit/README.md`
//! has the contract: namespace, interfaces, `STATE` and `WWW`). A full rack of nodes, the rack file and the store as they are
//! in the product. An example of this crate, because it needs nothing of the others and so is built soon.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use inventory::clock::{Clock, NOT_BEFORE, Now};
use inventory::id::Epoch;
use inventory::rack::Rack;
use inventory::store::DiskStore;
use pxe::World;
use tokio::net::{TcpListener, UdpSocket};

/// Our address on the routed link.
const SERVER: &str = "10.78.0.1";
/// Its rack file, but for the nodes.
const RACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/bench/rack.toml");
/// A full rack.
const NODES: u8 = 48;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let service = std::env::args().nth(1).ok_or("which service?")?;
    let folder = |name| std::env::var_os(name).map(PathBuf::from).ok_or(name);
    let world = world(&folder("STATE")?, &folder("WWW")?)?;
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    match service.as_str() {
        "tftp" => {
            let socket = UdpSocket::bind((SERVER, 69)).await?;
            pxe::tftp::run(world, socket, stop).await?;
        }
        "http" => {
            let listener = TcpListener::bind((SERVER, 80)).await?;
            pxe::http::run(world, listener, stop).await;
        }
        _ => return Err(format!("no service `{service}`").into()),
    }
    Ok(())
}

fn world(state: &Path, www: &Path) -> Result<Arc<World>, Failure> {
    let store = DiskStore::open(&state.join("store"), &ring::rand::SystemRandom::new())?;
    let rack = rack(&www.join("os/bench"))?;
    let clock = Arc::new(MachineClock(Instant::now()));
    Ok(Arc::new(World::new(Arc::new(store), clock, Epoch(1), rack)))
}

/// The rack file as an operator would write it, checked as the product checks it.
fn rack(tree: &Path) -> Result<Rack, Failure> {
    let mut text = std::fs::read_to_string(RACK)?
        .replace("{tree}", &tree.display().to_string())
        .replace("{loaders}", "/usr/lib/ipxe");
    for n in 1..=NODES {
        node(&mut text, n)?;
    }
    inventory::config::check(&text).map_err(|faults| format!("{faults:#?}").into())
}

/// Node number `n` has the address that the kit's client number `n` sends from.
fn node(text: &mut String, n: u8) -> std::fmt::Result {
    let bmc = n + 100;
    write!(
        text,
        r#"
[[node]]
name = "kvm-{n:02}"
slot = "u{n:02}"
bmc = {{ address = "192.168.9.{bmc}", credential = "bmc" }}
mac = "52:54:00:77:00:{n:02x}"
port = "tor0:kvm-{n:02}"
profile = "host"
address = "10.96.1.{n}"
disk = "bench-{n:02}"
"#
    )
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
