//! HTTP for booting nodes: all routes on one screen. Boot scripts, kickstarts, reports, install trees and loaders.
//!
//! Plain HTTP by nature: what it carries is worthless after minutes. Nothing is kept here; a power cut costs the clients a
//! new connection.

mod boot;
mod form;
mod front;
mod kept;
mod kickstart;
mod media;
mod percent;
mod range;
mod reply;
mod report;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request, StatusCode};
use tracing::debug;

pub use front::{Limits, run, run_within};

use crate::World;
use crate::peer::Ends;
use crate::script::Loader;
use crate::tftp::names;
use crate::tree::{self, Below, Place};
use reply::Reply;

/// A request without its body.
struct Asked {
    ends: Ends,
    method: Method,
    /// The path as it was asked for.
    path: String,
    headers: HeaderMap,
}

/// What a path leads to.
enum Route<'a> {
    Script(Loader),
    File(Place),
    Kickstart(&'a str),
    Report(&'a str),
    Nothing,
}

fn route<'a>(world: &World, path: &'a str) -> Route<'a> {
    let mut parts = path.trim_start_matches('/').splitn(2, '/');
    match (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    ) {
        ("boot", "ipxe") => Route::Script(Loader::Ipxe),
        ("boot", "grub.cfg") => Route::Script(Loader::Grub),
        ("loader", name) => loader(world, name),
        ("os", rest) => file(world, rest),
        ("ks", token) => Route::Kickstart(token),
        ("report", token) => Route::Report(token),
        _ => Route::Nothing,
    }
}

fn loader<'a>(world: &World, name: &str) -> Route<'a> {
    match Below::new([name].into_iter()).filter(|name| names::is_loader(name.as_str())) {
        Some(name) => Route::File(tree::loader(&world.rack(), name)),
        None => Route::Nothing,
    }
}

/// `NAME/PATH`. A `grub.cfg` in a tree is the menu of an installation medium: it would install without an arm, so GRUB is
/// given its script in that place, wherever it looks for it.
fn file<'a>(world: &World, rest: &str) -> Route<'a> {
    let Some((name, path)) = rest.split_once('/') else {
        return Route::Nothing;
    };
    let rack = world.rack();
    let os = name.parse().ok().and_then(|name| rack.oses.get(&name));
    match (os, below(path)) {
        (Some(_), Some(path)) if names::is_grub_config(path.file_name()) => {
            Route::Script(Loader::Grub)
        }
        (Some(os), Some(path)) => Route::File(tree::of_os(os, path)),
        (None, _) | (_, None) => Route::Nothing,
    }
}

/// Split before it is decoded, so that an encoded slash stays inside its part, and is refused there.
fn below(path: &str) -> Option<Below> {
    let decode = |part| String::from_utf8(percent::decode(part)?).ok();
    let parts: Option<Vec<String>> = path.split('/').map(decode).collect();
    Below::new(parts?.iter().map(String::as_str))
}

/// Answers one request.
async fn answer(world: Arc<World>, ends: Ends, request: Request<Incoming>) -> Reply {
    let (head, body) = request.into_parts();
    let asked = Asked {
        ends,
        method: head.method,
        path: head.uri.path().to_owned(),
        headers: head.headers,
    };
    let (path, method) = (asked.path.as_str(), asked.method.clone());
    let route = route(&world, path);
    let is_read = method == Method::GET || method == Method::HEAD;
    let reply = match route {
        Route::Nothing => reply::failure(StatusCode::NOT_FOUND),
        Route::Report(token) if method == Method::POST => {
            let body = report::body(body).await;
            report::serve(&world, &asked, (token, body)).await
        }
        Route::Report(_) => reply::wrong_method("POST"),
        Route::Script(_) | Route::File(_) | Route::Kickstart(_) if !is_read => {
            reply::wrong_method("GET, HEAD")
        }
        Route::Script(loader) => boot::serve(&world, &asked, loader).await,
        Route::File(place) => media::serve(&world, &asked, place).await,
        Route::Kickstart(token) => kickstart::serve(&world, &asked, token).await,
    };
    let status = reply.status().as_u16();
    debug!(from = %ends.remote, %method, path = shown(path), status);
    world.note(ends.remote, &format!("{method} {} {status}", shown(path)));
    if method == Method::HEAD {
        reply::head(reply)
    } else {
        reply
    }
}

/// The path as logged: without what follows `/ks/` and `/report/`, which is a secret for minutes.
fn shown(path: &str) -> &str {
    let secret = ["/ks/", "/report/"]
        .into_iter()
        .find(|secret| path.starts_with(secret));
    secret.unwrap_or(path)
}
