//! Answers: status, headers and a body whose exact length is said in front. Never chunked, never a redirect: shim and GRUB
//! take only 200 with a Content-Length (`rocky-install.md` 0).

use std::io;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::header::{ALLOW, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

/// What an answer carries.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// An answer.
pub(super) type Reply = Response<Body>;

/// Scripts, kickstarts and what is said to people.
pub(super) const TEXT: &str = "text/plain; charset=utf-8";

/// A text with status 200.
pub(super) fn text(text: String) -> Reply {
    with(StatusCode::OK, TEXT, text.into())
}

/// A failure, in a word or two: probes for files that are not there are normal and must cost little.
pub(super) fn failure(status: StatusCode) -> Reply {
    let words = status.canonical_reason().unwrap_or("refused");
    with(status, TEXT, format!("{words}\n").into())
}

/// 405, naming what is allowed.
pub(super) fn wrong_method(allowed: &'static str) -> Reply {
    let reply = failure(StatusCode::METHOD_NOT_ALLOWED);
    with_header(reply, ALLOW, allowed)
}

/// Bytes at hand.
pub(super) fn with(status: StatusCode, kind: &'static str, bytes: Bytes) -> Reply {
    let len = bytes.len() as u64;
    sized(status, kind, (len, full(bytes)))
}

/// A body of a length known before.
pub(super) fn sized(status: StatusCode, kind: &'static str, (len, body): (u64, Body)) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(len));
    reply
}

/// The same answer with one more header.
pub(super) fn with_header(mut reply: Reply, name: HeaderName, value: &str) -> Reply {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(name, value);
    }
    reply
}

/// The same answer without its body, as HEAD wants it: the length stays.
pub(super) fn head(reply: Reply) -> Reply {
    reply.map(|_| nothing())
}

/// The same answer, the last on its connection.
pub(super) fn last(reply: Reply) -> Reply {
    with_header(reply, CONNECTION, "close")
}

/// No bytes.
pub(super) fn nothing() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

fn full(bytes: Bytes) -> Body {
    Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}
