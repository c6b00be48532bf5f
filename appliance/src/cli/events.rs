//! `hinode events`: the history, and the proof that it is whole.

use clap::Args;
use inventory::id::Sha256;
use inventory::store::{Link, verify};

use super::{CliError, Client, print_json};
use crate::api::types;

/// Which events, and whether they are whole.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// Begin at this number
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Only of this node, device or job number
    #[arg(long)]
    of: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Verify the whole chain instead: altered, removed, reordered or truncated events are found
    #[arg(long)]
    verify: bool,
    /// With --verify: a head noted earlier must still be in the chain
    #[arg(long, requires = "verify", value_name = "HASH")]
    head: Option<String>,
}

/// Prints events, or verifies them all.
pub(super) async fn run(client: &Client, wanted: Wanted) -> Result<(), CliError> {
    match wanted.verify {
        true => verify_chain(client, wanted.head).await,
        false => list(client, &wanted).await,
    }
}

/// All events, in the pages that the API gives.
async fn all(client: &Client, from: u64) -> Result<Vec<types::Event>, CliError> {
    let mut events: Vec<types::Event> = Vec::new();
    let mut next = from;
    loop {
        let page: Vec<types::Event> = client.get(&format!("/v1/events?from={next}")).await?;
        let Some(last) = page.last() else {
            return Ok(events);
        };
        next = last.seq + 1;
        events.extend(page);
    }
}

async fn list(client: &Client, wanted: &Wanted) -> Result<(), CliError> {
    for event in all(client, wanted.from).await? {
        if !wanted.of.as_ref().is_none_or(|of| is_of(&event, of)) {
            continue;
        }
        if wanted.json {
            print_json(&event)?;
        } else {
            println!("{}", line(&event));
        }
    }
    Ok(())
}

fn is_of(event: &types::Event, of: &str) -> bool {
    event.subject == of || event.job.is_some_and(|job| job.to_string() == of)
}

fn line(event: &types::Event) -> String {
    let job = event
        .job
        .map(|job| format!("job {job} "))
        .unwrap_or_default();
    let at = event.at.strftime("%Y-%m-%d %H:%M:%S");
    format!(
        "{:>5} {at} {:<12} {job}{} [{}]",
        event.seq, event.subject, event.what.text, event.actor
    )
}

/// Verifies the whole chain here, from the first event to the signed head, and against a head noted earlier.
async fn verify_chain(client: &Client, head: Option<String>) -> Result<(), CliError> {
    let noted: Option<Sha256> = match head {
        Some(text) => Some(text.parse().map_err(|_| {
            CliError::Chain(format!("`{text}` is not a head: it has 64 hex digits"))
        })?),
        None => None,
    };
    // The head first: events that are added while the links are read lie behind it and are left out.
    let end: types::ChainEnd = client.get("/v1/chain-end").await?;
    let last = end.head.as_ref().map_or(0, |head| head.seq);
    let mut links: Vec<Link> = Vec::new();
    loop {
        let next = links.last().map_or(1, |link| link.seq + 1);
        let page: Vec<Link> = client.get(&format!("/v1/chain?from={next}")).await?;
        let is_last = page.is_empty() || page.iter().any(|link| link.seq >= last);
        links.extend(page.into_iter().filter(|link| link.seq <= last));
        if is_last {
            break;
        }
    }
    let verified = verify::verify(&links, end.head, end.key, noted);
    let verified = verified.map_err(|fault| CliError::Chain(fault.to_string()))?;
    println!(
        "{} events, unbroken and signed; head {}",
        verified.events, verified.head
    );
    println!("signed with {}", end.key);
    Ok(())
}
