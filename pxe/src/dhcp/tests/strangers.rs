//! What a machine of no rack file boots while the pool is open: the loader that leads to its screen, and never an installer,
//! whatever it sends and wherever it then asks.

use inventory::arm::ArmState;
use inventory::clock::Deadline;
use inventory::dhcp::Window;
use inventory::id::OsName;
use inventory::net::Mac;
use inventory::node::Stranger;
use inventory::rack::{Loader as OsLoader, Os};
use inventory::store;
use proptest::prelude::*;

use super::properties::packet;
use super::*;
use crate::arch::{Allowed, BootFile, Booter, boot_file};
use crate::dhcp::strangers::Heard;
use crate::fixture::{self, Scene, arm, ends, node, stored, write};
use crate::script::{self, Loader};

/// The example's rack with a pool that is open, an OS more, and every node armed.
fn scene() -> Scene {
    let mut rack = Rack::clone(&fixture::leased().world.rack());
    let network = rack.networks.get_mut(&"management".parse().unwrap());
    let network = network.unwrap();
    network.dhcp.mode = Mode::Pool;
    network.pool = Some((
        Ipv4Addr::new(10, 77, 10, 100),
        Ipv4Addr::new(10, 77, 10, 109),
    ));
    let unsigned = Os {
        loader: OsLoader::Ipxe,
        ..rack.oses.values().next().unwrap().clone()
    };
    rack.oses.insert("another".parse().unwrap(), unsigned);
    let scene = fixture::scene_of(Arc::new(MemoryStore::default()), rack);
    let world = &scene.world;
    let window = Window {
        network: "management".parse().unwrap(),
        deadline: Deadline::after(&world.now(), Duration::from_secs(600)),
        author: "root".to_owned(),
    };
    write(world, &window);
    for (n, node) in (1..).zip(world.rack().nodes.values()) {
        write(world, &fixture::lease(world, node));
        arm(world, node, n);
    }
    scene
}

fn service(scene: &Scene) -> Service {
    let interface = interface(&scene.world.rack(), 0);
    Service::new(scene.world.clone(), interface, Port::Server).unwrap()
}

fn now<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

fn told(service: &Service, packet: &Packet) -> Option<Message> {
    let reply = now(service.respond(&packet.read())).unwrap()?;
    Some(decode(&reply.bytes))
}

fn file(reply: &Message) -> Option<String> {
    let file = reply.fname_str()?.unwrap();
    Some(file.trim_end_matches('\0').to_owned()).filter(|file| !file.is_empty())
}

/// The screen's boot file, from an OS of the rack: the only one that is right for this packet.
fn screen(rack: &Rack, packet: &Packet) -> Option<String> {
    let request = packet.read();
    let booter = Booter::of(request.client, &request.vendor_class, request.arch)?;
    let os: (&OsName, &Os) = rack.oses.first_key_value().unwrap();
    Some(
        match boot_file(booter, Allowed::Screen, os, fixture::SERVER.into()) {
            BootFile::Tftp(file) | BootFile::Http(file) => file,
        },
    )
}

