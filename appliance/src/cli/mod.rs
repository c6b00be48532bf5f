//! The command line. Every command but `serve` and `check` talks to a running appliance over its API.

mod apply;
pub mod check;
mod client;
mod events;
mod inventory;
mod media;
mod node;
mod report;
mod secret;
mod show;
mod status;
mod transfers;
mod trial;
mod watch;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::api::types;

pub use client::{Client, ClientError};

/// Hinode takes a rack from cabled to serving.
#[derive(Debug, Parser)]
#[command(name = "hinode", version, about)]
pub struct Cli {
    /// The appliance's data folder; its API socket is there.
    #[arg(
        long,
        global = true,
        default_value = "/var/lib/hinode",
        env = "HINODE_DATA"
    )]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a rack file: every fault with line, column and the mend
    Check {
        /// The rack file
        rack: PathBuf,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Run the appliance: DHCP, TFTP, HTTP, jobs and API
    Serve,
    #[command(flatten)]
    Remote(RemoteCommand),
}

/// What a running appliance does or tells.
#[derive(Debug, Subcommand)]
enum RemoteCommand {
    /// Load a rack file into the running appliance
    Apply {
        /// The rack file
        rack: PathBuf,
        /// The revision it was made from; refused if another one is in force
        #[arg(long)]
        made_from: Option<u64>,
    },
    /// Write the rack file in force to standard output
    Export,
    /// Bring nodes up: from dark to registered
    Up {
        /// Which nodes; if none is named, all of the rack that are not up yet
        nodes: Vec<String>,
        /// Show every step until all are done
        #[arg(long)]
        watch: bool,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
        /// The node's serial number: allows that what is on its disks is destroyed
        #[arg(long, value_name = "SERIAL")]
        wipe: Option<String>,
        /// With --wipe: the volume of guests' images stays as it is
        #[arg(long, requires = "wipe")]
        keep_images: bool,
        /// Nodes that are switched on may be switched off
        #[arg(long)]
        power_off: bool,
    },
    /// Try a node's hardware with the installer of an OS: it looks, writes nothing, and the machine goes back to its own disk
    Trial(trial::Wanted),
    #[command(flatten)]
    Show(show::ShowCommand),
    /// Give machines that are not in the rack file an address of a pool for a while, to see who is there
    Discover {
        /// The network; may be left out if only one has a pool
        network: Option<String>,
        /// For how long
        #[arg(long)]
        minutes: u32,
    },
    /// Make everything safe now: all arms void, all jobs ended, all pools closed, every node boots its own disk
    Stop,
    /// Forget the pinned certificate of a BMC that was given a new one
    Unpin {
        /// HOST:PORT
        address: String,
    },
    /// Installation media
    Media {
        #[command(subcommand)]
        command: media::MediaCommand,
    },
    /// Passwords and keys of devices
    Secret {
        #[command(subcommand)]
        command: SecretCommand,
    },
}

#[derive(Debug, Subcommand)]
enum SecretCommand {
    /// Keep a secret; its value is read from standard input
    Set {
        /// Its name in the rack file
        name: String,
    },
    /// Names of the secrets kept
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// All secrets, encrypted to an age recipient, to standard output
    Export {
        /// age1...
        #[arg(long)]
        to: String,
    },
}

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The appliance refused, or is not there.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A file or stream of ours.
    #[error("{what}: {source}")]
    Io {
        /// Which.
        what: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The appliance could not start or keep running.
    #[error(transparent)]
    Serve(#[from] crate::serve::ServeError),
    /// Some of what was asked for was refused or failed; it was said already.
    #[error("")]
    Said,
    /// The event chain does not hold.
    #[error("{0}")]
    Chain(String),
}

/// Runs the command line. 0 done, 1 refused or failed, 2 bad usage.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    leave_with_the_reader();
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::Said) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("hinode: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whoever reads our output (`head`, a pager that was left) may have had enough: that is no defect, and no panic to show.
fn leave_with_the_reader() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        if said.starts_with("failed printing to stdout") && said.contains("Broken pipe") {
            std::process::exit(0);
        }
        usual(panic);
    }));
}

fn dispatch(cli: Cli) -> Result<(), CliError> {
    let io = |source| CliError::Io {
        what: "starting".to_owned(),
        source,
    };
    match cli.command {
        Command::Check { rack, json } => check(&rack, json),
        Command::Serve => {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .map_err(io)?;
            Ok(runtime.block_on(crate::serve::run(&cli.data))?)
        }
        Command::Remote(command) => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let client = Client::new(&cli.data);
            runtime.map_err(io)?.block_on(remote(&client, command))
        }
    }
}

async fn remote(client: &Client, command: RemoteCommand) -> Result<(), CliError> {
    match command {
        RemoteCommand::Apply { rack, made_from } => apply::apply(client, &rack, made_from).await,
        RemoteCommand::Export => apply::export(client).await,
        RemoteCommand::Up {
            nodes,
            watch,
            json,
            wipe,
            keep_images,
            power_off,
        } => {
            let up = types::Up {
                nodes,
                wipe,
                keep_images,
                power_off,
            };
            node::up(client, &up, node::Show { watch, json }).await
        }
        RemoteCommand::Trial(wanted) => trial::run(client, wanted).await,
        RemoteCommand::Show(command) => show::run(client, command).await,
        RemoteCommand::Discover { network, minutes } => {
            node::discover(client, network, minutes).await
        }
        RemoteCommand::Stop => node::stop(client).await,
        RemoteCommand::Unpin { address } => node::unpin(client, address).await,
        RemoteCommand::Media { command } => media::run(client, command).await,
        RemoteCommand::Secret { command } => secrets(client, command).await,
    }
}

async fn secrets(client: &Client, command: SecretCommand) -> Result<(), CliError> {
    match command {
        SecretCommand::Set { name } => secret::set(client, &name).await,
        SecretCommand::List { json } => secret::list(client, json).await,
        SecretCommand::Export { to } => secret::export(client, to).await,
    }
}

/// Checks a rack file and says what is wrong.
fn check(rack: &Path, json: bool) -> Result<(), CliError> {
    let what = rack.display().to_string();
    match check::run(rack, json) {
        Ok(true) => Ok(()),
        Ok(false) => Err(CliError::Said),
        Err(source) => Err(CliError::Io { what, source }),
    }
}

/// Prints one JSON line.
fn print_json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let line = serde_json::to_string(value).map_err(|error| CliError::Io {
        what: "writing JSON".to_owned(),
        source: error.into(),
    })?;
    println!("{line}");
    Ok(())
}
