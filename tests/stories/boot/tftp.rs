//! TFTP packet by packet, as firmware sends them and as it should not.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use inventory::arm::ArmState;

use super::rig::{NEIGHBOUR, NODE, Rig, SECRET, SERVER};

/// Longer than the server waits before it sends again the first time.
const QUIET: Duration = Duration::from_millis(1500);

/// A client's port.
struct Port(UdpSocket);

/// What came, and the port it came from.
type Came = Option<(Vec<u8>, SocketAddr)>;

impl Port {
    fn at(address: Ipv4Addr) -> Self {
        let socket = UdpSocket::bind((address, 0)).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        Self(socket)
    }

    fn says(&self, to: SocketAddr, packet: &[u8]) {
        self.0.send_to(packet, to).unwrap();
    }

    fn asks(&self, rig: &Rig, name: &str, options: &str) {
        let request = format!("\0\x01{name}\0octet\0{options}");
        self.says(rig.tftp, request.as_bytes());
    }

    fn hears(&self) -> Came {
        let mut packet = [0; 2048];
        let (size, from) = self.0.recv_from(&mut packet).ok()?;
        Some((packet[..size].to_vec(), from))
    }

    /// What comes within [`QUIET`].
    fn hears_soon(&self) -> Came {
        self.0.set_read_timeout(Some(QUIET)).unwrap();
        let came = self.hears();
        self.0
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        came
    }

    /// The whole of a small file, block by block.
    fn gets(&self, rig: &Rig, name: &str) -> String {
        self.asks(rig, name, "");
        let mut text = Vec::new();
        loop {
            let (packet, from) = self.hears().unwrap();
            assert_eq!(packet[..2], [0, 3], "{name}: {packet:?}");
            self.says(from, &[0, 4, packet[2], packet[3]]);
            text.extend(&packet[4..]);
            if packet.len() < 516 {
                return String::from_utf8(text).unwrap();
            }
        }
    }
}

const ABORT: &[u8] = b"\0\x05\0\x08User aborted the transfer\0";

/// EDK2 asks for the size, aborts with error 8, and reads from the same port.
#[test]
fn a_size_probe_then_the_same_port_again() {
    let rig = Rig::start();
    let port = Port::at(NODE);
    let options = "tsize\x000\0blksize\x001468\0";
    port.asks(&rig, "os/standin/EFI/BOOT/BOOTX64.EFI", options);
    let (oack, probe) = port.hears().unwrap();
    assert_eq!(oack, b"\0\x06tsize\x0070001\0blksize\x001468\0");
    assert_eq!(probe.ip(), SERVER, "from the address that was asked");
    assert_ne!(probe, rig.tftp, "from a port of its own");
    port.says(probe, ABORT);
    port.asks(&rig, "os/standin/EFI/BOOT/BOOTX64.EFI", options);
    let (again, transfer) = port.hears().unwrap();
    assert_eq!(again, oack);
    assert_ne!(transfer, probe);
    port.says(transfer, &[0, 4, 0, 0]);
    assert_eq!(port.hears().unwrap().0[..4], [0, 3, 0, 1]);
    while let Some((_, from)) = port.hears_soon() {
        assert_eq!(from, transfer, "the probe is over");
        port.says(transfer, ABORT);
    }
    rig.stop();
}

#[test]
fn another_request_from_the_same_port_ends_what_went_before() {
    let rig = Rig::start();
    let port = Port::at(NODE);
    port.asks(&rig, "os/standin/ten", "tsize\x000\0");
    let (_, first) = port.hears().unwrap();
    port.asks(&rig, "os/standin/.treeinfo", "tsize\x000\0");
    let (_, second) = port.hears().unwrap();
    assert_ne!(first, second);
    let mut again = 0;
    while let Some((_, from)) = port.hears_soon() {
        assert_eq!(from, second, "the first goes on");
        again += 1;
    }
    assert!(again > 0, "the second is sent again");
    rig.stop();
}

/// Our answer was late, so the client asked twice: it takes one answer and refuses the other.
#[test]
fn the_same_request_twice_is_answered_twice() {
    let rig = Rig::start();
    let port = Port::at(NODE);
    port.asks(&rig, "os/standin/ten", "tsize\x000\0");
    let (_, first) = port.hears().unwrap();
    port.asks(&rig, "os/standin/ten", "tsize\x000\0");
    let (_, second) = port.hears().unwrap();
    port.says(second, b"\0\x05\0\x05Unknown transfer\0");
    port.says(first, &[0, 4, 0, 0]);
    assert_eq!(
        port.hears().unwrap(),
        (b"\0\x03\0\x010123456789".to_vec(), first)
    );
    port.says(first, &[0, 4, 0, 1]);
    assert_eq!(port.hears_soon(), None, "both are over");
    rig.stop();
}

