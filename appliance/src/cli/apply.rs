//! `hinode apply` and `hinode export`.

use std::path::Path;

use hyper::Method;

use super::{CliError, Client};
use crate::api::types;

/// Checks the file here, so that its faults are shown with their places, then loads it.
pub(super) async fn apply(
    client: &Client,
    rack: &Path,
    made_from: Option<u64>,
) -> Result<(), CliError> {
    let text = std::fs::read_to_string(rack).map_err(|source| CliError::Io {
        what: rack.display().to_string(),
        source,
    })?;
    if inventory::config::check(&text).is_err() {
        return super::check(rack, false);
    }
    let applied: types::Applied = client
        .send(Method::PUT, "/v1/rack", &types::Apply { text, made_from })
        .await?;
    println!(
        "applied as revision {}: {} nodes",
        applied.revision, applied.nodes
    );
    Ok(())
}

/// The rack file in force, as it was written.
pub(super) async fn export(client: &Client) -> Result<(), CliError> {
    let rack: types::Apply = client.get("/v1/rack").await?;
    print!("{}", rack.text);
    Ok(())
}
