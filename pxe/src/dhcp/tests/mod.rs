//! A small rack, clients' packets, and a service around a memory store.

mod durable;
mod modes;
mod packets;
mod properties;
mod relays;
mod strangers;
mod table;

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dhcproto::v4::{DhcpOption, Encodable, Encoder, Flags, Message, MessageType, UnknownOption};
use inventory::clock::{Clock, NOT_BEFORE, Now};
use inventory::dhcp::Mode;
use inventory::id::Epoch;
use inventory::rack::{Interface, Rack};
use inventory::store::{MemoryStore, Store};

use super::packet::Source;
use super::{Port, Service};
use crate::World;

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 10, 1);
const NODE: Ipv4Addr = Ipv4Addr::new(10, 77, 10, 21);
const NODE_MAC: [u8; 6] = [0x52, 0x54, 0, 0x77, 0, 1];
const OTHER_MAC: [u8; 6] = [0x52, 0x54, 0, 0x77, 0, 2];
const STRANGER_MAC: [u8; 6] = [0x52, 0x54, 0, 0x77, 0, 99];

fn rack() -> Rack {
    let node = |name: &str, mac: &str, address: &str, profile: &str| {
        serde_json::json!({
            "name": name, "slot": name, "mac": mac, "port": format!("tor0:{name}"),
            "bmc": {"address": "10.77.9.11:443", "credential": "bmc"}, "profile": profile,
            "network": "management", "address": address, "serial": null, "uuid": null,
            "disks": "virtio-HNDISK01", "cloud": null
        })
    };
    let os = |loader: &str| {
        serde_json::json!({"family": "standin", "version": "1", "tree": "/srv/standin",
            "loader": loader, "append": [], "packages": []})
    };
    let profile = |os: &str| {
        serde_json::json!({"os": os, "bridges": [], "kernel_args": [], "packages": [],
            "boot_patience_s": 1200, "disk": {"boot_mib": 1, "root_mib": 1, "swap_mib": 0, "log_mib": 0, "images_mib": 0}})
    };
    let network = |subnet: &str, gateway: &str, relays: [&str; 2]| {
        serde_json::json!({"role": "management", "vlans": [10], "subnet": subnet,
            "gateway": gateway, "pool": null, "mtu": 1500, "relays": relays})
    };
    let rack = serde_json::json!({
        "site": {"name": "test", "timezone": "Asia/Tokyo", "language": "en", "domain": "rack.test",
            "ntp": ["10.77.10.250"], "dns": ["10.77.10.251", "fd00::1"]},
        "appliance": {"loaders": "/usr/lib/ipxe", "authorized_keys": [], "interfaces": [
            {"name": "eth-mgmt", "network": "management", "address": "10.77.10.1"},
            {"name": "eth-far", "network": "far", "address": "10.88.0.1"}]},
        "networks": {"management": network("10.77.10.0/24", "10.77.10.254", ["10.77.10.7", "10.88.0.254"]),
            "far": network("10.88.0.0/24", "10.88.0.254", ["10.88.0.7", "10.88.0.254"])},
        "switches": {}, "firewalls": {}, "clouds": {},
        "oses": {"signed": os("shim"), "quick": os("ipxe")},
        "profiles": {"host": profile("signed"), "fast": profile("quick")},
        "nodes": {
            "kvm-01": node("kvm-01", "52:54:00:77:00:01", "10.77.10.21", "host"),
            "kvm-02": node("kvm-02", "52:54:00:77:00:02", "10.77.10.22", "fast")}
    });
    serde_json::from_value(rack).unwrap()
}

fn interface(rack: &Rack, at: usize) -> Interface {
    rack.appliance.interfaces[at].clone()
}

/// A clock that a test moves.
struct Hands(Mutex<Now>);

impl Clock for Hands {
    fn now(&self) -> Now {
        *self.0.lock().unwrap()
    }
}

fn noon() -> Now {
    Now {
        wall: NOT_BEFORE,
        mono: Duration::from_secs(1000),
        boot: uuid::Uuid::from_u128(1),
    }
}

fn service_on(store: Arc<dyn Store>) -> (Service, Arc<World>) {
    let clock = Arc::new(Hands(Mutex::new(noon())));
    service_of(rack(), store, clock)
}

fn service_of(rack: Rack, store: Arc<dyn Store>, clock: Arc<Hands>) -> (Service, Arc<World>) {
    let interface = interface(&rack, 0);
    let world = Arc::new(World::new(store, clock, Epoch(1), rack));
    let service = Service::new(world.clone(), interface, Port::Server).unwrap();
    (service, world)
}

/// The rack with another mode of DHCP in its management network, and a pool of ten there and behind a relay.
fn rack_in(mode: Mode) -> Rack {
    let mut rack = rack();
    for (name, third) in [("management", [10, 77, 10]), ("far", [10, 88, 0])] {
        let network = rack.networks.get_mut(&name.parse().unwrap()).unwrap();
        let [a, b, c] = third;
        network.dhcp.mode = mode;
        network.pool = Some((Ipv4Addr::new(a, b, c, 100), Ipv4Addr::new(a, b, c, 109)));
    }
    rack
}

fn service() -> (Service, Arc<World>) {
    service_on(Arc::new(MemoryStore::default()))
}

/// A client's packet.
#[derive(Debug, Clone)]
struct Packet(Message);

impl Packet {
    fn of(mac: [u8; 6], kind: MessageType) -> Self {
        let none = Ipv4Addr::UNSPECIFIED;
        let mut message = Message::new_with_id(7, none, none, none, none, &mac);
        message.set_flags(Flags::new(0x8000));
        Self(message).with(DhcpOption::MessageType(kind))
    }

    fn discover(mac: [u8; 6]) -> Self {
        Self::of(mac, MessageType::Discover)
    }

    /// A REQUEST that takes an offer of `server`.
    fn select(mac: [u8; 6], server: Ipv4Addr, wants: Ipv4Addr) -> Self {
        Self::of(mac, MessageType::Request)
            .with(DhcpOption::ServerIdentifier(server))
            .with(DhcpOption::RequestedIpAddress(wants))
    }

    fn with(mut self, option: DhcpOption) -> Self {
        self.0.opts_mut().insert(option);
        self
    }

    fn class(self, class: &str, arch: u16) -> Self {
        self.with(DhcpOption::ClassIdentifier(class.as_bytes().to_vec()))
            .raw(93, &arch.to_be_bytes())
    }

    fn raw(self, code: u8, data: &[u8]) -> Self {
        let option = UnknownOption::new(dhcproto::v4::OptionCode::Unknown(code), data.to_vec());
        self.with(DhcpOption::Unknown(option))
    }

    fn has(mut self, address: Ipv4Addr) -> Self {
        self.0.set_ciaddr(address);
        self
    }

    fn relayed(mut self, relay: Ipv4Addr) -> Self {
        self.0.set_giaddr(relay);
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.0.encode(&mut Encoder::new(&mut bytes)).unwrap();
        bytes
    }

    /// As it comes from its relay, or from the address it says its client has.
    fn read(&self) -> super::packet::Request {
        let relay = self.0.giaddr();
        let address = match relay.is_unspecified() {
            true => self.0.ciaddr(),
            false => relay,
        };
        self.read_from(address)
    }

    fn read_from(&self, address: Ipv4Addr) -> super::packet::Request {
        let to_all = false;
        super::packet::read(&self.bytes(), Source { address, to_all }).unwrap()
    }
}

fn decode(bytes: &[u8]) -> Message {
    use dhcproto::v4::{Decodable, Decoder};
    Message::decode(&mut Decoder::new(bytes)).unwrap()
}
