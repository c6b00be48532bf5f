//! Files: install trees and loaders, with HEAD and single ranges. Their bytes go from the page cache to the socket
//! ([`super::sending`]); here is decided which.

use tracing::{error, warn};

use super::Asked;
use super::head::Method;
use super::range::{self, Ask};
use super::reply::{self, Body, Part, Reply};
use super::status::Status;
use crate::tree::{self, Lack, Opened, Place};

/// Serves a file.
pub(super) async fn serve(asked: &Asked, place: Place) -> Reply {
    let kind = kind(place.file_name());
    match tree::open(place).await {
        Ok(file) => part(asked, file, kind),
        Err(Lack::NotFound) => reply::failure(Status::NotFound),
        Err(error @ Lack::NoFolder(..)) => {
            warn!(%error, "a file cannot be served");
            reply::failure(Status::NotFound)
        }
        Err(error @ Lack::Failed(_)) => {
            error!(%error, "a file cannot be served");
            reply::failure(Status::Unavailable)
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

fn part(asked: &Asked, file: Opened, kind: &'static str) -> Reply {
    let (tag, len) = (file.tag.clone(), file.len);
    let body = |at, end| Body::File(Part { file, at, end });
    let reply = match range::ask(wanted(asked, &tag), len) {
        Ask::Beyond => {
            let reply = reply::failure(Status::RangeNotSatisfiable);
            return reply.with("Content-Range", format!("bytes */{len}"));
        }
        Ask::Whole => Reply::new(Status::Ok, kind, body(0, len)),
        Ask::Part { first, last } => {
            let reply = Reply::new(Status::PartialContent, kind, body(first, last + 1));
            reply.with("Content-Range", format!("bytes {first}-{last}/{len}"))
        }
    };
    let reply = reply.with("Accept-Ranges", "bytes".to_owned());
    reply.with("Etag", tag)
}

/// The Range header, which counts for GET alone, and only while If-Range, if sent, names this very state of the file
/// (RFC 9110 §13.1.5, §14.2).
fn wanted<'a>(asked: &'a Asked, tag: &str) -> Option<&'a str> {
    let condition = asked.head.if_range.as_deref();
    let is_due = asked.head.method == Method::Get && condition.is_none_or(|value| value == tag);
    asked.head.range.as_deref().filter(|_| is_due)
}
