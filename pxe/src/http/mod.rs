//! HTTP for booting nodes: all routes on one screen. Boot scripts, kickstarts, reports, install trees and loaders.
//!
//! Plain HTTP by nature: what it carries is worthless after minutes. Nothing is kept here; a power cut costs the clients a
//! new connection.

mod boot;
mod connection;
mod form;
mod front;
pub mod head;
mod kept;
mod kickstart;
mod media;
mod percent;
mod range;
mod reply;
mod report;
mod sending;
pub mod status;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use tracing::debug;

pub use front::{Limits, run, run_within};
pub use sending::Patience;

use crate::World;
use crate::peer::Ends;
use crate::script::Loader;
use crate::tftp::names;
use crate::tree::{self, Below, Place};
use head::{Head, Method};
use reply::Reply;
use status::Status;

/// A request without its body, and who asks.
struct Asked {
    ends: Ends,
    head: Head,
}

/// What a path leads to.
enum Route<'a> {
    Script(Loader),
    File(Place),
    Kickstart(&'a str),
    Report(&'a str),
    Nothing,
}

/// What kind of thing is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A boot script or GRUB configuration.
    Script,
    /// A file of an install tree, or a loader.
    File,
    /// A kickstart.
    Kickstart,
    /// An installer's report.
    Report,
    /// A path that leads nowhere.
    Nothing,
}

impl Route<'_> {
    fn target(&self) -> Target {
        match self {
            Self::Script(_) => Target::Script,
            Self::File(_) => Target::File,
            Self::Kickstart(_) => Target::Kickstart,
            Self::Report(_) => Target::Report,
            Self::Nothing => Target::Nothing,
        }
    }
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
        ("os", rest) => of_os(world, rest),
        ("media", rest) => of_medium(world, rest),
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

/// `NAME/PATH`.
fn of_os<'a>(world: &World, rest: &str) -> Route<'a> {
    let rack = world.rack();
    file(rest, |name, path| {
        tree::of_os(world, rack.oses.get(&name.parse().ok()?)?, path)
    })
}

/// `ID/PATH`.
fn of_medium<'a>(world: &World, rest: &str) -> Route<'a> {
    file(rest, |id, path| {
        tree::of_medium(world, &id.parse().ok()?, path)
    })
}

/// A file of an install tree. A `grub.cfg` there is the menu of an installation medium: it would install without an arm, so
/// GRUB is given its script in that place, wherever it looks for it.
fn file<'a>(rest: &str, find: impl Fn(&str, Below) -> Option<Place>) -> Route<'a> {
    let found = rest.split_once('/').and_then(|(tree, path)| {
        let path = below(path)?;
        let is_menu = names::is_grub_config(path.file_name());
        Some((find(tree, path)?, is_menu))
    });
    match found {
        Some((_, true)) => Route::Script(Loader::Grub),
        Some((place, false)) => Route::File(place),
        None => Route::Nothing,
    }
}

/// Split before it is decoded, so that an encoded slash stays inside its part, and is refused there.
fn below(path: &str) -> Option<Below> {
    let decode = |part| String::from_utf8(percent::decode(part)?).ok();
    let parts: Option<Vec<String>> = path.split('/').map(decode).collect();
    Below::new(parts?.iter().map(String::as_str))
}

/// The longest body read of such a request; reports alone have one. Slashes in front count as little as they do in [`route`].
fn body_max(head: &Head) -> usize {
    let is_report = head.path.trim_start_matches('/').starts_with("report/");
    match head.method {
        Method::Post if is_report => report::BODY_MAX,
        Method::Get | Method::Head | Method::Post | Method::Other => 0,
    }
}

/// Answers one request; `body` is `None` if it has one that was not read.
async fn answer(world: &World, asked: &Asked, body: Option<Bytes>) -> (Target, Reply) {
    let (path, method) = (asked.head.path.as_str(), asked.head.method);
    let is_read = matches!(method, Method::Get | Method::Head);
    let route = route(world, path);
    let target = route.target();
    let reply = match route {
        Route::Nothing => reply::failure(Status::NotFound),
        Route::Report(token) if method == Method::Post => {
            report::serve(world, asked, (token, body)).await
        }
        Route::Report(_) => reply::wrong_method("POST"),
        Route::Script(_) | Route::File(_) | Route::Kickstart(_) if !is_read => {
            reply::wrong_method("GET, HEAD")
        }
        Route::Script(loader) => boot::serve(world, asked, loader).await,
        Route::File(place) => media::serve(asked, place).await,
        Route::Kickstart(token) => kickstart::serve(world, asked, token).await,
    };
    let (method, status) = (method.word(), reply.status.code());
    debug!(from = %asked.ends.remote, method, path = shown(path), status);
    world.note(
        asked.ends.remote,
        &format!("{method} {} {status}", shown(path)),
    );
    (target, reply)
}

/// How many slashes `path` begins with.
fn leading_slashes(path: &str) -> usize {
    path.len() - path.trim_start_matches('/').len()
}

/// The path as logged: without what follows `/ks/` and `/report/`, which is a secret for minutes.
fn shown(path: &str) -> &str {
    // As the routes read it: slashes too many are none.
    let path = &path[leading_slashes(path).saturating_sub(1)..];
    let secret = ["/ks/", "/report/"]
        .into_iter()
        .find(|secret| path.starts_with(secret));
    secret.unwrap_or(path)
}
