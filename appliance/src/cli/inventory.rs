//! `hinode inventory`: what Ansible asks a dynamic inventory for.

use clap::Args;

use super::{CliError, Client, ClientError, print_json};
use crate::api::types::Inventory;

/// One of the three.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Wanted {
    /// All groups and hosts, as Ansible's JSON
    #[arg(long)]
    list: bool,
    /// The variables of one host, as Ansible's JSON
    #[arg(long, value_name = "NODE")]
    host: Option<String>,
    /// The host keys of verified nodes, as lines for OpenSSH's known_hosts
    #[arg(long)]
    known_hosts: bool,
}

/// Asks, and prints what was wanted.
pub(super) async fn run(client: &Client, wanted: Wanted) -> Result<(), CliError> {
    let inventory: Inventory = client.get("/v1/inventory").await?;
    if wanted.known_hosts {
        print!("{}", inventory.known_hosts);
        return Ok(());
    }
    let Some(host) = wanted.host else {
        return print_json(&inventory.list);
    };
    let variables = inventory
        .list
        .get("_meta")
        .and_then(|meta| meta.get("hostvars")?.get(&host));
    match variables {
        Some(variables) => print_json(variables),
        None => Err(ClientError::Refused(format!(
            "{host} is not in the rack file; see `hinode status` for the nodes that are"
        ))
        .into()),
    }
}
