//! `hinode status`, `hinode job` and `hinode console`.

use super::{CliError, Client, print_json};
use inventory::support::Left;

use crate::api::types;

/// The rack at a glance.
pub(super) async fn status(client: &Client, json: bool) -> Result<(), CliError> {
    let status: types::Status = client.get("/v1/status").await?;
    if json {
        return print_json(&status);
    }
    println!(
        "hinode {}, epoch {}, rack revision {}",
        status.version, status.epoch, status.revision
    );
    if !status.clock_is_plausible {
        println!("THE CLOCK IS WRONG: nothing is armed until it is set");
    }
    for foreign in &status.foreign_servers {
        print_foreign(foreign);
    }
    for ending in &status.ending {
        println!("{}", ending_line(ending));
    }
    for node in &status.nodes {
        print_node(node);
    }
    for pool in &status.pools {
        println!(
            "pool of network {} open to strangers for {} s more, by {}",
            pool.network, pool.left_s, pool.author
        );
    }
    for stranger in &status.strangers {
        println!(
            "unknown machine {} at {} on {} ({}), last heard {}",
            stranger.mac,
            stranger.address.as_deref().unwrap_or("no address"),
            stranger.interface,
            stranger.vendor_class,
            stranger.last_seen.strftime("%Y-%m-%d %H:%M:%S")
        );
    }
    Ok(())
}

fn ending_line(ending: &types::Ending) -> String {
    let types::Ending {
        os,
        version,
        ends,
        nodes,
        ..
    } = ending;
    let what = match ending.left {
        Left::Over => format!("HAS NO SUPPORT ANY MORE, since {ends}: reinstall"),
        Left::SixMonths => format!("has support until {ends}, six months at most: reinstall"),
        Left::TwelveMonths => {
            format!("has support until {ends}, a year at most: set a date for reinstalling")
        }
        Left::TwentyFourMonths => {
            format!("has support until {ends}, two years at most: plan reinstalling")
        }
        Left::Longer | Left::Unknown => format!("has support until {ends}:"),
    };
    format!("[os.{os}] {version} {what} {nodes} nodes")
}

fn print_foreign(foreign: &types::ForeignServer) {
    let port = foreign.port.as_ref();
    println!(
        "FOREIGN DHCP SERVER {} ({}) on {}{}, last heard {}: unplug it, or name it in the rack file",
        foreign.server,
        foreign.mac,
        foreign.interface,
        port.map_or_else(String::new, |port| format!(", port {port}")),
        foreign.last_seen.strftime("%Y-%m-%d %H:%M:%S")
    );
    for line in &foreign.find {
        println!("  to find its port: {line}");
    }
}

fn print_node(node: &types::NodeStatus) {
    let state = match (&node.job, &node.verified_at) {
        (Some(job), _) if !job.is_over => format!("job {}, {}", job.id, job.stage),
        (Some(job), _) if job.failure.is_some() => format!("job {} failed", job.id),
        (_, Some(at)) => format!("verified {}", at.strftime("%Y-%m-%d %H:%M:%S")),
        (Some(_) | None, None) => "never brought up".to_owned(),
    };
    let cloud = node
        .cloud_host
        .as_ref()
        .map(|id| format!(", cloud host {id}"))
        .unwrap_or_default();
    println!(
        "{:<16} {:<8} {} {:<15} {state}{cloud}",
        node.name, node.slot, node.mac, node.address
    );
    let Some(job) = &node.job else { return };
    if let Some(why) = job.failure.as_ref().or(job.blocker.as_ref()) {
        println!("{:<16} {}", "", why.text);
    }
}

/// One job, with its stages.
pub(super) async fn job(client: &Client, id: u64, json: bool) -> Result<(), CliError> {
    let job: types::Job = client.get(&format!("/v1/jobs/{id}")).await?;
    if json {
        return print_json(&job);
    }
    println!("job {} for {}: {}", job.id, job.node, job.stage);
    for past in &job.past {
        let took = past.left.duration_since(past.entered).as_secs();
        println!(
            "  {:<16} {} {took:>5} s",
            past.stage,
            past.entered.strftime("%H:%M:%S")
        );
    }
    if let Some(why) = job.failure.as_ref().or(job.blocker.as_ref()) {
        println!("  {} ({} s left)", why.text, job.left_s);
        print_console(&why.evidence);
    }
    Ok(())
}

/// What a node's console said last.
pub(super) async fn console(client: &Client, node: &str, json: bool) -> Result<(), CliError> {
    let console: types::Console = client.get(&format!("/v1/nodes/{node}/console")).await?;
    if json {
        return print_json(&console);
    }
    match (console.lines.is_empty(), console.is_read) {
        (false, _) => print_console(&console.lines),
        (true, true) => println!(
            "nothing: it is read in the stages power and install of a job, since this appliance was started"
        ),
        (true, false) => println!(
            "nothing: the rack file does not say how it is read (console = \"ipmi\" beside the address of the BMC)"
        ),
    }
    Ok(())
}

fn print_console(lines: &[String]) {
    for line in lines {
        println!("  | {line}");
    }
}
