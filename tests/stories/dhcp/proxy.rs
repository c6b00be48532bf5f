//! Beside a site's own DHCP server: dnsmasq gives the addresses and knows nothing of booting, the service says what is booted.
//! The client here speaks as a PXE ROM does (PXE 2.1 §2.2); real firmware does the same in `tests/machine/proxy.sh`.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use dhcproto::v4::{
    Decodable, Decoder, DhcpOption, Encodable, Flags, Message, MessageType, OptionCode,
    UnknownOption,
};
use inventory::dhcp::Mode;
use inventory::lease::Lease;
use inventory::net::Mac;
use inventory::node::ForeignServer;
use inventory::rack::Rack;
use inventory::store;
use socket2::{Domain, Protocol, Socket, Type};
use tests::namespace::{Cable, DEVICE};
use tests::peer::Peer;
use tests::small_rack::mac;

use super::rig::Rig;

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 78, 10, 1);
const SITE: Ipv4Addr = Ipv4Addr::new(10, 78, 10, 66);
const NODE: Ipv4Addr = Ipv4Addr::new(10, 78, 10, 21);
const STRANGER: Mac = Mac([0x52, 0x54, 0, 0x77, 0, 97]);
const STRANGERS: Ipv4Addr = Ipv4Addr::new(10, 78, 10, 97);
/// Both servers answer on one cable within milliseconds; what has not come by then does not come.
const QUIET: Duration = Duration::from_secs(2);
const EVERYBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::BROADCAST), 67);

/// The service, the site's server and the client on one wire.
struct Site {
    rig: Rig,
    client: Arc<Cable>,
    _server: Peer,
}

fn beside(mut rack: Rack) -> Rack {
    let network = rack.networks.values_mut().next().unwrap();
    network.dhcp.mode = Mode::Proxy;
    network.dhcp_servers = vec![SITE];
    rack
}

impl Site {
    fn open() -> Self {
        let rig = Rig::start_with(beside);
        let client = Arc::new(Cable::behind(&rig.cable, "0.0.0.0/32"));
        Cable::bridge(&rig.cable, &format!("{SITE}/24"));
        let hosts = [(mac(1), "10.78.10.21"), (STRANGER, "10.78.10.97")];
        let server = rig.site_server(&SITE.to_string(), &hosts);
        Self {
            rig,
            client,
            _server: server,
        }
    }

    fn ask(&self, packet: Message, to: SocketAddr) -> Vec<Message> {
        ask(&self.client, packet, to)
    }
}

/// Every answer to `packet`, sent from port 68 of the client's end.
fn ask(client: &Arc<Cable>, packet: Message, to: SocketAddr) -> Vec<Message> {
    let client = client.clone();
    let asking = std::thread::spawn(move || {
        client.enter_client();
        let socket = port_68();
        socket.send_to(&packet.to_vec().unwrap(), to).unwrap();
        let mut buffer = [0; 1500];
        let heard =
            std::iter::from_fn(|| socket.recv(&mut buffer).ok().map(|n| buffer[..n].to_vec()));
        let read = |bytes: Vec<u8>| Message::decode(&mut Decoder::new(&bytes)).unwrap();
        let all = heard.map(read);
        all.filter(|its| its.xid() == packet.xid()).collect()
    });
    asking.join().unwrap()
}

fn port_68() -> UdpSocket {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).unwrap();
    socket.set_broadcast(true).unwrap();
    // A program that another story starts just now holds the socket before this one for a moment, until it is executed.
    socket.set_reuse_address(true).unwrap();
    socket.bind_device(Some(DEVICE.as_bytes())).unwrap();
    let port = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 68));
    socket.bind(&port.into()).unwrap();
    socket.set_read_timeout(Some(QUIET)).unwrap();
    socket.into()
}

/// A packet of a BIOS's PXE ROM.
fn rom(from: Mac, kind: MessageType, xid: u32) -> Message {
    let none = Ipv4Addr::UNSPECIFIED;
    let mut packet = Message::new_with_id(xid, none, none, none, none, &from.0);
    packet.set_flags(Flags::new(0x8000));
    let options = packet.opts_mut();
    options.insert(DhcpOption::MessageType(kind));
    let class = b"PXEClient:Arch:00000:UNDI:002001".to_vec();
    options.insert(DhcpOption::ClassIdentifier(class));
    for (code, value) in [(93, vec![0, 0]), (94, vec![1, 2, 1]), (97, vec![0; 17])] {
        let option = UnknownOption::new(OptionCode::Unknown(code), value);
        options.insert(DhcpOption::Unknown(option));
    }
    packet
}

