//! How many transfers there may be, and whose: bounds in all and for each client, so that neither a flood of requests nor a
//! machine that resets over and over takes the place of others. Pure but for ending tasks.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use tokio::task::AbortHandle;

/// Transfers in all; a request over it is not answered, and the firmware asks again. A few KiB each.
const MOST: usize = 4096;
/// Transfers of addresses that no node of the rack file has: whatever they do, the nodes keep the other half.
const STRANGERS: usize = MOST / 2;
/// Transfers of one address. A machine loads one file at a time; a few more may be left over from before its reset.
const OF_ONE: usize = 8;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// A node's address.
    Node,
    /// Any other.
    Stranger,
}

/// A transfer under way and the request it came from.
struct Running {
    port: u16,
    request: Vec<u8>,
    task: AbortHandle,
}

/// The transfers under way of each address.
#[derive(Default)]
pub(super) struct Places(HashMap<IpAddr, Vec<Running>>);

impl Places {
    /// Ends what went before from the same port by another request.
    pub(super) fn end_others(&mut self, client: SocketAddr, request: &[u8]) {
        if let Some(running) = self.0.get_mut(&client.ip()) {
            running.retain(|transfer| {
                let stays = transfer.port != client.port() || transfer.request == request;
                if !stays {
                    transfer.task.abort();
                }
                stays
            });
        }
        self.leave(client.ip());
    }

    /// Whether `client` may begin one more, while there are `all` tasks.
    pub(super) fn has_room(&self, client: IpAddr, whose: Whose, all: usize) -> bool {
        let most = match whose {
            Whose::Node => MOST,
            Whose::Stranger => STRANGERS,
        };
        all < most && self.0.get(&client).map_or(0, Vec::len) < OF_ONE
    }

    /// One more.
    pub(super) fn enter(&mut self, client: SocketAddr, request: &[u8], task: AbortHandle) {
        self.0.entry(client.ip()).or_default().push(Running {
            port: client.port(),
            request: request.to_vec(),
            task,
        });
    }

    /// Forgets what has ended of `client`.
    pub(super) fn leave(&mut self, client: IpAddr) {
        if let Some(running) = self.0.get_mut(&client) {
            running.retain(|transfer| !transfer.task.is_finished());
            if running.is_empty() {
                self.0.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, address], port))
    }

    #[tokio::test]
    async fn one_client_has_a_few_places_and_they_come_back() {
        let mut tasks = tokio::task::JoinSet::new();
        let mut places = Places::default();
        for port in 0..OF_ONE as u16 {
            assert!(places.has_room(client(1, 0).ip(), Whose::Node, tasks.len()));
            places.enter(
                client(1, port),
                b"a",
                tasks.spawn(std::future::pending::<()>()),
            );
        }
        assert!(!places.has_room(client(1, 0).ip(), Whose::Node, tasks.len()));
        assert!(places.has_room(client(2, 0).ip(), Whose::Node, tasks.len()));
        places.end_others(client(1, 3), b"a");
        assert!(
            !places.has_room(client(1, 0).ip(), Whose::Node, tasks.len()),
            "the same request"
        );
        places.end_others(client(1, 3), b"b");
        assert!(
            places.has_room(client(1, 0).ip(), Whose::Node, tasks.len()),
            "another one"
        );
        tasks.shutdown().await;
        places.leave(client(1, 0).ip());
        assert!(
            places.0.is_empty(),
            "nothing is kept of clients that are gone"
        );
    }

    #[test]
    fn strangers_never_take_the_nodes_places() {
        let (places, client) = (Places::default(), client(1, 0).ip());
        for (all, of_stranger, of_node) in [
            (STRANGERS - 1, true, true),
            (STRANGERS, false, true),
            (MOST - 1, false, true),
            (MOST, false, false),
        ] {
            assert_eq!(
                places.has_room(client, Whose::Stranger, all),
                of_stranger,
                "{all}"
            );
            assert_eq!(places.has_room(client, Whose::Node, all), of_node, "{all}");
        }
    }
}
