//! One HTTPS conversation with one BMC: one request at a time, each with a time limit, repeated only where that is
//! safe, and never again after a refused login.
//!
//! One at a time, because small BMC processors stop answering under parallel requests, and because a second request
//! in flight would spend a second login attempt.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ETAG, IF_MATCH};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::cause::{chain, is_tls};
use super::error::{Asked, BmcError};
use super::link::Link;
use super::redfish::{Login, Target};
use super::tls::{Fingerprint, Pinning, client_config};
use super::transcript::{Exchange, Outcome, Transcript};
use super::verdict::{Verdict, verdict};

/// A TCP and TLS handshake with a busy BMC takes up to two seconds; twice that, and some.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// The slowest BMCs take ten seconds to put a system resource together; twice that.
const CALL_LIMIT: Duration = Duration::from_secs(20);
/// Tries of one request, the first included.
const TRIES: u32 = 4;
/// Pause before the second try; the third and fourth wait two and three times as long.
const PAUSE: Duration = Duration::from_millis(500);
/// No new try begins after this, so that a dead BMC is reported within a minute.
const PATIENCE: Duration = Duration::from_secs(25);
/// No resource we read is larger; a BMC that sends more is broken or is something else.
const BODY_MAX: usize = 4 << 20;

/// A request: what for, and what to send.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) deed: &'static str,
    pub(super) method: &'a Method,
    pub(super) link: &'a Link,
    pub(super) body: Option<&'a Value>,
    /// Sent as If-Match, so that a change made meanwhile by another client is not overwritten.
    pub(super) etag: Option<&'a str>,
    /// False only for the service root, which needs no login (DSP0266 §13.2).
    pub(super) login: bool,
}

/// A resource as read.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) body: Value,
    pub(super) etag: Option<String>,
    /// Nothing was changed: the resource is no longer as it was when the ETag that was sent was read.
    pub(super) outdated: bool,
}

/// How one try ended when it was not fine.
enum Failure {
    /// Nothing was done; worth another try.
    Passing(String),
    Final(BmcError),
}

/// What came back over the wire.
struct Reply {
    status: StatusCode,
    etag: Option<String>,
    bytes: Vec<u8>,
}

/// The one login budget of a BMC.
#[derive(Debug, Clone, Copy)]
enum Door {
    Open,
    /// Our login was refused with this status.
    Shut(u16),
}

#[derive(Debug)]
pub(super) struct Wire {
    address: SocketAddr,
    http: Client,
    login: Login,
    pinning: Arc<Pinning>,
    transcript: Transcript,
    door: Mutex<Door>,
}

