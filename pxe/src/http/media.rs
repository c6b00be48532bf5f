//! Files: install trees and loaders, with HEAD and single ranges, read in blocks so that memory stays bounded.
//!
//! Everything about one file's way to the socket is [`body`]: sendfile would replace that and nothing else.

use std::sync::Arc;

use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper::header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use hyper::{Method, StatusCode};
use tracing::{error, warn};

use super::Asked;
use super::range::{self, Ask};
use super::reply::{self, Body, Reply};
use crate::World;
use crate::served::Service;
use crate::tree::{self, Lack, Opened, Place};

/// How much of a file is read at once, for each connection; bounds memory, and is large enough not to cost speed.
const BLOCK: u64 = 64 * 1024;

/// Serves a file.
pub(super) async fn serve(world: &Arc<World>, asked: &Asked, place: Place) -> Reply {
    let kind = kind(place.path.file_name());
    match tree::open(place).await {
        Ok(file) => part(world, asked, (file, kind)),
        Err(Lack::NotFound) => reply::failure(StatusCode::NOT_FOUND),
        Err(error @ Lack::NoFolder(..)) => {
            warn!(%error, "a file cannot be served");
            reply::failure(StatusCode::NOT_FOUND)
        }
        Err(error @ Lack::Failed(_)) => {
            error!(%error, "a file cannot be served");
            reply::failure(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// UEFI HTTP boot knows an executable by its type or by its name (UEFI 2.10 §24.7); everybody else looks at neither.
fn kind(name: &str) -> &'static str {
    if name.to_ascii_lowercase().ends_with(".efi") {
        "application/efi"
    } else {
        "application/octet-stream"
    }
}

fn part(world: &Arc<World>, asked: &Asked, (file, kind): (Opened, &'static str)) -> Reply {
    let tag = file.tag.clone();
    let len = file.len;
    let reply = match range::ask(wanted(asked, &tag), len) {
        Ask::Beyond => {
            let reply = reply::failure(StatusCode::RANGE_NOT_SATISFIABLE);
            return reply::with_header(reply, CONTENT_RANGE, &format!("bytes */{len}"));
        }
        Ask::Whole => {
            let body = (len, body(world, asked, (file, 0, len)));
            reply::sized(StatusCode::OK, kind, body)
        }
        Ask::Part { first, last } => {
            let body = (
                last + 1 - first,
                body(world, asked, (file, first, last + 1)),
            );
            let reply = reply::sized(StatusCode::PARTIAL_CONTENT, kind, body);
            reply::with_header(reply, CONTENT_RANGE, &format!("bytes {first}-{last}/{len}"))
        }
    };
    reply::with_header(
        reply::with_header(reply, ACCEPT_RANGES, "bytes"),
        ETAG,
        &tag,
    )
}

/// The Range header, which counts for GET alone, and only while If-Range, if sent, names this very state of the file
/// (RFC 9110 §13.1.5, §14.2).
fn wanted<'a>(asked: &'a Asked, tag: &str) -> Option<&'a str> {
    let condition = asked.headers.get(IF_RANGE);
    let is_due = asked.method == Method::GET && condition.is_none_or(|value| value == tag);
    let range = asked.headers.get(RANGE).filter(|_| is_due);
    range.and_then(|value| value.to_str().ok())
}

/// Bytes `at` to `end` (not included) of `file`, block by block; what left for a node is counted.
fn body(world: &Arc<World>, asked: &Asked, (file, at, end): (Opened, u64, u64)) -> Body {
    if asked.method == Method::HEAD || at == end {
        return reply::nothing();
    }
    let progress = world.progress(Service::Http, asked.ends.remote, (&asked.path, end - at));
    let progress = Arc::new(progress);
    let blocks = stream::try_unfold((file, at), move |(file, at)| {
        let progress = progress.clone();
        async move {
            let size = BLOCK.min(end - at);
            if size == 0 {
                return Ok(None);
            }
            let block = file
                .read(at, usize::try_from(size).unwrap_or_default())
                .await?;
            if let Some(progress) = &*progress {
                progress.advance(size);
            }
            Ok(Some((Frame::data(block), (file, at + size))))
        }
    });
    StreamBody::new(blocks).boxed_unsync()
}
