//! The boot services on the interfaces that the rack file names: TFTP and HTTP wherever nodes boot, DHCP wherever the file
//! says, and nowhere else; over IPv6 too where the interface has an IPv6 address, which may fail by itself (`over_ipv6`).
//! Begun anew when another rack file brings other interfaces.

mod over_ipv6;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use inventory::dhcp::Mode;
use inventory::rack::{Interface, Rack};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use pxe::dhcp::socket::{self, DhcpError};
use pxe::{advert, http, tftp};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tracing::{error, info, warn};

use crate::context::Context;
use crate::serve::until;

/// TFTP's port (RFC 1350).
const TFTP: u16 = 69;
/// Pause before boot services that failed begin anew. An address may come up later, or the rack file be wrong: the API must
/// stay, or nobody could mend it.
const TRY_AGAIN: Duration = Duration::from_secs(10);
/// Open files that may be needed: thousands of TFTP transfers, each with a socket and a file, and HTTP beside them.
const FILES: u64 = 16 * 1024;
/// HTTP's port: loaders take no other without being told.
const HTTP: u16 = 80;

/// Why the boot services do not run.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// DHCP.
    #[error(transparent)]
    Dhcp(#[from] DhcpError),
    /// A socket.
    #[error(
        "{service} cannot listen on {address}: {source}; is the address on this machine, and is nobody else on that port?"
    )]
    Listen {
        /// TFTP or HTTP.
        service: &'static str,
        /// Where.
        address: SocketAddr,
        /// The kernel's words.
        source: std::io::Error,
    },
    /// Router advertisements.
    #[error(
        "no router advertisements on {interface}: {source}; is the interface there, and has the appliance the capability \
         net_raw?"
    )]
    Advertise {
        /// Kernel name of the interface.
        interface: String,
        /// The kernel's words.
        source: std::io::Error,
    },
    /// A defect.
    #[error("a boot service ended by itself ({0}); report this as a defect")]
    Ended(String),
}

/// Serves until `stopped`, with the interfaces of the rack in force.
pub async fn run(
    context: Arc<Context>,
    stopped: watch::Receiver<bool>,
) -> Result<(), ServiceError> {
    allow_files();
    loop {
        let interfaces = Interfaces::of(&context.world.rack());
        let (end, ended) = watch::channel(false);
        let serving = serve(&context, interfaces.clone(), ended);
        tokio::pin!(serving);
        tokio::select! {
            result = &mut serving => {
                let Err(failure) = result else { return Ok(()) };
                error!(%failure, "boot services do not run; trying again");
                tokio::select! {
                    () = tokio::time::sleep(TRY_AGAIN) => {}
                    () = context.rack_changed.notified() => {}
                    () = until(stopped.clone()) => return Ok(()),
                }
            }
            () = until(stopped.clone()) => {
                end.send_replace(true);
                return serving.await;
            }
            () = other_interfaces(&context, &interfaces) => {
                info!("the rack file names other interfaces; boot services begin anew");
                end.send_replace(true);
                if let Err(failure) = serving.await {
                    error!(%failure, "boot services ended badly");
                }
            }
        }
    }
}

/// Raises this process's limit of open files as far as it may by itself: most systems begin a process with 1,024.
fn allow_files() {
    let allowed = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(_, most)| {
        setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
        Ok(most)
    });
    match allowed {
        Ok(files) if files >= FILES => {}
        Ok(files) => warn!(
            files,
            wanted = FILES,
            "few open files are allowed: with hundreds of nodes at once transfers would fail; raise the service's LimitNOFILE"
        ),
        Err(errno) => warn!(%errno, "the limit of open files is unknown"),
    }
}

/// An interface, and what is advertised on it.
type Served = (Interface, Option<advert::Link>);

/// How services are told to end: the one word for all of a group, and who heard it.
type End = (watch::Sender<bool>, watch::Receiver<bool>);

/// Where each service listens.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Interfaces {
    /// TFTP, HTTP and all of IPv6: in networks where nodes boot.
    boot: Vec<Served>,
    /// DHCP: in networks where it is not off. Relays reach us on any of them.
    dhcp: Vec<Interface>,
}

impl Interfaces {
    fn of(rack: &Rack) -> Self {
        let networks: BTreeSet<_> = rack.nodes.values().map(|node| &node.network).collect();
        let interfaces = rack.appliance.interfaces.iter().cloned();
        let (boot, dhcp) = (interfaces.clone(), interfaces);
        let has_dhcp = |interface: &Interface| {
            let network = rack.networks.get(&interface.network);
            network.is_some_and(|network| network.dhcp.mode != Mode::Off)
        };
        Self {
            boot: boot
                .filter(|its| networks.contains(&its.network))
                .map(|its| (its.clone(), advertised(rack, &its)))
                .collect(),
            dhcp: dhcp.filter(has_dhcp).collect(),
        }
    }
}

