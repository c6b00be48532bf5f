//! A DHCP server as one of its packets shows it, and the packet that makes servers show themselves. Pure.

use std::net::{Ipv4Addr, SocketAddrV4};

use dhcproto::v4::borrowed;
use dhcproto::v4::{
    DhcpOption, Encodable, Encoder, Flags, Message, MessageType, Opcode, OptionCode, UnknownOption,
};
use inventory::net::Mac;

use crate::dhcp::socket::{CLIENT_PORT, SERVER_PORT};
use crate::wire::frame::BROADCAST;
use crate::wire::{Datagram, End};

/// Who our question says it is, for the log of whoever answers.
const NAME: &str = "hinode-looks-for-dhcp-servers";

/// A packet of a DHCP server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sight {
    /// Option 54, by which clients tell servers apart; the sender's address if it is missing.
    pub server: Ipv4Addr,
    /// Who sent the frame: the server, or the relay or router it stands behind.
    pub mac: Mac,
}

impl Sight {
    /// The server behind an OFFER, ACK or NAK; none if the packet is no such, or names nobody.
    pub fn of(datagram: &Datagram<'_>) -> Option<Self> {
        let message = borrowed::Message::new(datagram.payload).ok()?;
        if message.opcode() != Opcode::BootReply {
            return None;
        }
        let (mut is_answer, mut named) = (false, None);
        for option in message.opts() {
            match (u8::from(option.code()), option.data()) {
                (53, [2 | 5 | 6]) => is_answer = true,
                (54, [a, b, c, d]) => named = Some(Ipv4Addr::new(*a, *b, *c, *d)),
                _ => {}
            }
        }
        let is_named = |server: &Ipv4Addr| !server.is_unspecified();
        let sender = Some(*datagram.from.address.ip());
        let server = named.filter(is_named).or(sender.filter(is_named))?;
        is_answer.then_some(Self {
            server,
            mac: datagram.from.mac,
        })
    }
}

/// A machine that does not exist and asks for an address: chance makes its hardware address and transaction id. Servers
/// that only answer booting machines answer it too (RFC 4578 §2), with broadcasts (RFC 2131 §4.1): a frame to its own
/// address would not reach us. It never takes what it is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nobody {
    mac: Mac,
}

impl Nobody {
    /// Locally administered, one card (IEEE 802): it can be nobody's. The same one for a whole run, so that a foreign
    /// server keeps one address for it and not one for each time.
    pub fn by_chance(chance: u64) -> Self {
        let [a, b, c, d, e, f, ..] = chance.to_be_bytes();
        Self {
            mac: Mac([a & 0xfc | 0x02, b, c, d, e, f]),
        }
    }

    /// The frame that asks, sent by the card `ours`: a switch that counts hardware addresses sees no new one.
    pub fn discover(&self, ours: Mac, xid: u32) -> Vec<u8> {
        let none = Ipv4Addr::UNSPECIFIED;
        let mut message = Message::new_with_id(xid, none, none, none, none, &self.mac.0);
        message.set_flags(Flags::default().set_broadcast());
        let options = message.opts_mut();
        options.insert(DhcpOption::MessageType(MessageType::Discover));
        options.insert(DhcpOption::Hostname(NAME.to_owned()));
        options.insert(DhcpOption::ClassIdentifier(
            b"PXEClient:Arch:00000:UNDI:002001".to_vec(),
        ));
        for (code, value) in [(93, &[0, 0][..]), (94, &[1, 2, 1])] {
            let option = UnknownOption::new(OptionCode::Unknown(code), value.to_vec());
            options.insert(DhcpOption::Unknown(option));
        }
        let wanted = [
            OptionCode::SubnetMask,
            OptionCode::Router,
            OptionCode::BootfileName,
        ];
        options.insert(DhcpOption::ParameterRequestList(wanted.to_vec()));
        let mut payload = Vec::new();
        let from = end(ours, none, CLIENT_PORT);
        let to = end(BROADCAST, Ipv4Addr::BROADCAST, SERVER_PORT);
        let is_written = message.encode(&mut Encoder::new(&mut payload)).is_ok();
        let datagram = Datagram {
            from,
            to,
            payload: &payload,
        };
        datagram
            .write()
            .ok()
            .filter(|_| is_written)
            .unwrap_or_default()
    }
}

fn end(mac: Mac, address: Ipv4Addr, port: u16) -> End {
    End {
        mac,
        address: SocketAddrV4::new(address, port),
    }
}
