//! Who is answered in each mode: strangers while a pool is open, boot programs beside another server; and what relays,
//! bonds and authority change.

use dhcproto::v4::OptionCode;
use inventory::clock::Deadline;
use inventory::dhcp::Window;
use inventory::lease::{Holder, Lease, PoolLease};
use inventory::net::Mac;
use inventory::store::{self, Change, Expect};

use super::*;

const FIRST: Ipv4Addr = Ipv4Addr::new(10, 77, 10, 100);
const RELAY: Ipv4Addr = Ipv4Addr::new(10, 88, 0, 254);

struct Scene {
    store: Arc<MemoryStore>,
    clock: Arc<Hands>,
    service: Service,
    rack: Rack,
}

impl Scene {
    fn of(rack: Rack) -> Self {
        let (store, clock) = (
            Arc::new(MemoryStore::default()),
            Arc::new(Hands(Mutex::new(noon()))),
        );
        let (service, _) = service_of(rack.clone(), store.clone(), clock.clone());
        Self {
            store,
            clock,
            service,
            rack,
        }
    }

    /// With the pools of both networks open for ten minutes.
    fn open() -> Self {
        let scene = Self::of(rack_in(Mode::Pool));
        for network in ["management", "far"] {
            let window = Window {
                network: network.parse().unwrap(),
                deadline: Deadline::after(&noon(), Duration::from_secs(600)),
                author: "root".to_owned(),
            };
            let mut change = Change::default();
            change.put(Expect::Any, &window).unwrap();
            scene.store.submit(change).wait().unwrap();
        }
        scene
    }

    /// The same data in a process that began anew.
    fn restart(&mut self) {
        let (store, clock) = (self.store.clone(), self.clock.clone());
        self.service = service_of(self.rack.clone(), store, clock).0;
    }

    fn forward(&self, seconds: u64) {
        let mut now = self.clock.0.lock().unwrap();
        now.mono += Duration::from_secs(seconds);
        now.wall += Duration::from_secs(seconds);
    }

    fn ask(&self, packet: &Packet) -> Option<Message> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let reply = runtime
            .block_on(self.service.respond(&packet.read()))
            .unwrap();
        reply.map(|reply| decode(&reply.bytes))
    }

    /// Kind of the answer and the address in it.
    fn told(&self, packet: &Packet) -> Option<(MessageType, Ipv4Addr)> {
        let reply = self.ask(packet)?;
        Some((reply.opts().msg_type().unwrap(), reply.yiaddr()))
    }

    fn holder(&self, address: Ipv4Addr) -> Option<Holder> {
        let found = store::read::<PoolLease>(&*self.store, &address).unwrap();
        found.map(|found| found.value.holder)
    }
}

fn stranger() -> Packet {
    Packet::discover(STRANGER_MAC)
}

#[test]
fn a_stranger_gets_an_address_while_the_pool_is_open_and_silence_after() {
    let scene = Scene::open();
    let takes = Packet::select(STRANGER_MAC, SERVER, FIRST);
    assert_eq!(scene.told(&stranger()), Some((MessageType::Offer, FIRST)));
    assert_eq!(scene.holder(FIRST), None);
    assert_eq!(scene.told(&takes), Some((MessageType::Ack, FIRST)));
    assert_eq!(scene.holder(FIRST), Some(Holder::Client(Mac(STRANGER_MAC))));
    let nodes = scene.told(&Packet::discover(NODE_MAC));
    assert_eq!(nodes, Some((MessageType::Offer, NODE)));
    scene.forward(600);
    let renews = Packet::of(STRANGER_MAC, MessageType::Request).has(FIRST);
    for packet in [stranger(), takes, renews] {
        assert_eq!(scene.told(&packet), None);
    }
}

#[test]
fn after_a_restart_the_window_and_the_leases_are_as_they_were() {
    let mut scene = Scene::open();
    scene
        .told(&Packet::select(STRANGER_MAC, SERVER, FIRST))
        .unwrap();
    scene.forward(300);
    scene.restart();
    let other = Packet::discover([2, 0, 0, 0, 0, 9]);
    assert_ne!(scene.told(&other).unwrap().1, FIRST);
    assert_eq!(scene.told(&stranger()).unwrap().1, FIRST);
    scene.forward(300);
    scene.restart();
    assert_eq!(scene.told(&stranger()), None);
}