#[test]
fn nobody_else_takes_part_in_a_transfer() {
    let rig = Rig::start();
    let (port, intruder) = (Port::at(NODE), Port::at(NEIGHBOUR));
    port.asks(&rig, "os/standin/EFI/BOOT/BOOTX64.EFI", "");
    let (first, transfer) = port.hears().unwrap();
    assert_eq!(first[..4], [0, 3, 0, 1]);
    intruder.says(transfer, &[0, 4, 0, 1]);
    intruder.says(transfer, ABORT);
    let (again, _) = port.hears().unwrap();
    assert_eq!(
        again[..4],
        [0, 3, 0, 1],
        "neither acknowledged nor ended by others"
    );
    port.says(transfer, &[0, 4, 0, 1]);
    assert_eq!(port.hears().unwrap().0[..4], [0, 3, 0, 2]);
    port.says(transfer, ABORT);
    rig.stop();
}

#[test]
fn what_is_refused_is_refused_at_once() {
    let rig = Rig::start();
    let port = Port::at(NODE);
    let table: [(&[u8], u8); 9] = [
        (b"\0\x01os/standin/../../secret\0octet\0", 1),
        (b"\0\x01os\\standin\\..\\..\\secret\0octet\0", 1),
        (b"\0\x01os/standin/leads-out\0octet\0", 1),
        (b"\0\x01/etc/passwd\0octet\0", 1),
        (
            b"\0\x01os/standin/EFI/BOOT/revocations_sku.efi\0octet\0tsize\x000\0",
            1,
        ),
        (b"\0\x01os/standin/EFI/BOOT/grub.cfg-0A4D0A15\0octet\0", 1),
        (b"\0\x02new\0octet\0", 2),
        (b"\0\x01os/standin/ten\0netascii\0", 4),
        (b"\0\x01os/standin/ten", 4),
    ];
    for (packet, code) in table {
        port.says(rig.tftp, packet);
        let (answer, _) = port.hears_soon().unwrap();
        let text = String::from_utf8_lossy(&answer);
        assert_eq!(
            answer[..4],
            [0, 5, 0, code],
            "{:?}: {text}",
            String::from_utf8_lossy(packet)
        );
        assert!(!text.contains(SECRET));
    }
    for noise in [
        &b"\0\x05\0\x01x\0"[..],
        b"\0\x04\0\0",
        b"\0",
        b"",
        b"\xff\xff",
    ] {
        port.says(rig.tftp, noise);
    }
    assert_eq!(port.hears_soon(), None, "noise is not answered");
    rig.stop();
}

#[test]
fn grub_gets_its_own_configuration() {
    let rig = Rig::start();
    let payload = rig.arm();
    let local = templates::boot::local_grub();
    let mine = "/os/standin/EFI/BOOT/grub.cfg-01-52-54-00-77-00-01";
    assert_eq!(
        Port::at(NEIGHBOUR).gets(&rig, mine),
        local,
        "asked for by another node"
    );
    assert_eq!(
        Port::at(SERVER).gets(&rig, mine),
        local,
        "asked for by a stranger"
    );
    assert_eq!(
        Port::at(NEIGHBOUR).gets(&rig, "grub.cfg"),
        local,
        "not armed"
    );
    let others = "os/standin/EFI/BOOT/grub.cfg-01-52-54-00-77-00-02";
    assert_eq!(Port::at(NODE).gets(&rig, others), local, "of another node");
    assert_eq!(rig.arm_state(), ArmState::Armed);
    assert_eq!(Port::at(NODE).gets(&rig, mine), payload.grub);
    assert_eq!(rig.arm_state(), ArmState::Booting);
    assert_eq!(
        Port::at(NODE).gets(&rig, "grub/x86_64-efi/grub.cfg"),
        payload.grub
    );
    assert_eq!(
        rig.world.served.of(NODE.into()),
        (local.len() + 2 * payload.grub.len()) as u64
    );
    rig.stop();
}

#[test]
fn a_name_that_would_write_on_a_terminal_is_shown_escaped_once() {
    let rig = Rig::start();
    let port = Port::at(NODE);
    port.asks(&rig, "a\"b\u{1b}[2J", "");
    assert_eq!(port.hears().unwrap().0[..4], [0, 5, 0, 1]);
    let noted = || {
        let all = rig.world.served.requests(NODE.into());
        all.into_iter().find(|line| line.contains("TFTP a"))
    };
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while noted().is_none() && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    let noted = noted().unwrap();
    assert!(noted.contains(r#"TFTP a\"b\u{1b}[2J "#), "{noted}");
    rig.stop();
}

#[test]
fn one_client_cannot_take_all_transfers() {
    let rig = Rig::start();
    let ports: Vec<Port> = (0..8).map(|_| Port::at(NODE)).collect();
    for port in &ports {
        port.asks(&rig, "os/standin/ten", "tsize\x000\0");
        assert!(port.hears().is_some());
    }
    let more = Port::at(NODE);
    more.asks(&rig, "os/standin/ten", "tsize\x000\0");
    assert_eq!(more.hears_soon(), None, "one too many is not answered");
    assert_eq!(
        Port::at(NEIGHBOUR).gets(&rig, "os/standin/ten"),
        "0123456789"
    );
    for port in &ports {
        port.asks(&rig, "nowhere", "");
    }
    let asks_again = |_: &i32| {
        more.asks(&rig, "os/standin/ten", "tsize\x000\0");
        more.hears_soon().is_some()
    };
    assert!((0..5).any(|n| asks_again(&n)), "places are free again");
    rig.stop();
}
