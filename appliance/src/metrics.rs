//! The counters for monitoring on a TCP address of its own, if the rack file names one: `GET /metrics`, and nothing else.
//! Begun anew when the rack file names another address; a power cut means nothing to it.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use pxe::metrics::{self, text};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{debug, error, info};

use crate::context::Context;
use crate::serve::until;

/// A scrape is one request; Prometheus gives it ten seconds.
const SCRAPE_LIMIT: Duration = Duration::from_secs(10);
/// How long scrapes may finish at the end: an answer takes milliseconds.
const GRACE: Duration = Duration::from_secs(1);
/// Scrapes at once; a monitoring system has one or two servers.
const AT_ONCE: usize = 16;
/// Pause before an address that could not be listened on is tried again: it may come up later.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// All metrics as Prometheus reads them.
pub async fn exposition(State(context): State<Arc<Context>>) -> Response {
    match metrics::gather(&context.world) {
        Ok(families) => {
            let kind = [(header::CONTENT_TYPE, text::MEDIA_TYPE)];
            (kind, text::exposition(&families)).into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

/// Serves on the address of the rack in force, until `stopped`.
pub async fn run(context: Arc<Context>, stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let address = context.world.rack().appliance.metrics;
        let end = async {
            tokio::select! {
                () = other_address(&context, address) => {}
                () = until(stopped.clone()) => {}
            }
        };
        serve(&context, address, end).await;
    }
}

async fn other_address(context: &Context, address: Option<SocketAddr>) {
    loop {
        // Before the look: what changes between the look and the wait must wake it.
        let changed = context.rack_changed.notified();
        if context.world.rack().appliance.metrics != address {
            return;
        }
        changed.await;
    }
}

/// Until `end`, or when the address is to be tried again. Scrapes under way are finished.
async fn serve(context: &Arc<Context>, address: Option<SocketAddr>, end: impl Future<Output = ()>) {
    let mut end = pin!(end);
    let Some(address) = address else {
        return end.await;
    };
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(error) => {
            error!(%address, %error, "metrics cannot be served there; trying again");
            return again_or(end).await;
        }
    };
    info!(%address, "metrics are served");
    let mut scrapes = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut end => break,
            Some(_) = scrapes.join_next() => {}
            accepted = listener.accept(), if scrapes.len() < AT_ONCE => match accepted {
                Ok((stream, _)) => drop(scrapes.spawn(scrape(context.clone(), stream))),
                Err(error) => {
                    error!(%address, %error, "metrics cannot be served there; trying again");
                    again_or(&mut end).await;
                    break;
                }
            },
        }
    }
    drop(listener);
    finish(scrapes).await;
}

async fn again_or(end: impl Future<Output = ()>) {
    // Either way it is time to look again.
    let _ended_or_not = tokio::time::timeout(TRY_AGAIN, end).await;
}

/// Scrapes that were begun are answered; one whose client only holds its connection is cut off.
async fn finish(mut scrapes: JoinSet<()>) {
    let all = async { while scrapes.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all).await.is_err() {
        scrapes.shutdown().await;
    }
}

async fn scrape(context: Arc<Context>, stream: TcpStream) {
    let routes = Router::new()
        .route("/metrics", get(exposition))
        .with_state(context);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(SCRAPE_LIMIT)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    match tokio::time::timeout(SCRAPE_LIMIT, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(%error, "a scrape ended badly"),
        Err(_) => debug!("a scrape took too long"),
    }
}
