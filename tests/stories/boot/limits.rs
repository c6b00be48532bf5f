//! Clients that misbehave: slow, stalled, many. The service stays there for the others, and ends when it is told to.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use pxe::http::{Limits, Patience};

use super::rig::{NEIGHBOUR, NODE, Rig, connect, run};

/// Longer than any limit set here, shorter than any default.
pub(super) const SOON: Duration = Duration::from_secs(15);

fn tight() -> Limits {
    Limits {
        head: Duration::from_millis(700),
        ..Limits::default()
    }
}

/// Whether the other side ends this connection soon, whatever it still sends.
fn is_ended(stream: &mut TcpStream) -> bool {
    let began = Instant::now();
    let mut rest = [0; 4096];
    while began.elapsed() < SOON {
        match stream.read(&mut rest) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
    }
    false
}

fn get(stream: &mut TcpStream, path: &str) -> Option<Vec<u8>> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = [0; 1024];
    let size = stream.read(&mut answer).ok()?;
    (size > 0).then(|| answer[..size].to_vec())
}

/// A file that no socket buffer holds.
pub(super) fn huge(rig: &Rig) {
    let sparse = File::create(rig.path("tree/huge")).unwrap();
    sparse.set_len(1 << 30).unwrap();
}

/// Asks for it, and takes nothing once it begins to come.
pub(super) fn begin_huge(stream: &mut TcpStream) {
    let request = b"GET /os/standin/huge HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(request).unwrap();
    stream.peek(&mut [0]).unwrap();
}

#[test]
fn a_request_that_drips_is_cut() {
    let rig = Rig::within(tight());
    let mut dripping = connect(NODE, rig.http);
    let pause = Duration::from_millis(50);
    dripping.set_read_timeout(Some(pause)).unwrap();
    let began = Instant::now();
    for byte in b"GET /os/standin/ten HTTP/1.1\r\nHost: x\r\nX-Slow: "
        .iter()
        .chain([b'x'; 400].iter())
    {
        let is_gone = match dripping.read(&mut [0]) {
            Ok(size) => size == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        };
        if is_gone || dripping.write_all(&[*byte]).is_err() {
            break;
        }
    }
    assert!(began.elapsed() < SOON, "it was read to the end");
    rig.stop();
}

#[test]
fn an_idle_connection_is_ended() {
    let rig = Rig::within(tight());
    let mut silent = connect(NODE, rig.http);
    let mut used = connect(NODE, rig.http);
    assert!(get(&mut used, "/os/standin/ten").is_some());
    assert!(is_ended(&mut silent) && is_ended(&mut used));
    rig.stop();
}

/// A node that was switched off in the middle of a download leaves its place to itself when it comes back.
#[test]
fn a_client_that_takes_nothing_is_cut() {
    let rig = Rig::within(Limits {
        patience: Patience {
            span: Duration::from_secs(1),
            least: 1,
        },
        per_client: 1,
        ..Limits::default()
    });
    huge(&rig);
    let mut stalled = connect(NODE, rig.http);
    begin_huge(&mut stalled);
    assert!(
        get(&mut connect(NODE, rig.http), "/os/standin/ten").is_none(),
        "its one place is taken"
    );
    let began = Instant::now();
    while get(&mut connect(NODE, rig.http), "/os/standin/ten").is_none() {
        assert!(began.elapsed() < SOON, "it holds its place for ever");
        std::thread::yield_now();
    }
    rig.stop();
}

#[test]
fn one_client_cannot_take_all_places() {
    let rig = Rig::start();
    let most = Limits::default().per_client;
    let mut held: Vec<TcpStream> = (0..most).map(|_| connect(NODE, rig.http)).collect();
    for stream in &mut held {
        assert!(get(stream, "/os/standin/ten").is_some());
    }
    assert!(
        get(&mut connect(NODE, rig.http), "/os/standin/ten").is_none(),
        "one too many"
    );
    assert!(
        get(&mut connect(NEIGHBOUR, rig.http), "/os/standin/ten").is_some(),
        "another client"
    );
    rig.stop();
}

