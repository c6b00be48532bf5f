//! The wire of one interface under the kernel's IP: replies to clients that have no address yet, and who else is there.

use std::io;
use std::net::SocketAddrV4;
use std::sync::Arc;

use inventory::rack::Interface;

use super::socket::{CLIENT_PORT, SERVER_PORT};
use super::step::{Outgoing, To};
use crate::World;
use crate::neighbours::Neighbours;
use crate::wire::{Datagram, End, Hears, Wire};

/// What a service has besides its socket, if its interface is Ethernet.
pub(super) struct Link {
    pub(super) neighbours: Neighbours,
    wire: Wire,
    interface: Interface,
}

impl Link {
    /// The wire of `interface`; none if it has none.
    pub(super) fn open(world: &Arc<World>, interface: &Interface) -> io::Result<Option<Self>> {
        let Some(neighbours) = Neighbours::open(world.clone(), interface)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            neighbours,
            wire: Wire::open(interface.name.as_str(), Hears::Nothing)?,
            interface: interface.clone(),
        }))
    }

    /// Sends to a client by its hardware address: the kernel would ask for its address by ARP, which nobody answers yet
    /// (RFC 2131 §4.1). False if it did not go.
    pub(super) fn send(&self, outgoing: &Outgoing) -> bool {
        let To::Client { mac, address } = outgoing.to else {
            return false;
        };
        let datagram = Datagram {
            from: End {
                mac: self.wire.mac(),
                address: SocketAddrV4::new(self.interface.address, SERVER_PORT),
            },
            to: End {
                mac,
                address: SocketAddrV4::new(address, CLIENT_PORT),
            },
            payload: &outgoing.bytes,
        };
        let sent = datagram.write().map(|frame| self.wire.send(&frame));
        match sent {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::debug!(%mac, %error, "frame not sent; broadcast instead");
                false
            }
            Err(error) => {
                tracing::debug!(%mac, %error, "no frame for it; broadcast instead");
                false
            }
        }
    }
}
