//! The client of the API: one request a connection over the unix socket.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::api::{SOCKET, types};

/// Nearly every route answers at once; only a store that waits for a slow disk takes longer.
const LIMIT: Duration = Duration::from_secs(30);

/// Talks to the appliance of one data folder.
#[derive(Debug, Clone)]
pub struct Client {
    socket: PathBuf,
    /// How long an answer may take.
    limit: Duration,
}

/// Why the appliance did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody there.
    #[error(
        "no appliance answers at {socket} ({why}); start it with `hinode serve`, or give --data"
    )]
    Absent {
        /// The socket.
        socket: PathBuf,
        /// What was seen.
        why: String,
    },
    /// It refused.
    #[error("{0}")]
    Refused(String),
    /// It answered something else than this version understands.
    #[error(
        "the appliance answered {what} in a form this version does not know ({why}); use the same version"
    )]
    Unknown {
        /// The request.
        what: String,
        /// The decoder's words.
        why: String,
    },
}

impl Client {
    /// A client of the appliance that serves `data`.
    pub fn new(data: &Path) -> Self {
        Self {
            socket: data.join(SOCKET),
            limit: LIMIT,
        }
    }

    /// The same for a route that goes to a node and back before it answers.
    pub fn patient(&self, limit: Duration) -> Self {
        Self {
            limit,
            ..self.clone()
        }
    }

    /// GET.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.ask(Method::GET, path, Bytes::new()).await
    }

    /// POST or PUT with a JSON body.
    pub async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let unknown = |error: serde_json::Error| self.unknown(path, &error);
        let body = serde_json::to_vec(body).map_err(unknown)?;
        self.ask(method, path, body.into()).await
    }

    fn unknown(&self, what: &str, why: &impl ToString) -> ClientError {
        ClientError::Unknown {
            what: what.to_owned(),
            why: why.to_string(),
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<T, ClientError> {
        let absent = |why: String| ClientError::Absent {
            socket: self.socket.clone(),
            why,
        };
        let answer = timeout(self.limit, self.exchange(method, path, body)).await;
        let (is_success, bytes) = match answer {
            Err(_) => return Err(absent(format!("no answer in {} s", self.limit.as_secs()))),
            Ok(Err(why)) => return Err(absent(why)),
            Ok(Ok(answer)) => answer,
        };
        if is_success {
            return serde_json::from_slice(&bytes).map_err(|error| self.unknown(path, &error));
        }
        match serde_json::from_slice::<types::Refused>(&bytes) {
            Ok(refused) => Err(ClientError::Refused(refused.error)),
            Err(_) => Err(ClientError::Refused(
                String::from_utf8_lossy(&bytes).into_owned(),
            )),
        }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<(bool, Bytes), String> {
        let words = |error: &dyn std::error::Error| error.to_string();
        let stream = UnixStream::connect(&self.socket)
            .await
            .map_err(|error| words(&error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| words(&error))?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "hinode")
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(|error| words(&error))?;
        let asking = async {
            let response = sender
                .send_request(request)
                .await
                .map_err(|error| words(&error))?;
            let is_success = response.status().is_success();
            let bytes = response
                .into_body()
                .collect()
                .await
                .map_err(|error| words(&error))?;
            Ok((is_success, bytes.to_bytes()))
        };
        tokio::pin!(connection);
        tokio::select! {
            answer = asking => answer,
            ended = &mut connection => Err(ended.err().map_or_else(
                || "the connection was closed".to_owned(),
                |error| words(&error),
            )),
        }
    }
}
