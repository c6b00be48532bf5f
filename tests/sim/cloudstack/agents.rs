//! TCP 8250: the agents of hosts. See the module's header for their lines.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::Shared;
use super::hosts::State;

/// Agents append this to the GUID they were given.
const TAIL: &str = "-LibvirtComputingResource";

/// Serves until aborted.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut agents = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => {
                    agents.spawn(listen(stream, from, shared.clone()));
                }
                Err(error) => tracing::warn!(%error, "agent not accepted"),
            },
            Some(_) = agents.join_next() => {}
        }
    }
}

/// One connection, to its end.
async fn listen(stream: TcpStream, from: SocketAddr, shared: Arc<Shared>) {
    let mut lines = BufReader::new(stream).lines();
    let ping = shared.config.timing.ping;
    let first = timeout(ping, lines.next_line()).await;
    let hello = first.ok().and_then(Result::ok).flatten();
    let Some(link) = hello.and_then(|line| welcome(&line, from.ip(), &shared)) else {
        tracing::warn!(%from, "agent is not one of ours");
        return;
    };
    shared.hosts.set(link, State::Connecting);
    sleep(shared.config.timing.ready).await;
    shared.hosts.set(link, State::Up);
    loop {
        match timeout(ping, lines.next_line()).await {
            Ok(Ok(Some(line))) if said(&line).is_some_and(|said| said.0 == "ping") => {}
            Ok(Ok(None)) => return shared.hosts.set(link, State::Disconnected),
            Ok(Ok(Some(_)) | Err(_)) | Err(_) => return shared.hosts.set(link, State::Alert),
        }
    }
}

/// The number of a connection whose first line is good: from a host that is known or expected, at its own address.
fn welcome(line: &str, from: IpAddr, shared: &Shared) -> Option<u64> {
    let (word, guid, name) = said(line)?;
    let address = shared.hosts.address_of(guid)?;
    match word == "startup" && from == IpAddr::from(address) {
        true => shared.hosts.hello(guid, name),
        false => None,
    }
}

/// Word, GUID and host name of a line.
fn said(line: &str) -> Option<(&str, &str, &str)> {
    let mut words = line.split_whitespace();
    let (agent, word) = (words.next()?, words.next()?);
    let guid = words.next()?.strip_prefix("guid=")?;
    let name = words.next()?.strip_prefix("host=")?;
    let guid = guid.strip_suffix(TAIL).unwrap_or(guid);
    (agent == "hinode-standin-agent" && words.next().is_none()).then_some((word, guid, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        for (case, line, want) in [
            (
                "hello",
                "hinode-standin-agent startup guid=g host=kvm-01",
                Some(("startup", "g", "kvm-01")),
            ),
            (
                "with the tail",
                "hinode-standin-agent ping guid=g-LibvirtComputingResource host=h",
                Some(("ping", "g", "h")),
            ),
            ("somebody else", "GET / HTTP/1.1", None),
            (
                "too much",
                "hinode-standin-agent ping guid=g host=h now",
                None,
            ),
            ("too little", "hinode-standin-agent ping guid=g", None),
        ] {
            assert_eq!(said(line), want, "{case}");
        }
    }
}
