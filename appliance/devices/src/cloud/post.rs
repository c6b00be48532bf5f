//! One POST over HTTP: bytes there, status, date and bytes back, within limits of time and size.

use std::error::Error;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, redirect};

use super::error::{Quiet, Why};

/// The controller stands on the same site: who does not accept a connection in this time is not there.
const CONNECT: Duration = Duration::from_secs(10);

/// A page of a hundred hosts with all details is some 500 KiB; more than this is no list of ours.
const BODY_MAX: usize = 8 << 20;

/// What came back.
pub(super) struct Reply {
    /// HTTP status; CloudStack uses numbers up to 599 of its own.
    pub(super) status: u16,
    /// The server's clock.
    pub(super) date: Option<Timestamp>,
    /// At most [`BODY_MAX`] bytes.
    pub(super) body: Vec<u8>,
}

/// A client for `endpoint`: no proxy, no redirects (a signature is for one place). `https` is verified against the
/// system's certificates.
pub(super) fn client(endpoint: &str) -> Result<Client, Why> {
    // reqwest wants a process-wide choice; one made before by somebody else is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .connect_timeout(CONNECT)
        .no_proxy()
        .redirect(redirect::Policy::none());
    let client = match endpoint.starts_with("https:") {
        true => client,
        false => client.tls_certs_only([]),
    };
    client
        .build()
        .map_err(|error| Why::Unsupported(innermost(&error)))
}

/// Sends `form` by `request`, which gives up after `limit`.
pub(super) async fn send(
    request: RequestBuilder,
    form: String,
    limit: Duration,
) -> Result<Reply, Quiet> {
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
    let request = request.header(CONTENT_TYPE, form_type).body(form);
    let quiet = |error| quiet(&error, limit);
    let mut response = request.send().await.map_err(quiet)?;
    let mut reply = Reply {
        status: response.status().as_u16(),
        date: date(&response),
        body: Vec::new(),
    };
    while let Some(bytes) = response.chunk().await.map_err(quiet)? {
        if reply.body.len() + bytes.len() > BODY_MAX {
            return Err(Quiet::Lost(format!("it is longer than {BODY_MAX} bytes")));
        }
        reply.body.extend_from_slice(&bytes);
    }
    Ok(reply)
}

/// RFC 9110 §5.6.7; its usual form is also one of RFC 2822.
fn date(response: &Response) -> Option<Timestamp> {
    let text = response.headers().get(DATE)?.to_str().ok()?;
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(zoned.timestamp())
}

fn quiet(error: &reqwest::Error, limit: Duration) -> Quiet {
    if error.is_connect() {
        Quiet::Unreachable(innermost(error))
    } else if error.is_timeout() {
        Quiet::NoAnswer(limit)
    } else {
        Quiet::Lost(innermost(error))
    }
}

/// The cause without its wrappings, which would repeat the URL.
fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
