//! HTTP/1.1 as boot programs speak it: one request a connection, headers as written, from an address of one's own. The
//! answer's headers keep their spelling, since some clients look at it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::time::timeout;

/// Far longer than anything takes on loopback: a server that hangs is a failure of the test, not a wait.
const LIMIT: Duration = Duration::from_secs(20);

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Ask {
    pub(super) fn get(url: impl Into<String>, agent: &str) -> Self {
        let ask = Self {
            method: "GET",
            url: url.into(),
            headers: Vec::new(),
            body: String::new(),
        };
        ask.with("User-Agent", agent).with("Accept", "*/*")
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn head(&self) -> Self {
        Self {
            method: "HEAD",
            ..self.clone()
        }
    }

    /// Sends it from `from`; port 80 stands for `http_port`.
    pub(super) async fn send(&self, from: Ipv4Addr, http_port: u16) -> io::Result<Answer> {
        let late = |_| io::Error::from(io::ErrorKind::TimedOut);
        timeout(LIMIT, self.exchange(from, http_port))
            .await
            .map_err(late)?
    }

    async fn exchange(&self, from: Ipv4Addr, http_port: u16) -> io::Result<Answer> {
        let (host, path) = self.split()?;
        let to = match host.parse::<SocketAddr>() {
            Ok(to) => to,
            Err(_) => SocketAddr::from((host.parse::<Ipv4Addr>().map_err(bad)?, http_port)),
        };
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind((from, 0).into())?;
        let mut stream = socket.connect(to).await?;
        stream.write_all(self.text(host, path).as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        Answer::read(&bytes, self.method == "HEAD")
    }

    fn split(&self) -> io::Result<(&str, &str)> {
        let rest = self
            .url
            .strip_prefix("http://")
            .ok_or_else(|| bad(&self.url))?;
        let slash = rest.find('/').unwrap_or(rest.len());
        let (host, path) = rest.split_at(slash);
        Ok((host, if path.is_empty() { "/" } else { path }))
    }

    fn text(&self, host: &str, path: &str) -> String {
        let mut text = format!("{} {path} HTTP/1.1\r\nHost: {host}\r\n", self.method);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        if self.method == "POST" {
            let kind = "application/x-www-form-urlencoded";
            text += &format!(
                "Content-Type: {kind}\r\nContent-Length: {}\r\n",
                self.body.len()
            );
        }
        text + "Connection: close\r\n\r\n" + &self.body
    }
}

fn bad(what: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_string())
}

impl Answer {
    fn read(bytes: &[u8], is_head: bool) -> io::Result<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.ok_or_else(|| bad("no end of the headers"))?;
        let text = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = text.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let pairs = lines.filter_map(|line| line.split_once(": "));
        let answer = Self {
            status: status.ok_or_else(|| bad("no status"))?,
            headers: pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: bytes[end + 4..].to_vec(),
        };
        let is_whole = is_head
            || answer
                .length()
                .is_none_or(|length| length == answer.body.len());
        if is_whole {
            Ok(answer)
        } else {
            Err(bad("cut short"))
        }
    }

    fn length(&self) -> Option<usize> {
        let is_length = |name: &str| name.eq_ignore_ascii_case("content-length");
        let found = self.headers.iter().find(|(name, _)| is_length(name));
        found.and_then(|(_, value)| value.parse().ok())
    }

    /// The length as GRUB finds it, which compares the header's spelling (`rocky-install.md` 0.1).
    pub(super) fn grub_length(&self) -> Option<usize> {
        let found = self
            .headers
            .iter()
            .find(|(name, _)| name == "Content-Length");
        found.and_then(|(_, value)| value.parse().ok())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