#[test]
fn each_kind_of_firmware_is_told_the_loader_that_leads_to_its_screen() {
    let scene = scene();
    let service = service(&scene);
    let shim = "os/another/EFI/BOOT/BOOTX64.EFI";
    let table = [
        ("PXEClient:Arch:00000:UNDI:002001", 0, Some("undionly.kpxe")),
        ("PXEClient:Arch:00007:UNDI:003016", 7, Some(shim)),
        (
            "PXEClient:Arch:00011:UNDI:003016",
            11,
            Some("os/another/EFI/BOOT/BOOTAA64.EFI"),
        ),
        (
            "HTTPClient:Arch:00016:UNDI:003001",
            16,
            Some("http://10.77.10.1/loader/snponly.efi"),
        ),
        ("PXEClient:Arch:00006:UNDI:003016", 6, None),
        ("anaconda-Linux", 7, None),
        ("", 7, None),
    ];
    for (class, arch, expected) in table {
        let asks = Packet::discover(STRANGER_MAC).class(class, arch);
        let offer = told(&service, &asks).unwrap();
        assert_eq!(file(&offer).as_deref(), expected, "{class}");
        let next = expected.map_or(Ipv4Addr::UNSPECIFIED, |_| SERVER);
        assert_eq!(offer.siaddr(), next, "{class}");
        let takes = Packet::select(STRANGER_MAC, SERVER, offer.yiaddr()).class(class, arch);
        let ack = told(&service, &takes).unwrap();
        assert_eq!(ack.opts().msg_type(), Some(MessageType::Ack));
        assert_eq!(file(&ack).as_deref(), expected, "{class}");
    }
    let ipxe = Packet::discover(STRANGER_MAC)
        .class("PXEClient", 7)
        .raw(77, b"iPXE");
    let offer = told(&service, &ipxe).unwrap();
    assert_eq!(file(&offer).as_deref(), Some("http://10.77.10.1/boot/ipxe"));
}

#[test]
fn it_is_shown_with_its_address_though_it_is_heard_over_ipv6_after_that() {
    let scene = scene();
    let service = service(&scene);
    let offer = told(&service, &Packet::discover(STRANGER_MAC)).unwrap();
    let takes = Packet::select(STRANGER_MAC, SERVER, offer.yiaddr());
    told(&service, &takes).unwrap();
    let heard = || {
        let heard = Heard {
            mac: Mac(STRANGER_MAC),
            vendor_class: "",
            interface: "eth-mgmt",
            given: None,
        };
        scene.world.strangers.hear(&scene.world, heard).unwrap();
        let stranger = store::read::<Stranger>(&*scene.world.store, &Mac(STRANGER_MAC));
        stranger.unwrap().unwrap().value.address
    };
    assert_eq!(heard(), Some(offer.yiaddr()));
    scene.clock.forward(fixture::SPAN);
    assert_eq!(heard(), None, "its lease is over");
}

#[test]
fn without_an_os_in_the_rack_file_a_stranger_gets_an_address_and_nothing_to_boot() {
    let scene = scene();
    let mut rack = Rack::clone(&scene.world.rack());
    rack.oses.clear();
    scene.world.set_rack(rack);
    let asks = Packet::discover(STRANGER_MAC).class("PXEClient", 0);
    let offer = told(&service(&scene), &asks).unwrap();
    assert_eq!(
        (offer.opts().msg_type(), file(&offer)),
        (Some(MessageType::Offer), None)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_packet_of_a_stranger_leads_to_an_installer(packets in proptest::collection::vec(packet(), 1..20)) {
        let scene = scene();
        let (service, world) = (service(&scene), &scene.world);
        let rack = world.rack();
        for packet in packets {
            let request = packet.read();
            if rack.node_by_mac(request.mac).is_some() {
                continue;
            }
            let Some(reply) = told(&service, &packet) else { continue };
            prop_assert!(rack.node_by_address(reply.yiaddr().into()).is_none());
            if reply.opts().msg_type() == Some(MessageType::Nak) {
                prop_assert_eq!(file(&reply), None);
                continue;
            }
            prop_assert_eq!(file(&reply), screen(&rack, &packet));
            let asks = |loader| now(script::take(world, ends(reply.yiaddr()), loader));
            let from = reply.yiaddr().into();
            prop_assert_eq!(asks(Loader::Ipxe), templates::boot::unknown_ipxe(from).unwrap());
            prop_assert_eq!(asks(Loader::Grub), templates::boot::unknown_grub(from).unwrap());
        }
        for name in rack.nodes.keys() {
            let arm = stored(world, &node(world, name.as_str())).unwrap();
            prop_assert_eq!(arm.state, ArmState::Armed, "what a stranger sent reached the arm of {}", name);
        }
    }
}