#[test]
fn what_a_stranger_gives_back_is_free_and_what_it_declines_rests() {
    let mut scene = Scene::open();
    let takes = Packet::select(STRANGER_MAC, SERVER, FIRST);
    scene.told(&takes).unwrap();
    let release = Packet::of(STRANGER_MAC, MessageType::Release).has(FIRST);
    assert_eq!(scene.told(&release), None);
    assert_eq!(scene.holder(FIRST), None);
    scene.told(&takes).unwrap();
    let decline = Packet::of(STRANGER_MAC, MessageType::Decline);
    assert_eq!(
        scene.told(&decline.with(DhcpOption::RequestedIpAddress(FIRST))),
        None
    );
    scene.restart();
    assert_eq!(scene.holder(FIRST), Some(Holder::Somebody));
    assert_ne!(scene.told(&stranger()).unwrap().1, FIRST);
}

#[test]
fn another_servers_client_is_left_alone_even_while_the_pool_is_open() {
    let scene = Scene::open();
    let foreign = Ipv4Addr::new(10, 77, 10, 3);
    scene.told(&stranger()).unwrap();
    assert_eq!(
        scene.told(&Packet::select(STRANGER_MAC, foreign, FIRST)),
        None
    );
    let reboots = Packet::of(STRANGER_MAC, MessageType::Request);
    let wrong = DhcpOption::RequestedIpAddress(NODE);
    assert_eq!(scene.told(&reboots.with(wrong)), None);
    let wish = DhcpOption::RequestedIpAddress(FIRST);
    let other = Packet::discover([2, 0, 0, 0, 0, 9]).with(wish);
    assert_eq!(
        scene.told(&other).unwrap().1,
        FIRST,
        "the offer not taken is free again"
    );
}

#[test]
fn a_relayed_stranger_gets_an_address_of_the_link_that_its_relay_means() {
    let scene = Scene::open();
    let far = Ipv4Addr::new(10, 88, 0, 100);
    let relayed = |mac| Packet::discover([2, 0, 0, 0, 1, mac]).relayed(RELAY);
    assert_eq!(scene.told(&relayed(1)).unwrap().1, far);
    let link = relayed(2).raw(82, &[1, 1, 7, 5, 4, 10, 77, 10, 0]);
    let reply = scene.ask(&link).unwrap();
    assert_eq!((reply.yiaddr(), reply.giaddr()), (FIRST, RELAY));
    let subnet = relayed(3).raw(118, &[10, 77, 10, 0]);
    let reply = scene.ask(&subnet).unwrap();
    assert_eq!(reply.yiaddr(), Ipv4Addr::new(10, 77, 10, 101));
    let echoed = reply.opts().get(OptionCode::SubnetSelection).unwrap();
    assert_eq!(
        *echoed,
        DhcpOption::SubnetSelection(Ipv4Addr::new(10, 77, 10, 0))
    );
    let own_wire = stranger().raw(118, &[10, 88, 0, 0]);
    assert_eq!(
        scene.told(&own_wire).unwrap().1,
        Ipv4Addr::new(10, 77, 10, 102)
    );
    for unnamed in [[192, 0, 2, 1], [10, 88, 0, 8], [10, 77, 10, 8]] {
        assert_eq!(scene.told(&relayed(4).relayed(unnamed.into())), None);
    }
}

#[test]
fn beside_another_server_a_node_hears_what_it_boots_and_nothing_else() {
    let scene = Scene::of(rack_in(Mode::Proxy));
    let pxe = || Packet::discover(NODE_MAC).class("PXEClient:Arch:00000:UNDI:002001", 0);
    let reply = scene.ask(&pxe().raw(97, &[0; 17])).unwrap();
    assert_eq!(reply.opts().msg_type(), Some(MessageType::Offer));
    assert_eq!(
        (reply.yiaddr(), reply.siaddr()),
        (Ipv4Addr::UNSPECIFIED, SERVER)
    );
    let class = reply.opts().get(OptionCode::ClassIdentifier).unwrap();
    assert_eq!(*class, DhcpOption::ClassIdentifier(b"PXEClient".to_vec()));
    for (code, is_there) in [(43, true), (67, true), (97, true), (51, false), (1, false)] {
        assert_eq!(
            reply.opts().get(OptionCode::from(code)).is_some(),
            is_there,
            "{code}"
        );
    }
    let uefi = Packet::discover(NODE_MAC).class("PXEClient:Arch:00007:UNDI:003001", 7);
    assert_eq!(scene.told(&uefi), None, "GRUB would ask the other server");
    assert_eq!(scene.told(&Packet::discover(NODE_MAC)), None, "a system");
    assert_eq!(
        scene.told(&stranger().class("PXEClient", 7)),
        None,
        "a stranger"
    );
    let foreign = Ipv4Addr::new(10, 77, 10, 3);
    assert_eq!(scene.told(&Packet::select(NODE_MAC, foreign, NODE)), None);
    let lease = store::read::<Lease>(&*scene.store, &Mac(NODE_MAC))
        .unwrap()
        .unwrap();
    assert_eq!(lease.value.address, NODE);
}

