//! Faults over HTTP, on a port of their own: `POST /faults` with a [`Fault`] as JSON, `DELETE /faults`,
//! `POST /clock` with the seconds it is to be ahead as plain text, `GET /seen`.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::net::TcpListener;

use super::Shared;
use super::faults::Fault;

/// Serves until aborted.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let routes = Router::new()
        .route("/faults", post(plan).delete(clear))
        .route("/clock", post(set_clock))
        .route("/seen", get(seen))
        .with_state(shared);
    if let Err(error) = axum::serve(listener, routes).await {
        tracing::error!(%error, "admin port failed");
    }
}

async fn plan(State(shared): State<Arc<Shared>>, Json(fault): Json<Fault>) {
    shared.faults.plan(fault);
}

async fn clear(State(shared): State<Arc<Shared>>) {
    shared.faults.clear();
}

async fn set_clock(State(shared): State<Arc<Shared>>, body: String) -> StatusCode {
    match body.trim().parse() {
        Ok(ahead_s) => {
            shared.faults.set_clock(ahead_s);
            StatusCode::NO_CONTENT
        }
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

/// A line a request: method and command.
async fn seen(State(shared): State<Arc<Shared>>) -> String {
    let seen = shared.seen();
    let lines = seen
        .iter()
        .map(|seen| format!("{} {}\n", seen.method, seen.command));
    lines.collect()
}
