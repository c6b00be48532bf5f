//! Bytes on the wire: what GRUB and shim read literally.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::rig::{NODE, Rig, connect};

/// Says `request` and reads the answer's head and as much body as it announces.
fn say(stream: &mut TcpStream, request: &str) -> (String, Vec<u8>) {
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    // As GRUB does it: the very spelling, and nothing else.
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    let length: usize = length.unwrap_or_else(|| panic!("{head}")).parse().unwrap();
    let is_head = request.starts_with("HEAD");
    let mut body = vec![0; if is_head { 0 } else { length }];
    stream.read_exact(&mut body).unwrap();
    (head, body)
}

#[test]
fn every_answer_has_a_length_spelled_with_capitals() {
    let rig = Rig::start();
    let payload = rig.arm();
    let kickstart = format!("/ks/{}", payload.token);
    let report = format!("/report/{}", payload.token);
    let mut stream = TcpStream::connect(rig.http).unwrap();
    let paths = [
        ("HEAD", "/boot/ipxe"),
        ("GET", "/boot/ipxe"),
        ("HEAD", "/os/standin/ten"),
        ("GET", "/os/standin/ten"),
        ("GET", "/os/standin/empty"),
        ("GET", "/nowhere"),
        ("HEAD", "/nowhere"),
        ("GET", "/boot/grub.cfg"),
        ("GET", kickstart.as_str()),
        ("PUT", "/os/standin/ten"),
        ("POST", report.as_str()),
        ("GET", "/os/standin/vmlinuz"),
    ];
    for (method, path) in paths {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        let (head, _) = say(&mut stream, &request);
        assert!(!head.to_lowercase().contains("transfer-encoding"), "{head}");
        assert!(!head.to_lowercase().contains("location"), "{head}");
        for name in head
            .lines()
            .skip(1)
            .filter_map(|line| line.split(':').next())
        {
            assert!(
                !name.starts_with(|c: char| c.is_ascii_lowercase()),
                "{name} of {path}"
            );
        }
    }
    rig.stop();
}

/// GRUB as it boots over HTTP, on one connection: HEAD and GET of each file, probes that find nothing.
#[test]
fn grub_over_one_connection() {
    let rig = Rig::start();
    let payload = rig.arm();
    let mut stream = connect(NODE, rig.http);
    let base = "/os/standin/EFI/BOOT";
    let mut ask = |method: &str, path: &str| {
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: GRUB 2.06\r\n\r\n");
        say(&mut stream, &request)
    };
    for module in ["command", "fs", "crypto", "terminal"] {
        let (head, _) = ask("HEAD", &format!("{base}/x86_64-efi/{module}.lst"));
        assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
    }
    let (head, _) = ask("HEAD", &format!("{base}/grub.cfg"));
    assert!(
        head.contains(&format!("Content-Length: {}\r\n", payload.grub.len())),
        "{head}"
    );
    let (_, config) = ask("GET", &format!("{base}/grub.cfg"));
    assert_eq!(config, payload.grub.as_bytes());
    let (head, _) = ask("HEAD", "/os/standin/images/pxeboot/vmlinuz");
    assert!(head.contains("Content-Length: 3000017\r\n"), "{head}");
    let (_, kernel) = ask("GET", "/os/standin/images/pxeboot/vmlinuz");
    assert!(kernel == rig.original("images/pxeboot/vmlinuz"));
    drop(stream);
    rig.stop();
}