impl Wire {
    pub(super) fn new(target: Target) -> Result<Self, BmcError> {
        let address = target.address;
        let asked = Asked {
            bmc: address,
            deed: "prepare TLS",
        };
        let cannot = |error: &(dyn Error + 'static)| BmcError::Unsupported {
            asked,
            what: chain(error),
        };
        let pinning = Arc::new(Pinning::new(target.pin));
        let tls = client_config(Arc::clone(&pinning)).map_err(|error| cannot(&error))?;
        let http = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_LIMIT)
            .timeout(CALL_LIMIT)
            .build()
            .map_err(|error| cannot(&error))?;
        Ok(Self {
            address,
            http,
            login: target.login,
            pinning,
            transcript: target.transcript,
            door: Mutex::new(Door::Open),
        })
    }

    pub(super) fn asked(&self, deed: &'static str) -> Asked {
        Asked {
            bmc: self.address,
            deed,
        }
    }

    /// The certificate trusted; none before the first answer.
    pub(super) fn pin(&self) -> Option<Fingerprint> {
        self.pinning.pin()
    }

    /// Reads a resource.
    pub(super) async fn get(&self, deed: &'static str, link: &Link) -> Result<Answer, BmcError> {
        self.call(Request {
            deed,
            method: &Method::GET,
            link,
            body: None,
            etag: None,
            login: true,
        })
        .await
    }

    /// Sends a request until it is answered, refused, or not worth another try.
    pub(super) async fn call(&self, request: Request<'_>) -> Result<Answer, BmcError> {
        let asked = self.asked(request.deed);
        let mut door = self.door.lock().await;
        if let Door::Shut(status) = *door {
            return Err(BmcError::Denied { asked, status });
        }
        let begun = Instant::now();
        let mut tries = 1;
        loop {
            let why = match self.attempt(request).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Passing(why)) => why,
                Err(Failure::Final(error)) => {
                    *door = door_after(&error, request.login);
                    return Err(error);
                }
            };
            if tries == TRIES || begun.elapsed() > PATIENCE {
                let why = format!("{why}; {tries} tries");
                return Err(BmcError::Silent { asked, why });
            }
            sleep(PAUSE * tries).await;
            tries += 1;
        }
    }

    async fn attempt(&self, request: Request<'_>) -> Result<Answer, Failure> {
        let begun = Instant::now();
        let result = self.exchange(request).await;
        let outcome = match &result {
            Ok(reply) => Outcome::Status(reply.status.as_u16()),
            Err(error) => Outcome::Failed(chain(error)),
        };
        tracing::debug!(bmc = %self.address, method = %request.method, path = %request.link, ?outcome, "asked");
        self.transcript.note(Exchange {
            method: request.method.to_string(),
            path: request.link.to_string(),
            outcome,
            took: begun.elapsed(),
        });
        match result {
            Ok(reply) => self.judge(request, reply),
            Err(error) => Err(self.failure(request, &error)),
        }
    }

    async fn exchange(&self, request: Request<'_>) -> Result<Reply, reqwest::Error> {
        let url = format!("https://{}{}", self.address, request.link);
        let mut sent = self.http.request(request.method.clone(), url);
        if request.login {
            sent = sent.basic_auth(&self.login.user, Some(self.login.password.expose()));
        }
        if let Some(etag) = request.etag {
            sent = sent.header(IF_MATCH, etag);
        }
        if let Some(body) = request.body {
            sent = sent.json(body);
        }
        let response = sent.send().await?;
        let etag = response.headers().get(ETAG);
        Ok(Reply {
            status: response.status(),
            etag: etag.and_then(|tag| tag.to_str().ok()).map(str::to_owned),
            bytes: bytes(response).await?,
        })
    }

    fn judge(&self, request: Request<'_>, reply: Reply) -> Result<Answer, Failure> {
        let asked = self.asked(request.deed);
        let body = serde_json::from_slice(&reply.bytes).unwrap_or(Value::Null);
        let error = match verdict(request.method, reply.status, &body) {
            Verdict::Fine if body.is_null() && *request.method == Method::GET => {
                BmcError::Unsupported {
                    asked,
                    what: format!("{} is not JSON", request.link),
                }
            }
            Verdict::Fine => {
                let tag = body["@odata.etag"].as_str().map(str::to_owned);
                let etag = reply.etag.or(tag);
                let outdated = false;
                return Ok(Answer {
                    body,
                    etag,
                    outdated,
                });
            }
            Verdict::Outdated if request.etag.is_some() => {
                let (etag, outdated) = (None, true);
                return Ok(Answer {
                    body,
                    etag,
                    outdated,
                });
            }
            Verdict::Outdated => BmcError::Refused {
                asked,
                why: "answered 412 to a request without condition".to_owned(),
            },
            Verdict::Passing(why) => return Err(Failure::Passing(why)),
            Verdict::Denied(status) => BmcError::Denied { asked, status },
            Verdict::Unsupported(what) => BmcError::Unsupported { asked, what },
            Verdict::Refused(why) => BmcError::Refused { asked, why },
        };
        Err(Failure::Final(error))
    }

    /// No answer at all. A connection that was never made did nothing, so even a reset may be sent again.
    fn failure(&self, request: Request<'_>, error: &reqwest::Error) -> Failure {
        let asked = self.asked(request.deed);
        if let Some((pinned, shown)) = self.pinning.mismatch() {
            return Failure::Final(BmcError::CertificateChanged {
                asked,
                pinned,
                shown,
            });
        }
        let why = chain(error);
        if is_tls(error) {
            return Failure::Final(BmcError::Unsupported { asked, what: why });
        }
        if error.is_connect() || *request.method == Method::GET {
            return Failure::Passing(why);
        }
        let why = format!("{why}; it may have been done or not");
        Failure::Final(BmcError::Silent { asked, why })
    }
}

/// After a refused login the door is shut, whatever was asked with it.
fn door_after(error: &BmcError, login: bool) -> Door {
    match error {
        BmcError::Denied { status, .. } if login => Door::Shut(*status),
        BmcError::Denied { .. }
        | BmcError::Silent { .. }
        | BmcError::Unsupported { .. }
        | BmcError::Refused { .. }
        | BmcError::WrongMachine { .. }
        | BmcError::CertificateChanged { .. } => Door::Open,
    }
}

/// The body, cut at [`BODY_MAX`].
async fn bytes(mut response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > BODY_MAX {
            bytes.clear();
            break;
        }
    }
    Ok(bytes)
}
