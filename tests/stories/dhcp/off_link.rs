//! What came through a router, and what did not: by the address that a packet went to, as the kernel tells it.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use dhcproto::v4::{DhcpOption, Encodable, Encoder, Message, MessageType};
use pxe::dhcp::answer::Silence;
use pxe::metrics::Sent;
use pxe::metrics::kinds::{Counters, Label, One};
use tests::small_rack::mac;

use super::rig::Rig;

/// Of no network that the appliance stands in.
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
const APPLIANCE: Ipv4Addr = Ipv4Addr::new(10, 78, 10, 1);

/// Sends, from outside, that node 1 looks for an address.
fn send(rig: &Rig, to: Ipv4Addr) {
    let none = Ipv4Addr::UNSPECIFIED;
    let mut message = Message::new_with_id(7, none, none, none, none, &mac(1).0);
    let discover = DhcpOption::MessageType(MessageType::Discover);
    message.opts_mut().insert(discover);
    let mut bytes = Vec::new();
    message.encode(&mut Encoder::new(&mut bytes)).unwrap();
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            rig.cable.enter_client();
            let socket = UdpSocket::bind((OUTSIDE, 68)).unwrap();
            socket.set_broadcast(true).unwrap();
            socket.send_to(&bytes, (to, 67)).unwrap();
        });
        sending.join().unwrap();
    });
}

fn until_one<A: Label + std::fmt::Debug>(counters: &Counters<A>, of: A) {
    let begun = Instant::now();
    while counters
        .all()
        .all(|((its, One), count)| its != of || count == 0)
    {
        assert!(begun.elapsed() < Duration::from_secs(10), "no {of:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_node_is_spoken_for_on_its_own_wire_and_not_from_another() {
    let rig = Rig::start();
    rig.cable.add_to_client(&format!("{OUTSIDE}/24"));
    // A kernel that filters by reverse path lets it through.
    rig.cable.route_from_server("198.51.100.0/24 dev d0");
    for route in ["10.78.10.1/32", "255.255.255.255/32"] {
        let added = rig.cable.run("ip", &["route", "add", route, "dev", "d0"]);
        assert!(added.status.success(), "{added:?}");
    }
    let counts = &rig.world.metrics.dhcp;
    send(&rig, APPLIANCE);
    until_one(&counts.unanswered, Silence::OffLink);
    assert!(counts.sent.all().all(|(_, count)| count == 0));
    send(&rig, Ipv4Addr::BROADCAST);
    until_one(&counts.sent, Sent::Offer);
    rig.stop();
}
