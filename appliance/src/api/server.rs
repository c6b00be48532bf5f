//! The unix socket: HTTP/1.1, every connection known by its peer's user, all connections ended at stop.

use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use nix::unistd::{Uid, User};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tracing::{debug, warn};

use crate::context::Context;

/// A client that does not send its request within this is gone or broken.
const HEADER_LIMIT: Duration = Duration::from_secs(10);

/// Pause after a failed accept, so that it does not keep a core busy.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Who talks: the account's name.
#[derive(Debug, Clone)]
pub(super) struct Caller(pub(super) String);

/// Why the API does not run.
#[derive(Debug, thiserror::Error)]
#[error("API socket {path}: {source}; is another appliance running on this data folder?")]
pub struct ServerError {
    path: PathBuf,
    source: io::Error,
}

/// Serves the API on `path` until `stop`.
pub async fn run(
    context: Arc<Context>,
    path: &Path,
    stop: impl Future<Output = ()>,
) -> Result<(), ServerError> {
    let failed = |source| ServerError {
        path: path.to_owned(),
        source,
    };
    let listener = bind(path).map_err(failed)?;
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => {
                match accepted {
                    Ok((stream, _)) => drop(connections.spawn(serve(context.clone(), stream))),
                    // Out of file descriptors, mostly: it passes when others are closed.
                    Err(error) => {
                        warn!(%error, "an API client could not be accepted");
                        tokio::time::sleep(ACCEPT_AGAIN).await;
                    }
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
    connections.shutdown().await;
    std::fs::remove_file(path).map_err(failed)
}

/// A socket left by a killed appliance is replaced; the store's lock tells whether another one is alive.
fn bind(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn serve(context: Arc<Context>, stream: UnixStream) {
    let caller = Caller(caller(&stream));
    let service = TowerToHyperService::new(super::routes(context).layer(Extension(caller)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_LIMIT)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        debug!(%error, "an API client left");
    }
}

fn caller(stream: &UnixStream) -> String {
    let Ok(credentials) = stream.peer_cred() else {
        return "unknown".to_owned();
    };
    let uid = Uid::from_raw(credentials.uid());
    match User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => format!("uid {uid}"),
    }
}
