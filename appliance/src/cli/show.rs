//! Commands that show what is going on, what happened, and what is known. They change nothing.

use clap::Subcommand;

use super::report::{self, NodeCommand};
use super::{CliError, Client, events, inventory, status, transfers};

/// What is shown.
#[derive(Debug, Subcommand)]
pub(super) enum ShowCommand {
    /// What is going on, and why it waits
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// One job
    Job {
        /// Its number
        id: u64,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// What is known of an installed node
    Node {
        #[command(subcommand)]
        command: NodeCommand,
    },
    /// What a node's console said last while an installer ran
    Console {
        /// Which node
        node: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Files on their way to nodes: which, how much of it, how fast
    Transfers {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// All nodes for Ansible, as a dynamic inventory
    Inventory(inventory::Wanted),
    /// What happened: every event, oldest first
    Events(events::Wanted),
}

/// Runs one of them.
pub(super) async fn run(client: &Client, command: ShowCommand) -> Result<(), CliError> {
    match command {
        ShowCommand::Status { json } => status::status(client, json).await,
        ShowCommand::Job { id, json } => status::job(client, id, json).await,
        ShowCommand::Console { node, json } => status::console(client, &node, json).await,
        ShowCommand::Node { command } => report::run(client, command).await,
        ShowCommand::Transfers { json } => transfers::list(client, json).await,
        ShowCommand::Inventory(wanted) => inventory::run(client, wanted).await,
        ShowCommand::Events(wanted) => events::run(client, wanted).await,
    }
}
