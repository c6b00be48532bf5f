//! Requests byte by byte: pipelined, in pieces, with bodies where none belong, and in every shape that two readers could
//! read as two different requests.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use super::rig::{NODE, Rig, connect};

/// Everything that comes back for `bytes` until the other side closes.
fn answers(rig: &Rig, bytes: &[u8]) -> String {
    let mut stream = connect(NODE, rig.http);
    stream.write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    rest(&mut stream)
}

fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// The status codes in it, in order.
fn codes(answer: &str) -> Vec<&str> {
    let parts = answer.split("HTTP/1.1 ").skip(1);
    parts.map(|part| &part[..3]).collect()
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let rig = Rig::start();
    let names = ["ten", "empty", "nothing", "ten", ".treeinfo"];
    let request = |name| format!("GET /os/standin/{name} HTTP/1.1\r\nHost: x\r\n\r\n");
    let all: String = names.into_iter().map(request).collect();
    let answer = answers(&rig, all.as_bytes());
    assert_eq!(codes(&answer), ["200", "200", "404", "200", "200"]);
    assert!(answer.ends_with("\r\n\r\n[header]\n"), "{answer}");
    assert_eq!(answer.matches("\r\n\r\n0123456789").count(), 2);
    rig.stop();
}

#[test]
fn a_request_in_single_bytes_is_answered() {
    let rig = Rig::start();
    let mut stream = connect(NODE, rig.http);
    stream.set_nodelay(true).unwrap();
    for byte in b"GET /os/standin/ten HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" {
        stream.write_all(&[*byte]).unwrap();
    }
    assert!(rest(&mut stream).ends_with("\r\n\r\n0123456789"));
    rig.stop();
}

/// What is wrong, the lines of it, and the answer. The hidden request has `length` bytes.
fn shapes(length: usize) -> [(&'static str, String, &'static str); 10] {
    [
        (
            "both lengths",
            format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"),
            "400",
        ),
        (
            "two lengths",
            format!("Content-Length: 0\r\nContent-Length: {length}\r\n"),
            "400",
        ),
        (
            "chunked",
            "Transfer-Encoding: chunked\r\n".to_owned(),
            "411",
        ),
        (
            "an unknown coding",
            "Transfer-Encoding: xchunked\r\n".to_owned(),
            "501",
        ),
        (
            "a bare line feed",
            "X: y\nContent-Length: 0\r\n".to_owned(),
            "400",
        ),
        (
            "a folded line",
            "X: y\r\n Content-Length: 0\r\n".to_owned(),
            "400",
        ),
        (
            "a space before the colon",
            format!("Content-Length : {length}\r\n"),
            "400",
        ),
        (
            "a body with GET",
            format!("Content-Length: {length}\r\n"),
            "404",
        ),
        ("too many lines", "X: y\r\n".repeat(200), "431"),
        (
            "a line without end",
            format!("X: {}\r\n", "y".repeat(20_000)),
            "431",
        ),
    ]
}

/// Each of the shapes carries a second request that a reader of the other opinion would see: it is never answered.
#[test]
fn no_second_request_can_be_smuggled_in() {
    let rig = Rig::start();
    let hidden = "GET /os/standin/ten HTTP/1.1\r\nHost: x\r\n\r\n";
    let length = hidden.len();
    for (name, lines, code) in shapes(length) {
        let request = format!("GET /nothing HTTP/1.1\r\nHost: x\r\n{lines}\r\n{hidden}");
        let answer = answers(&rig, request.as_bytes());
        assert_eq!(codes(&answer), [code], "{name}: {answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{name}");
        assert!(!answer.contains("0123456789"), "{name}");
    }
    rig.stop();
}

#[test]
fn a_body_is_asked_for_when_the_client_waits_to_be_asked() {
    let rig = Rig::start();
    rig.arm();
    let path = format!("/report/{}", "07".repeat(16));
    let head = |size: usize| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {size}\r\n\r\n"
        )
    };
    let mut stream = connect(NODE, rig.http);
    stream.write_all(head(9).as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"phase=pre").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(codes(&rest(&mut stream)), ["403"], "read, and not its turn");
    let mut stream = connect(NODE, rig.http);
    stream.write_all(head(1 << 30).as_bytes()).unwrap();
    assert_eq!(
        codes(&rest(&mut stream)),
        ["413"],
        "refused before it is sent"
    );
    rig.stop();
}

#[test]
fn an_old_client_gets_one_answer() {
    let rig = Rig::start();
    let request = "GET /os/standin/ten HTTP/1.0\r\n\r\n".repeat(2);
    let answer = answers(&rig, request.as_bytes());
    assert_eq!(codes(&answer), ["200"]);
    assert!(
        answer.contains("\r\nContent-Length: 10\r\nAccept-Ranges"),
        "{answer}"
    );
    assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    rig.stop();
}
