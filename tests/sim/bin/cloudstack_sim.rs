//! The CloudStack simulator as a program: `cloudstack-sim --keys FILE`. Ends on SIGTERM or SIGINT.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tests::cloudstack::world::World;
use tests::cloudstack::{Config, Keys, Simulator, Timing};
use tokio::signal::unix::{SignalKind, signal};

/// A simulated CloudStack management server.
#[derive(Parser)]
#[command(name = "cloudstack-sim")]
struct Args {
    /// Address of the API.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// File with APIKEY:SECRETKEY; without it, the environment's CLOUDSTACK_SIM_KEYS.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Port for agents, at the API's address.
    #[arg(long, default_value_t = 8250)]
    agent_port: u16,
    /// Port to set faults on, at 127.0.0.1.
    #[arg(long)]
    admin_port: Option<u16>,
    /// File to keep hosts in.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Name of the zone.
    #[arg(long, default_value = "zone1")]
    zone: String,
    /// Name of the pod.
    #[arg(long, default_value = "pod1")]
    pod: String,
    /// Name of the cluster.
    #[arg(long, default_value = "cluster1")]
    cluster: String,
    /// Network label of management traffic.
    #[arg(long, default_value = "cloudbr0")]
    private_label: String,
    /// Network label of public and guest traffic.
    #[arg(long, default_value = "cloudbr1")]
    guest_label: String,
    /// SSH port of hosts; the real one knows only 22.
    #[arg(long, default_value_t = 22)]
    ssh_port: u16,
}

impl Args {
    fn keys(&self) -> Option<Keys> {
        let text = match &self.keys {
            Some(file) => std::fs::read_to_string(file).ok()?,
            None => std::env::var("CLOUDSTACK_SIM_KEYS").ok()?,
        };
        Keys::read(&text)
    }

    fn config(self, keys: Keys) -> Config {
        Config {
            api: self.listen,
            agents: SocketAddr::new(self.listen.ip(), self.agent_port),
            admin: self
                .admin_port
                .map(|port| (Ipv4Addr::LOCALHOST, port).into()),
            keys,
            world: World {
                zone: self.zone,
                pod: self.pod,
                cluster: self.cluster,
                manager: self.listen.ip().to_string(),
                private_label: self.private_label,
                guest_label: self.guest_label,
            },
            ssh_port: self.ssh_port,
            timing: Timing::FIELD,
            state: self.state,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let args = Args::parse();
    let Some(keys) = args.keys() else {
        eprintln!("cloudstack-sim: no APIKEY:SECRETKEY; give --keys FILE or CLOUDSTACK_SIM_KEYS");
        return ExitCode::from(2);
    };
    match run(args.config(keys)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cloudstack-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let simulator = Simulator::start(config).await?;
    println!(
        "cloudstack-sim: API {}, agents {}",
        simulator.endpoint(),
        simulator.agents
    );
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    simulator.stop().await;
    Ok(())
}
