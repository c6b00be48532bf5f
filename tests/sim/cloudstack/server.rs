//! HTTP: one path, any method, and the faults on the way.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, Method, Response, Uri, header};
use axum::routing::any;
use tokio::net::TcpListener;

use super::answer::{Refused, response};
use super::faults::Wrong;
use super::form::Form;
use super::{Seen, Shared, commands, locked};

/// Serves until aborted.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let routes = Router::new()
        .route("/client/api", any(api))
        .with_state(shared);
    if let Err(error) = axum::serve(listener, routes).await {
        tracing::error!(%error, "API port failed");
    }
}

async fn api(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Response<Body> {
    let query = uri.query().unwrap_or_default();
    let form = Form::read(query, &String::from_utf8_lossy(&body));
    locked(&shared.seen).push(Seen {
        command: form.get("command").unwrap_or_default().to_owned(),
        method: method.to_string(),
        query: query.to_owned(),
    });
    let mut response = answer(&shared, &method, &form).await;
    let date = shared
        .now()
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// The answer, or what is to be wrong with it.
async fn answer(shared: &Arc<Shared>, method: &Method, form: &Form) -> Response<Body> {
    let command = form.command();
    match shared.faults.take(&command) {
        Some(Wrong::Unauthorized) => return response(&command, Err(Refused::unauthorized())),
        Some(Wrong::Internal(text)) => return response(&command, Err(Refused::new(530, text))),
        Some(Wrong::Silent) => std::future::pending().await,
        Some(Wrong::Late(ms)) => tokio::time::sleep(Duration::from_millis(ms)).await,
        Some(Wrong::Lost) => {
            let _ = commands::run(shared, method, form).await;
            return Response::new(broken());
        }
        Some(Wrong::Page) => return Response::new(Body::from("<h1>It works!</h1>")),
        None => {}
    }
    response(&command, commands::run(shared, method, form).await)
}

/// A body in which the connection breaks.
fn broken() -> Body {
    let error = io::Error::new(io::ErrorKind::ConnectionReset, "as told");
    let parts = futures_util::stream::iter([Err::<Bytes, _>(error)]);
    Body::from_stream(parts)
}