async fn other_interfaces(context: &Context, interfaces: &Interfaces) {
    loop {
        // Before the look: what changes between the look and the wait must wake it.
        let changed = context.rack_changed.notified();
        if Interfaces::of(&context.world.rack()) != *interfaces {
            return;
        }
        changed.await;
    }
}

async fn serve(
    context: &Arc<Context>,
    interfaces: Interfaces,
    ended: watch::Receiver<bool>,
) -> Result<(), ServiceError> {
    let (mut tasks, end) = (Tasks::new(), watch::channel(false));
    let begun = begin(context, interfaces, (&mut tasks, &end.1)).await;
    together(begun, (tasks, end), ended).await
}

async fn begin(
    context: &Arc<Context>,
    interfaces: Interfaces,
    (tasks, ended): (&mut Tasks, &watch::Receiver<bool>),
) -> Result<(), ServiceError> {
    for interface in interfaces.dhcp {
        info!(interface = %interface.name, address = %interface.address, "DHCP listens");
        let (world, end) = (context.world.clone(), ended.clone());
        tasks.spawn(async move { Ok(socket::run(world, interface, until(end)).await?) });
    }
    for (interface, link) in interfaces.boot {
        let address = interface.address.into();
        serve_files(context, address, (tasks, ended)).await?;
        info!(interface = %interface.name, %address, "boot services listen");
        if let Some(server) = interface.address6 {
            let part = over_ipv6::Part {
                interface,
                server,
                link,
            };
            let run = over_ipv6::run(context.clone(), part, ended.clone());
            tasks.spawn(async move {
                run.await;
                Ok(())
            });
        }
    }
    Ok(())
}

/// What is advertised on an interface, if the rack file says so.
fn advertised(rack: &Rack, interface: &Interface) -> Option<advert::Link> {
    let network = rack.networks.get(&interface.network)?;
    interface.address6.filter(|_| network.ra)?;
    Some(advert::Link {
        prefix: network.subnet6?,
        mtu: network.mtu,
    })
}

/// What runs on the interfaces.
type Tasks = JoinSet<Result<(), ServiceError>>;

/// TFTP and HTTP on one address.
async fn serve_files(
    context: &Arc<Context>,
    address: IpAddr,
    (tasks, ended): (&mut Tasks, &watch::Receiver<bool>),
) -> Result<(), ServiceError> {
    let at = |port| SocketAddr::from((address, port));
    let udp = UdpSocket::bind(at(TFTP)).await;
    let udp = udp.map_err(|source| listen("TFTP", at(TFTP), source))?;
    let tcp = TcpListener::bind(at(HTTP)).await;
    let tcp = tcp.map_err(|source| listen("HTTP", at(HTTP), source))?;
    let (tftp_world, http_world) = (context.world.clone(), context.world.clone());
    let (tftp_end, http_end) = (ended.clone(), ended.clone());
    let failed = at(TFTP);
    tasks.spawn(async move {
        let run = tftp::run(tftp_world, udp, until(tftp_end)).await;
        run.map_err(|source| listen("TFTP", failed, source))
    });
    tasks.spawn(async move {
        http::run(http_world, tcp, until(http_end)).await;
        Ok(())
    });
    Ok(())
}

/// Lets `tasks` run until `ended`. One that ends before is an error; so is one that did not begin. Either ends the others.
async fn together(
    begun: Result<(), ServiceError>,
    (mut tasks, (end, _)): (Tasks, End),
    ended: watch::Receiver<bool>,
) -> Result<(), ServiceError> {
    let mut result = match begun {
        Ok(()) => tokio::select! {
            Some(task) = tasks.join_next() => Err(too_early(task)),
            () = until(ended) => Ok(()),
        },
        Err(failure) => Err(failure),
    };
    end.send_replace(true);
    while let Some(task) = tasks.join_next().await {
        let task = task.map_err(|error| ServiceError::Ended(error.to_string()));
        result = result.and(task.flatten());
    }
    result
}

/// What is wrong with a service that ended by itself.
fn too_early(task: Result<Result<(), ServiceError>, JoinError>) -> ServiceError {
    match task {
        Ok(Ok(())) => ServiceError::Ended("it returned".to_owned()),
        Ok(Err(failure)) => failure,
        Err(error) => ServiceError::Ended(error.to_string()),
    }
}

fn listen(service: &'static str, address: SocketAddr, source: std::io::Error) -> ServiceError {
    ServiceError::Listen {
        service,
        address,
        source,
    }
}
