//! Frames below the kernel's IP, on a cable between two namespaces whose other end is the kernel's own stack.

use std::future::Future;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use inventory::net::Mac;
use pxe::wire::{Datagram, End, Hears, Probed, Prober, Wire, probe::Unasked};
use tests::namespace::{Cable, DEVICE};
use tokio::sync::oneshot;

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 78, 10, 1);
/// The address of the client's end, where a story gives it one.
const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(10, 78, 10, 50);
const NEIGHBOUR_MAC: Mac = Mac([0x52, 0x54, 0, 0x78, 0, 50]);

/// How long a frame over a cable may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(10);

/// A cable whose far end has [`NEIGHBOUR_MAC`].
fn cable() -> Cable {
    let cable = Cable::lay("10.78.10.1/24");
    cable.set_mac(NEIGHBOUR_MAC);
    cable
}

fn run<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(story)
}

/// `questions` asked with a prober that listens.
async fn asked<T>(prober: &Prober, questions: impl Future<Output = T>) -> T {
    let (stop, stopped) = oneshot::channel::<()>();
    let listening = prober.listen(|_| {}, async {
        let _ = stopped.await;
    });
    let asking = async {
        let answers = questions.await;
        stop.send(()).unwrap();
        answers
    };
    tokio::join!(listening, asking).1
}

fn prober() -> Prober {
    Prober::new(Wire::open(DEVICE, Hears::Arp).unwrap())
}

#[test]
fn forty_two_addresses_are_probed_together_and_the_one_in_use_is_found() {
    let cable = cable();
    cable.add_to_client("10.78.10.50/24");
    cable.enter_server();
    run(async {
        let prober = prober();
        let addresses = (20..62).map(|last| Ipv4Addr::new(10, 78, 10, last));
        let begun = Instant::now();
        let all = join_all(addresses.clone().map(|address| prober.probe(address)));
        let answers = asked(&prober, all).await;
        for (address, answer) in addresses.zip(answers) {
            let expected = match address {
                NEIGHBOUR => Probed::Taken(NEIGHBOUR_MAC),
                _ => Probed::Free,
            };
            assert_eq!(answer, expected, "{address}");
        }
        // One after the other they would take 42 times 60 ms.
        let took = begun.elapsed();
        assert!(took < Duration::from_millis(42 * 60), "{took:?}");
        println!("42 probes took {took:?}");
    });
}

#[test]
fn a_result_is_remembered_and_a_machine_that_probes_is_not_an_owner() {
    let cable = cable();
    cable.add_to_client("10.78.10.50/24");
    cable.enter_server();
    run(async {
        let prober = prober();
        // arping -D asks for .51 from nowhere, as a host does that tries an address out.
        let rival = ["-D", "-c", "1", "-w", "1", "-I", DEVICE, "10.78.10.51"];
        let (free, taken) = asked(&prober, async {
            let free = prober.probe(Ipv4Addr::new(10, 78, 10, 51));
            let (free, _) = tokio::join!(free, async { cable.run("arping", &rival) });
            (free, prober.probe(NEIGHBOUR).await)
        })
        .await;
        assert_eq!(free, Probed::Free);
        assert_eq!(taken, Probed::Taken(NEIGHBOUR_MAC));
        // Nobody listens any more, so only memory can tell.
        assert_eq!(prober.probe(NEIGHBOUR).await, taken);
    });
}

#[test]
fn probes_are_bounded_and_a_cable_that_is_out_is_no_free_address() {
    let cable = cable();
    cable.enter_server();
    run(async {
        let prober = prober();
        let addresses = (0..300).map(|n| Ipv4Addr::from(u32::from(SERVER) + 0x1_0000 + n));
        let all = join_all(addresses.map(|address| prober.probe(address)));
        let answers = asked(&prober, all).await;
        let count = |wanted| answers.iter().filter(|answer| **answer == wanted).count();
        assert_eq!(count(Probed::Free), 256);
        assert_eq!(count(Probed::Unasked(Unasked::Busy)), 44);
        cable.unplug_server();
        let answer = prober.probe(NEIGHBOUR).await;
        assert_eq!(answer, Probed::Unasked(Unasked::NotSent));
    });
}

/// What the kernel of the other end takes is right: it checks both sums, the hardware address and the address.
#[test]
fn a_datagram_is_taken_by_the_kernel_of_its_receiver() {
    let cable = cable();
    cable.add_to_client("10.78.10.50/24");
    cable.enter_client();
    let receiver = UdpSocket::bind((NEIGHBOUR, 68)).unwrap();
    receiver.set_read_timeout(Some(PATIENCE)).unwrap();
    cable.enter_server();
    run(async {
        let wire = Wire::open(DEVICE, Hears::Nothing).unwrap();
        let datagram = |payload| Datagram {
            from: end(wire.mac(), SERVER, 67),
            to: end(NEIGHBOUR_MAC, NEIGHBOUR, 68),
            payload,
        };
        let mut wrong = datagram(b"wrong sum").write().unwrap();
        *wrong.last_mut().unwrap() ^= 1;
        wire.send(&wrong).unwrap();
        wire.send(&datagram(b"an odd number of them").write().unwrap())
            .unwrap();
        let mut buffer = [0; 100];
        let (length, from) = receiver.recv_from(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"an odd number of them");
        assert_eq!(from, (SERVER, 67).into());
    });
}

fn end(mac: Mac, address: Ipv4Addr, port: u16) -> End {
    End {
        mac,
        address: std::net::SocketAddrV4::new(address, port),
    }
}

/// The packet filter: what is for DHCP clients is heard, whatever stands before it.
#[test]
fn only_what_is_sent_to_dhcp_clients_is_heard() {
    let cable = cable();
    cable.add_to_client("10.78.10.50/24");
    cable.enter_client();
    let sender = UdpSocket::bind((NEIGHBOUR, 67)).unwrap();
    sender.set_broadcast(true).unwrap();
    cable.enter_server();
    run(async {
        let wire = Wire::open(DEVICE, Hears::DhcpReplies).unwrap();
        let mut buffer = [0; 2000];
        for (to, payload) in [
            ("10.78.10.1:69", "another port"),
            ("10.78.10.1:68", "to us"),
            ("255.255.255.255:67", "a client's own"),
            ("255.255.255.255:68", "to everybody"),
        ] {
            sender.send_to(payload.as_bytes(), to).unwrap();
        }
        for expected in ["to us", "to everybody"] {
            let received = tokio::time::timeout(PATIENCE, wire.receive(&mut buffer)).await;
            let length = received.unwrap().unwrap();
            let datagram = Datagram::read(&buffer[..length]).unwrap();
            assert_eq!(datagram.payload, expected.as_bytes());
            assert_eq!(datagram.from, end(NEIGHBOUR_MAC, NEIGHBOUR, 67));
        }
    });
}

#[test]
fn a_loopback_and_a_missing_interface_are_refused() {
    run(async {
        let error = |name| Wire::open(name, Hears::Arp).unwrap_err().kind();
        assert_eq!(error("lo"), std::io::ErrorKind::Unsupported);
        assert_eq!(error("no-such-link"), std::io::ErrorKind::NotFound);
    });
}
