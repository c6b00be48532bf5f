//! Floods of requests: bounded for each client and in all, and others are served meanwhile.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use super::rig::{NODE, Rig};

/// Transfers that one address may have.
const OF_ONE: usize = 8;
/// Nothing more is coming: answers to a flood on loopback take far less.
const QUIET: Duration = Duration::from_millis(500);
const REQUEST: &[u8] =
    b"\0\x01os/standin/images/pxeboot/vmlinuz\0octet\0tsize\x000\0windowsize\x0032\0";

fn port(address: Ipv4Addr) -> UdpSocket {
    let socket = UdpSocket::bind((address, 0)).unwrap();
    socket.set_read_timeout(Some(QUIET)).unwrap();
    socket
}

/// The server's ports that answered.
fn answers(socket: &UdpSocket) -> BTreeSet<SocketAddr> {
    let mut packet = [0; 2048];
    let come = std::iter::from_fn(|| Some(socket.recv_from(&mut packet).ok()?.1));
    // The same is sent again after a second: that is the end as well.
    come.take(4 * OF_ONE).collect()
}

fn file(rig: &Rig) -> Vec<u8> {
    let url = format!("tftp://{}/os/standin/images/pxeboot/vmlinuz", rig.tftp);
    let from = NODE.to_string();
    let arguments = [
        "-sS",
        "-m",
        "30",
        "--interface",
        &from,
        "--tftp-blksize",
        "1468",
    ];
    let output = super::rig::run("curl", &[&arguments[..], &[&url]].concat());
    output.stdout
}

/// Requests from ever new ports, as a machine makes them that resets at once, or a broken loader.
#[test]
fn one_address_floods_from_many_ports() {
    let rig = Rig::start();
    let flood: Vec<UdpSocket> = (0..200)
        .map(|_| port(Ipv4Addr::new(127, 0, 3, 1)))
        .collect();
    for socket in flood.iter().cycle().take(2000) {
        socket.send_to(REQUEST, rig.tftp).unwrap();
    }
    assert!(
        file(&rig) == rig.original("images/pxeboot/vmlinuz"),
        "nobody else is served"
    );
    let is_answered = |socket: &&UdpSocket| {
        socket.set_nonblocking(true).unwrap();
        socket.recv(&mut [0; 512]).is_ok()
    };
    let answered = flood.iter().filter(is_answered).count();
    assert!(
        (1..=OF_ONE).contains(&answered),
        "{answered} ports are answered"
    );
    rig.stop();
}

/// Requests from many addresses, repeated: each has its few transfers, a node is served beside them, and all end at stop.
#[test]
fn many_addresses_flood() {
    let rig = Rig::start();
    let flood: Vec<UdpSocket> = (1..=30)
        .map(|n| port(Ipv4Addr::new(127, 0, 4, n)))
        .collect();
    for socket in flood.iter().cycle().take(30 * 50) {
        socket.send_to(REQUEST, rig.tftp).unwrap();
    }
    assert!(
        file(&rig) == rig.original("images/pxeboot/vmlinuz"),
        "nobody else is served"
    );
    for socket in &flood {
        let answers = answers(socket).len();
        assert!(
            (1..=OF_ONE).contains(&answers),
            "{answers} transfers of one address"
        );
    }
    rig.stop();
}