#[test]
fn connections_over_all_wait_their_turn() {
    let rig = Rig::within(Limits {
        connections: 4,
        ..Limits::default()
    });
    huge(&rig);
    let mut held: Vec<TcpStream> = (1..=4).map(|_| connect(NODE, rig.http)).collect();
    held.iter_mut().for_each(begin_huge);
    let mut fifth = connect(NEIGHBOUR, rig.http);
    fifth
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    assert!(
        get(&mut fifth, "/os/standin/ten").is_none(),
        "no place is free"
    );
    held.pop();
    fifth.set_read_timeout(Some(SOON)).unwrap();
    assert!(fifth.read(&mut [0; 64]).unwrap() > 0, "a place is free");
    drop(held);
    rig.stop();
}

/// Machines that are not in the rack file, many of them, each with its few connections: nodes find a place at once.
#[test]
fn strangers_never_take_the_nodes_places() {
    let rig = Rig::within(Limits {
        connections: 16,
        strangers: 8,
        ..Limits::default()
    });
    let stranger = |n: u8| connect(Ipv4Addr::new(127, 0, 1, n), rig.http);
    let mut held: Vec<TcpStream> = (1..=40).map(stranger).collect();
    let served = |stream: &mut TcpStream| get(stream, "/os/standin/ten").is_some();
    let placed = held.iter_mut().filter_map(|it| served(it).then_some(()));
    assert_eq!(placed.count(), 8);
    for from in [NODE, NEIGHBOUR] {
        assert!(served(&mut connect(from, rig.http)), "{from}");
    }
    held.clear();
    let began = Instant::now();
    while !served(&mut stranger(50)) {
        assert!(began.elapsed() < SOON, "places are not given back");
    }
    rig.stop();
}

/// A greedy reader asks for much and takes a little now and then, so that it never counts as gone.
#[test]
fn a_client_that_takes_too_little_is_cut() {
    let rig = Rig::within(Limits {
        patience: Patience {
            span: Duration::from_secs(1),
            least: 64 << 20,
        },
        ..Limits::default()
    });
    huge(&rig);
    let mut slow = connect(NODE, rig.http);
    begin_huge(&mut slow);
    let began = Instant::now();
    let mut piece = vec![0; 256 * 1024];
    let pause = Duration::from_millis(100);
    while slow.read(&mut piece).is_ok_and(|size| size > 0) {
        assert!(began.elapsed() < SOON, "it is served for ever");
        std::thread::sleep(pause);
    }
    let mut quick = connect(NODE, rig.http);
    begin_huge(&mut quick);
    let mut sent = 0;
    while sent < 1 << 30 {
        let size = quick.read(&mut piece).unwrap();
        assert!(size > 0, "a quick client is cut too, after {sent}");
        sent += size;
    }
    rig.stop();
}

/// Keep-alive is for quiet hours: two hundred clients that keep their connections do not lock out the next.
#[test]
fn idle_connections_never_hold_all_places() {
    let rig = Rig::within(Limits {
        connections: 8,
        per_client: 200,
        ..Limits::default()
    });
    let mut kept = Vec::new();
    for n in 0..50 {
        let mut stream = connect(NODE, rig.http);
        assert!(get(&mut stream, "/os/standin/ten").is_some(), "client {n}");
        kept.push(stream);
    }
    rig.stop();
}

#[test]
fn two_hundred_downloads_at_once() {
    let rig = Rig::within(Limits {
        connections: 24,
        per_client: 200,
        ..Limits::default()
    });
    let original = rig.original("EFI/BOOT/BOOTX64.EFI");
    let urls = rig.url("/os/standin/EFI/BOOT/BOOTX64.EFI?[1-200]");
    let to = rig.path("out").display().to_string();
    let files = format!("{to}/#1");
    let output = run(
        "curl",
        &[
            "-sSf",
            "-m",
            "60",
            "-Z",
            "--parallel-max",
            "200",
            "--parallel-immediate",
            "--create-dirs",
            "-o",
            &files,
            &urls,
        ],
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for n in 1..=200 {
        let file = rig.path("out").join(n.to_string());
        assert!(std::fs::read(&file).unwrap() == original, "download {n}");
        std::fs::remove_file(file).unwrap();
    }
    rig.stop();
}

#[test]
fn it_stops_although_clients_hang_on() {
    let rig = Rig::start();
    huge(&rig);
    let mut idle = connect(NODE, rig.http);
    assert!(get(&mut idle, "/os/standin/ten").is_some());
    let mut stalled = connect(NODE, rig.http);
    begin_huge(&mut stalled);
    let began = Instant::now();
    rig.stop();
    assert!(began.elapsed() < SOON);
    assert!(is_ended(&mut idle) && is_ended(&mut stalled));
}
