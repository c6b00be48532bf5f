//! The API, version 1, over a unix socket that only root may open. Every command of the CLI goes through it.
//!
//! All routes stand on one screen; each handler calls the same function that a page would. Whoever talks is known by
//! the socket's peer credentials (unix(7), SO_PEERCRED).

mod handlers;
mod handover;
mod media;
mod node;
mod server;
mod trial;
pub mod types;
pub mod view;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post, put};

use crate::context::Context;
use crate::metrics;

pub use server::{ServerError, run};

/// The socket's name in the data folder.
pub const SOCKET: &str = "hinode.sock";

fn routes(context: Arc<Context>) -> Router {
    Router::new()
        .route("/v1/status", get(handlers::status))
        .route("/v1/jobs/{id}", get(handlers::job))
        .route("/v1/nodes/{name}/console", get(handlers::console))
        .route("/v1/nodes/{name}/report", get(node::report))
        .route("/v1/nodes/{name}/manifest", get(node::manifest))
        .route("/v1/nodes/{name}/verify", post(node::verify))
        .route("/v1/nodes/{name}/passphrases", post(node::passphrases))
        .route("/v1/metrics", get(metrics::exposition))
        .route("/v1/inventory", get(handover::inventory))
        .route("/v1/transfers", get(handlers::transfers))
        .route("/v1/up", post(handlers::up))
        .route(
            "/v1/nodes/{name}/trial",
            get(trial::shown).post(trial::begin),
        )
        .route("/v1/discover", post(handlers::discover))
        .route("/v1/stop", post(handlers::stop_all))
        .route("/v1/unpin", post(handlers::unpin))
        .route("/v1/rack", get(handlers::rack).put(handlers::apply))
        .route("/v1/events", get(handlers::events))
        .route("/v1/chain", get(handlers::chain))
        .route("/v1/chain-end", get(handlers::chain_end))
        .route("/v1/secrets", get(handlers::secrets))
        .route("/v1/secrets/{name}", put(handlers::set_secret))
        .route("/v1/export-secrets", post(handlers::export_secrets))
        .route("/v1/media", get(media::list).post(media::import))
        .route("/v1/media/{id}", delete(media::remove))
        .route("/v1/media/{id}/verify", post(media::verify))
        .route("/v1/media-work/{number}", get(media::work))
        .route("/v1/media-keys", get(media::keys).post(media::key))
        .route("/v1/media-repositories", post(media::import_repository))
        .with_state(context)
}