/// Who says what of address, next server and file.
fn said(answers: &[Message]) -> Vec<(Ipv4Addr, Ipv4Addr, Ipv4Addr, String)> {
    let one = |answer: &Message| {
        let server = match answer.opts().get(OptionCode::ServerIdentifier) {
            Some(DhcpOption::ServerIdentifier(server)) => *server,
            _ => Ipv4Addr::UNSPECIFIED,
        };
        let file = String::from_utf8_lossy(answer.fname().unwrap_or_default());
        let file = file.trim_end_matches('\0').to_owned();
        (server, answer.yiaddr(), answer.siaddr(), file)
    };
    let mut all: Vec<_> = answers.iter().map(one).collect();
    all.sort();
    all
}

#[test]
fn a_rom_takes_its_address_of_the_site_and_its_loader_of_us() {
    let site = Site::open();
    site.client.set_mac(mac(1));
    let loader = "undionly.kpxe".to_owned();
    let none = Ipv4Addr::UNSPECIFIED;
    let offers = said(&site.ask(rom(mac(1), MessageType::Discover, 1), EVERYBODY));
    let ours = (SERVER, none, SERVER, loader.clone());
    assert_eq!(offers[0], ours, "{offers:?}");
    assert_eq!(
        (offers.len(), offers[1].0, offers[1].1, &*offers[1].3),
        (2, SITE, NODE, "")
    );
    let mut takes = rom(mac(1), MessageType::Request, 2);
    takes.opts_mut().insert(DhcpOption::ServerIdentifier(SITE));
    takes
        .opts_mut()
        .insert(DhcpOption::RequestedIpAddress(NODE));
    let acks = said(&site.ask(takes, EVERYBODY));
    assert_eq!(
        (acks.len(), acks[0].0, acks[0].1),
        (1, SITE, NODE),
        "{acks:?}"
    );
    site.client.add_to_client("10.78.10.21/24");
    let mut asks = rom(mac(1), MessageType::Request, 3);
    asks.set_ciaddr(NODE).set_flags(Flags::new(0));
    let told = said(&site.ask(asks, SocketAddr::from((SERVER, 4011))));
    assert_eq!(told, [(SERVER, none, SERVER, loader)]);
    let lease = store::read::<Lease>(&*site.rig.world.store, &mac(1)).unwrap();
    assert_eq!(
        lease.unwrap().value.address,
        NODE,
        "the boot script is given by it"
    );
    let foreign = store::read_all::<ForeignServer>(&*site.rig.world.store).unwrap();
    assert!(
        foreign.is_empty(),
        "the site's server is named in the rack file"
    );
    site.rig.stop();
}

#[test]
fn a_stranger_hears_of_the_site_alone() {
    let site = Site::open();
    site.client.set_mac(STRANGER);
    let offers = said(&site.ask(rom(STRANGER, MessageType::Discover, 1), EVERYBODY));
    assert_eq!(
        (offers.len(), offers[0].0, offers[0].1),
        (1, SITE, STRANGERS),
        "{offers:?}"
    );
    site.client.add_to_client("10.78.10.97/24");
    let mut asks = rom(STRANGER, MessageType::Request, 2);
    asks.set_ciaddr(STRANGERS);
    assert!(site.ask(asks, SocketAddr::from((SERVER, 4011))).is_empty());
    site.rig.stop();
}

/// A switch sends the offers of another server past us; what the client answers to them is a broadcast.
#[test]
fn a_server_that_only_its_client_names_is_told_of_once() {
    let rig = Rig::start();
    rig.cable.set_mac(STRANGER);
    let told = || {
        let links = rig.world.store.events(1, 100).unwrap();
        let events = links.iter().map(|link| link.event().unwrap().what.code());
        events
            .filter(|code| code == "boot.foreign-server-meant")
            .count()
    };
    let takes = |server, xid| {
        let mut takes = rom(STRANGER, MessageType::Request, xid);
        let options = takes.opts_mut();
        options.insert(DhcpOption::ServerIdentifier(server));
        options.insert(DhcpOption::RequestedIpAddress(STRANGERS));
        takes
    };
    assert!(ask(&rig.cable, takes(SERVER, 1), EVERYBODY).is_empty());
    assert_eq!(told(), 0, "that is us");
    for xid in 2..4 {
        assert!(ask(&rig.cable, takes(SITE, xid), EVERYBODY).is_empty());
        assert_eq!(told(), 1);
    }
    rig.stop();
}