#[test]
fn on_the_boot_servers_port_only_a_node_at_its_own_address_is_told() {
    let rack = rack_in(Mode::Proxy);
    let mut scene = Scene::of(rack.clone());
    let world = scene.service.world.clone();
    scene.service = Service::new(world, interface(&rack, 0), Port::BootServer).unwrap();
    let asks = |mac, has| {
        let packet = Packet::of(mac, MessageType::Request).has(has);
        packet.class("PXEClient:Arch:00000:UNDI:002001", 0)
    };
    let reply = scene.ask(&asks(NODE_MAC, NODE)).unwrap();
    assert_eq!(reply.opts().msg_type(), Some(MessageType::Ack));
    assert_eq!(
        reply.fname_str().unwrap().unwrap().trim_end_matches('\0'),
        "undionly.kpxe"
    );
    assert_eq!(reply.ciaddr(), NODE);
    assert_eq!(scene.told(&asks(NODE_MAC, FIRST)), None);
    assert_eq!(scene.told(&asks(STRANGER_MAC, NODE)), None);
    let usual = Scene::of(rack_in(Mode::Reservations)).service.world.clone();
    scene.service = Service::new(usual, interface(&rack, 0), Port::BootServer).unwrap();
    assert_eq!(scene.told(&asks(NODE_MAC, NODE)), None);
}

#[test]
fn either_port_of_a_bond_is_the_same_node() {
    let mut rack = rack();
    let second = [0x52, 0x54, 0, 0x77, 1, 1];
    let name = "kvm-01".parse().unwrap();
    rack.nodes.get_mut(&name).unwrap().bond_macs = vec![Mac(second)];
    let scene = Scene::of(rack);
    for mac in [NODE_MAC, second] {
        assert_eq!(
            scene.told(&Packet::discover(mac)),
            Some((MessageType::Offer, NODE))
        );
        let takes = Packet::select(mac, SERVER, NODE).raw(61, &mac);
        assert_eq!(scene.told(&takes), Some((MessageType::Ack, NODE)));
        let lease = store::read::<Lease>(&*scene.store, &Mac(NODE_MAC))
            .unwrap()
            .unwrap();
        assert_eq!(lease.value.address, NODE);
    }
}

#[test]
fn only_an_authority_refuses_what_it_was_not_asked_by_name() {
    let reboots = |mac| {
        let wrong = DhcpOption::RequestedIpAddress(FIRST);
        Packet::of(mac, MessageType::Request).with(wrong)
    };
    let mut rack = rack();
    assert_eq!(Scene::of(rack.clone()).told(&reboots(NODE_MAC)), None);
    let name = "management".parse().unwrap();
    rack.networks.get_mut(&name).unwrap().dhcp.authoritative = true;
    let scene = Scene::of(rack);
    let nak = Some((MessageType::Nak, Ipv4Addr::UNSPECIFIED));
    assert_eq!(scene.told(&reboots(NODE_MAC)), nak);
    assert_eq!(scene.told(&reboots(STRANGER_MAC)), None);
    let elsewhere = reboots(NODE_MAC).with(DhcpOption::ServerIdentifier(RELAY));
    assert_eq!(scene.told(&elsewhere), None);
}

#[test]
fn a_client_is_told_the_rest_of_its_network_if_it_asks() {
    let mut rack = rack();
    rack.site.search = vec!["lab.test".parse().unwrap()];
    let name = "management".parse().unwrap();
    let network = rack.networks.get_mut(&name).unwrap();
    network.mtu = 9000;
    network.dhcp.routes = vec!["10.9.0.0/16 via 10.77.10.253".parse().unwrap()];
    let scene = Scene::of(rack);
    let codes = [26, 42, 119, 121];
    let there = |reply: &Message| codes.map(|code| reply.opts().get(code.into()).is_some());
    let all = scene
        .ask(&Packet::discover(NODE_MAC).raw(55, &[1, 26, 42, 119, 121]))
        .unwrap();
    assert_eq!(there(&all), [true; 4]);
    let none = scene
        .ask(&Packet::discover(NODE_MAC).raw(55, &[1]))
        .unwrap();
    assert_eq!(there(&none), [false; 4]);
    assert!(
        none.opts().get(OptionCode::Router).is_some(),
        "needed, whatever was asked"
    );
    assert_eq!(
        all.opts().get(OptionCode::InterfaceMtu),
        Some(&DhcpOption::InterfaceMtu(9000))
    );
}
