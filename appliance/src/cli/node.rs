//! `hinode up`, `hinode discover`, `hinode stop` and `hinode unpin`.

use hyper::Method;

use super::{CliError, Client, print_json, watch};
use crate::api::types;

/// How results are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Show {
    /// Until all jobs are over.
    pub(super) watch: bool,
    /// One JSON object a line.
    pub(super) json: bool,
}

/// Begins bring-ups, and watches them if asked to. A node whose job runs already is watched too.
pub(super) async fn up(client: &Client, up: &types::Up, show: Show) -> Result<(), CliError> {
    let begun: Vec<types::Begun> = client.send(Method::POST, "/v1/up", up).await?;
    let mut jobs = Vec::new();
    let mut refused = false;
    for begun in &begun {
        if show.json {
            print_json(begun)?;
        } else {
            match (&begun.job, &begun.refused) {
                (Some(job), _) => println!("{}: job {job}", begun.node),
                (None, Some(why)) => eprintln!("{}: {why}", begun.node),
                (None, None) => {}
            }
        }
        jobs.extend(begun.job);
        refused |= begun.refused.is_some();
    }
    if begun.is_empty() && !show.json {
        println!("nothing to do: every node of the rack is up");
    }
    if show.watch {
        watch::jobs(client, &jobs, show.json).await?;
    }
    if refused { Err(CliError::Said) } else { Ok(()) }
}

/// Opens a pool to strangers.
pub(super) async fn discover(
    client: &Client,
    network: Option<String>,
    minutes: u32,
) -> Result<(), CliError> {
    let wish = types::Discover { network, minutes };
    let opened: types::Opened = client.send(Method::POST, "/v1/discover", &wish).await?;
    println!(
        "the pool of network {} is open to strangers for {} min; `hinode status` shows who came, `hinode stop` closes it",
        opened.network, opened.minutes
    );
    Ok(())
}

/// Makes everything safe.
pub(super) async fn stop(client: &Client) -> Result<(), CliError> {
    let stopped: types::Stopped = client.send(Method::POST, "/v1/stop", &()).await?;
    println!("arms taken back: {}", or_none(&stopped.arms));
    println!("jobs ended: {}", or_none(&stopped.jobs));
    println!("pools closed: {}", or_none(&stopped.pools));
    println!("every node boots its own disk now");
    Ok(())
}

/// Forgets a pinned certificate.
pub(super) async fn unpin(client: &Client, address: String) -> Result<(), CliError> {
    let forgotten: types::Unpin = client
        .send(Method::POST, "/v1/unpin", &types::Unpin { address })
        .await?;
    println!(
        "{}: the next certificate it shows is trusted",
        forgotten.address
    );
    Ok(())
}

fn or_none<T: ToString>(items: &[T]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
