//! One TCP connection to an OVSDB server (RFC 7047 §4): one request at a time, echo requests of the server answered
//! meanwhile, everything within a time limit.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::frames::Frames;

/// A connection within a rack takes a millisecond; a lost first packet is sent again after one second, then three.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// The server answers from memory and syncs its disk; a busy disk takes seconds.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// No answer about one bridge is larger; what is larger comes from something else.
const MESSAGE_MAX: usize = 16 << 20;

/// Why a request got no result.
#[derive(Debug)]
pub(super) enum WireError {
    /// No answer.
    Silent(String),
    /// An answer that is not OVSDB.
    Garbled(String),
}

#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    frames: Frames,
    calls: u64,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> Result<Self, WireError> {
        let silent = |why: String| WireError::Silent(why);
        let stream = timeout(CONNECT_LIMIT, TcpStream::connect(address))
            .await
            .map_err(|_| {
                silent(format!(
                    "no connection within {} s",
                    CONNECT_LIMIT.as_secs()
                ))
            })?
            .map_err(|error| silent(error.to_string()))?;
        Ok(Self {
            stream,
            frames: Frames::default(),
            calls: 0,
        })
    }

    /// Calls `transact` with these parameters; the results, one an operation.
    pub(super) async fn transact(&mut self, params: &[Value]) -> Result<Vec<Value>, WireError> {
        timeout(CALL_LIMIT, self.call(params))
            .await
            .unwrap_or_else(|_| {
                Err(WireError::Silent(format!(
                    "no answer within {} s",
                    CALL_LIMIT.as_secs()
                )))
            })
    }

    async fn call(&mut self, params: &[Value]) -> Result<Vec<Value>, WireError> {
        self.calls += 1;
        let id = json!(self.calls);
        self.send(&json!({"method": "transact", "params": params, "id": id}))
            .await?;
        loop {
            let mut message = self.receive().await?;
            if message["method"] == "echo" {
                let answer =
                    json!({"id": message["id"], "result": message["params"], "error": null});
                self.send(&answer).await?;
            } else if message["id"] == id && message.get("result").is_some() {
                return match message["result"].take() {
                    Value::Array(results) => Ok(results),
                    _ => Err(WireError::Garbled(format!("answered {}", message["error"]))),
                };
            }
        }
    }

    async fn send(&mut self, message: &Value) -> Result<(), WireError> {
        let sent = self.stream.write_all(message.to_string().as_bytes()).await;
        sent.map_err(|error| WireError::Silent(error.to_string()))
    }

    async fn receive(&mut self) -> Result<Value, WireError> {
        let garbled = |error: String| WireError::Garbled(format!("not OVSDB: {error}"));
        let mut chunk = [0; 16 << 10];
        loop {
            if let Some(message) = self
                .frames
                .next()
                .map_err(|error| garbled(error.to_string()))?
            {
                return Ok(message);
            }
            if self.frames.waiting() > MESSAGE_MAX {
                return Err(garbled(format!(
                    "a message of more than {MESSAGE_MAX} bytes"
                )));
            }
            let read = self.stream.read(&mut chunk).await;
            match read.map_err(|error| WireError::Silent(error.to_string()))? {
                0 => return Err(WireError::Silent("it closed the connection".to_owned())),
                length => self.frames.push(&chunk[..length]),
            }
        }
    }
}
