//! What leaves a transfer's socket, taken up by a client's socket on loopback.

use std::net::Ipv4Addr;

use super::*;
use crate::fixture::leased;
use crate::served::Service;
use crate::tftp::options;
use crate::tree;

/// A client's end, and the order of a transfer to it: blocks of 512 bytes, four at a time.
fn order(source: Source) -> (UdpSocket, Order) {
    let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    client
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let socket = socket(Ipv4Addr::LOCALHOST.into(), client.local_addr().unwrap()).unwrap();
    client.connect(socket.local_addr().unwrap()).unwrap();
    let options = [("blksize", "512"), ("windowsize", "4")];
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let terms = options::terms(&options, source.len());
    let order = Order {
        socket,
        source,
        terms,
        sending: leased()
            .world
            .sending(Service::Tftp, Ipv4Addr::LOCALHOST.into(), ("x", 0)),
    };
    (client, order)
}

fn receive(client: &UdpSocket) -> Vec<u8> {
    let mut packet = [0; 2048];
    let size = client.recv(&mut packet).unwrap();
    packet[..size].to_vec()
}

/// Acknowledges `block`, and has the transfer hear it.
fn acknowledge(client: &UdpSocket, flight: &mut Flight, block: u8) -> Now {
    client.send(&[0, 4, 0, block]).unwrap();
    flight.hear(Instant::now(), &mut Window::new())
}

fn text() -> String {
    (0..700).map(|n| format!("{n:04}\n")).collect()
}

/// The whole text, from a transfer whose window the kernel cuts, or does not.
fn fetch(is_cut_by_kernel: bool) -> Vec<Vec<u8>> {
    let (client, order) = order(Source::text(text()));
    let (mut flight, _) = Flight::begin(order, Instant::now(), &mut Window::new());
    assert!(flight.is_cut_by_kernel, "loopback can");
    flight.is_cut_by_kernel = is_cut_by_kernel;
    if !is_cut_by_kernel {
        setsockopt(&flight.order.socket, UdpGsoSegment, &0).unwrap();
    }
    assert_eq!(receive(&client)[..2], [0, 6]);
    let mut packets = Vec::new();
    for last in [0, 4, 7] {
        let stands = acknowledge(&client, &mut flight, last);
        if last == 7 {
            assert!(matches!(stands, Now::Ended(Ok(End::Whole))));
            break;
        }
        assert!(matches!(stands, Now::Waits));
        packets.extend((last..7.min(last + 4)).map(|_| receive(&client)));
    }
    packets
}

#[test]
fn a_window_is_the_same_packets_whoever_cuts_it() {
    let expected: Vec<Vec<u8>> = (1..)
        .zip(text().as_bytes().chunks(512))
        .map(|(number, bytes)| packet::data(number, bytes))
        .collect();
    assert_eq!(expected.len(), 7);
    assert_eq!(fetch(true), expected);
    assert_eq!(fetch(false), expected);
}

/// A file on the disk and not in memory.
fn cold(folder: &std::path::Path) {
    use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
    std::fs::write(folder.join("cold"), text()).unwrap();
    let file = std::fs::File::open(folder.join("cold")).unwrap();
    file.sync_all().unwrap();
    posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED).unwrap();
}

#[tokio::test]
async fn what_is_not_in_memory_is_asked_for_and_sent_when_it_has_come() {
    let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
    cold(folder.path());
    let path = tree::Below::new(["cold"].into_iter()).unwrap();
    let file = tree::open(tree::in_folder(folder.path(), path));
    let (client, order) = order(Source::file(file.await.unwrap()));
    let (mut flight, _) = Flight::begin(order, Instant::now(), &mut Window::new());
    receive(&client);
    let Now::Needs(unread) = acknowledge(&client, &mut flight, 0) else {
        return println!("skipped: this file system keeps all in memory");
    };
    let much_later = Instant::now() + Duration::from_secs(60);
    assert!(
        !flight.is_overdue(much_later),
        "the disk is late, not the client"
    );
    let again = acknowledge(&client, &mut flight, 0);
    assert!(matches!(again, Now::Waits), "it is being read already");
    let read = unread.read().await;
    assert!(matches!(
        flight.take(read, Instant::now(), &mut Window::new()),
        Now::Waits
    ));
    assert_eq!(receive(&client), packet::data(1, &text().as_bytes()[..512]));
    assert!(flight.is_overdue(much_later), "now it is the client's turn");
}
