//! Clients' packets as dhcproto writes them, and a service around a memory store, whose answers dhcproto reads.

mod durable;
mod properties;
mod relays;
mod table;

use std::net::Ipv6Addr;
use std::sync::Arc;

use dhcproto::v6::{
    Decodable, Decoder, DhcpOption, Encodable, Encoder, IAAddr, IANA, Message, MessageType,
    OptionCode, UnknownOption,
};
use inventory::id::NetworkName;
use inventory::net::Mac;
use inventory::rack::Network;
use inventory::store::{MemoryStore, Store};

use super::Service;
use super::answer::server_id;
use super::packet::{self, Origin, Request};
use crate::World;
use crate::fixture::{self, SERVER6};

const NODE: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x77, 0, 0x10, 0, 0, 0, 0x21);
/// The relay that the rack file names.
const RELAY: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x77, 0, 0x10, 0, 0, 0, 0xfe);
const NODE_MAC: Mac = Mac([0x52, 0x54, 0, 0x77, 0, 1]);
const OTHER_MAC: Mac = Mac([0x52, 0x54, 0, 0x77, 0, 2]);
const STRANGER_MAC: Mac = Mac([0x52, 0x54, 0, 0x77, 0, 99]);
/// As OVMF does: the SMBIOS UUID, whatever the card.
const DUID: [u8; 18] = [0, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

fn service_on(store: Arc<dyn Store>) -> (Service, Arc<World>) {
    let world = fixture::scene(store).world;
    let mut rack = (*world.rack()).clone();
    let name: NetworkName = "management".parse().unwrap();
    let management = rack.networks.get_mut(&name).unwrap();
    management.relays = Some(vec![RELAY.into()]);
    let far = Network {
        subnet6: Some("fd00:77:0:11::/64".parse().unwrap()),
        ..management.clone()
    };
    rack.networks.insert("far".parse().unwrap(), far);
    world.set_rack(rack);
    let interface = world.rack().appliance.interfaces[0].clone();
    let service = Service::new(world.clone(), interface, SERVER6).unwrap();
    (service, world)
}

fn service() -> (Service, Arc<World>) {
    service_on(Arc::new(MemoryStore::default()))
}

/// A client's packet.
#[derive(Debug, Clone)]
struct Packet {
    message: Message,
    mac: Mac,
}

impl Packet {
    fn of(mac: Mac, kind: MessageType) -> Self {
        let packet = Self {
            message: Message::new_with_id(kind, [7, 8, 9]),
            mac,
        };
        packet.with(DhcpOption::ClientId(DUID.to_vec()))
    }

    /// One that looks for an address.
    fn solicit(mac: Mac) -> Self {
        Self::of(mac, MessageType::Solicit).asking(&[])
    }

    /// One that takes an address of us.
    fn request(mac: Mac) -> Self {
        Self::of(mac, MessageType::Request).for_us().asking(&[])
    }

    fn with(mut self, option: DhcpOption) -> Self {
        self.message.opts_mut().insert(option);
        self
    }

    fn for_us(self) -> Self {
        self.with(DhcpOption::ServerId(server_id(SERVER6)))
    }

    /// Association 1, which names these addresses.
    fn asking(self, named: &[Ipv6Addr]) -> Self {
        let named = named.iter().map(|address| {
            DhcpOption::IAAddr(IAAddr {
                addr: *address,
                preferred_life: 0,
                valid_life: 0,
                opts: Default::default(),
            })
        });
        self.with(DhcpOption::IANA(IANA {
            id: 1,
            t1: 0,
            t2: 0,
            opts: named.collect(),
        }))
    }

    fn raw(self, code: u16, data: &[u8]) -> Self {
        let option = UnknownOption::new(OptionCode::Unknown(code), data.to_vec());
        self.with(DhcpOption::Unknown(option))
    }

    /// As firmware says who it is.
    fn class(self, class: &str, arch: u16) -> Self {
        let length = u16::try_from(class.len()).unwrap().to_be_bytes();
        let value = [&[0, 0, 1, 0x57][..], &length, class.as_bytes()].concat();
        self.raw(16, &value).raw(61, &arch.to_be_bytes())
    }

    /// As iPXE does.
    fn ipxe(self) -> Self {
        self.raw(15, b"\0\x04iPXE")
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.message.encode(&mut Encoder::new(&mut bytes)).unwrap();
        bytes
    }

    fn read(&self) -> Request {
        packet::read(&self.bytes(), from(self.mac)).unwrap()
    }
}

/// Straight from the card.
fn from(mac: Mac) -> Origin {
    Origin {
        mac,
        address: "fe80::d9c2:1:2:3".parse().unwrap(),
        to_all: true,
    }
}

fn decode(bytes: &[u8]) -> Message {
    Message::decode(&mut Decoder::new(bytes)).unwrap()
}

/// The addresses of the reply's associations with their valid lifetimes.
fn addresses(reply: &Message) -> Vec<(Ipv6Addr, u32)> {
    let associations = reply.opts().iter().filter_map(|option| match option {
        DhcpOption::IANA(association) => Some(association),
        _ => None,
    });
    let options = associations.flat_map(|association| association.opts.iter());
    let addresses = options.filter_map(|option| match option {
        DhcpOption::IAAddr(address) => Some((address.addr, address.valid_life)),
        _ => None,
    });
    addresses.collect()
}

/// The bytes of an option of the reply that dhcproto does not know.
fn value(reply: &Message, code: u16) -> Option<Vec<u8>> {
    reply.opts().iter().find_map(|option| match option {
        DhcpOption::Unknown(option) if u16::from(option.code()) == code => {
            Some(option.data().to_vec())
        }
        _ => None,
    })
}
