//! Answers: status, headers and a body whose exact length is said in front. Never chunked, never a redirect: shim and GRUB
//! take only 200 with a Content-Length, and GRUB compares that name with its capitals (`rocky-install.md` 0).

use bytes::Bytes;
use inventory::clock::Now;

use super::status::Status;
use crate::tree::Opened;

/// Scripts, kickstarts and what is said to people.
pub(super) const TEXT: &str = "text/plain; charset=utf-8";

/// What an answer carries.
#[derive(Debug)]
pub(super) enum Body {
    /// Bytes at hand.
    Bytes(Bytes),
    /// A stretch of a file.
    File(Part),
}

/// A stretch of a file.
#[derive(Debug)]
pub(super) struct Part {
    /// The file.
    pub(super) file: Opened,
    /// Where it begins.
    pub(super) at: u64,
    /// Where it ends, not included.
    pub(super) end: u64,
}

impl Body {
    /// Bytes.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(part) => part.end - part.at,
        }
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    /// Its status.
    pub(super) status: Status,
    /// Media type of the body.
    kind: &'static str,
    /// More headers: names with capitals, values of ours.
    more: Vec<(&'static str, String)>,
    /// What it carries, unless HEAD was asked.
    pub(super) body: Body,
}

impl Reply {
    /// An answer with a body.
    pub(super) fn new(status: Status, kind: &'static str, body: Body) -> Self {
        Self {
            status,
            kind,
            more: Vec::new(),
            body,
        }
    }

    /// The same answer with one more header.
    pub(super) fn with(mut self, name: &'static str, value: String) -> Self {
        self.more.push((name, value));
        self
    }

    /// Status line and headers. After the last answer on a connection nothing more is read from it.
    pub(super) fn head(&self, now: &Now, is_last: bool) -> Vec<u8> {
        let (code, words) = (self.status.code(), self.status.words());
        let mut head = format!("HTTP/1.1 {code} {words}\r\n");
        // RFC 9110 §6.6.1: not from a clock that is known to be wrong.
        if now.is_plausible() {
            let date = now.wall.strftime("%a, %d %b %Y %H:%M:%S GMT");
            line(&mut head, "Date", &date.to_string());
        }
        line(&mut head, "Content-Type", self.kind);
        line(&mut head, "Content-Length", &self.body.len().to_string());
        for (name, value) in &self.more {
            line(&mut head, name, value);
        }
        if is_last {
            line(&mut head, "Connection", "close");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

fn line(head: &mut String, name: &str, value: &str) {
    for part in [name, ": ", value, "\r\n"] {
        head.push_str(part);
    }
}

/// A text with status 200.
pub(super) fn text(text: String) -> Reply {
    Reply::new(Status::Ok, TEXT, Body::Bytes(text.into()))
}

/// A failure, in a word or two: probes for files that are not there are normal and must cost little.
pub(super) fn failure(status: Status) -> Reply {
    let words = format!("{}\n", status.words());
    Reply::new(status, TEXT, Body::Bytes(words.into()))
}

/// 405, naming what is allowed.
pub(super) fn wrong_method(allowed: &'static str) -> Reply {
    failure(Status::MethodNotAllowed).with("Allow", allowed.to_owned())
}
