//! The route of Ansible's inventory.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use templates::handover::{known_hosts, list};

use super::handlers::Refusal;
use super::types::Inventory;
use crate::context::Context;
use crate::handover::known;

/// The inventory of all nodes, and the host keys that go with it.
pub(super) async fn inventory(
    State(context): State<Arc<Context>>,
) -> Result<Json<Inventory>, Refusal> {
    let (rack, known) = (context.world.rack(), known(&context)?);
    Ok(Json(Inventory {
        list: list(&rack, &known),
        known_hosts: known_hosts(&rack, &known),
    }))
}
