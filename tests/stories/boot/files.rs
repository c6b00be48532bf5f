//! Install trees and loaders through curl: whole, in part, and by every path that should lead nowhere.

use std::net::IpAddr;
use std::time::Instant;

use super::limits::{SOON, begin_huge, huge};
use super::rig::{MENU, NODE, Rig, SECRET, SERVER, connect, status};

#[test]
fn files_arrive_whole_whatever_their_names() {
    let rig = Rig::start();
    let names = [
        ".treeinfo",
        "EFI/BOOT/BOOTX64.EFI",
        "images/pxeboot/vmlinuz",
        "Packages/l/libstdc++-11~rc^1.rpm",
        "empty",
        "vmlinuz",
    ];
    for name in names {
        let (status, body) = rig.get(&format!("/os/standin/{name}?query=tolerated"));
        assert!(
            status == 200 && body == rig.original(name),
            "{name}: {status}"
        );
    }
    let (_, encoded) = rig.get("/os/standin//Packages/l/libstdc%2b%2B-11~rc%5E1.rpm");
    assert_eq!(encoded, rig.original("Packages/l/libstdc++-11~rc^1.rpm"));
    let (status, loader) = rig.get("/loader/snponly.efi");
    assert!(status == 200 && loader == std::fs::read("/usr/lib/ipxe/snponly.efi").unwrap());
    rig.stop();
}

#[test]
fn what_was_served_to_a_node_is_counted_and_to_nobody_else() {
    let rig = Rig::start();
    let size = rig.original("images/pxeboot/vmlinuz").len() as u64;
    rig.get("/os/standin/images/pxeboot/vmlinuz");
    rig.get_as(SERVER, "/os/standin/images/pxeboot/vmlinuz");
    assert_eq!(rig.world.served.of(NODE.into()), size);
    assert_eq!(rig.world.served.of(SERVER.into()), 0);
    rig.stop();
}

#[test]
fn a_download_of_a_node_is_seen_while_it_lasts() {
    let rig = Rig::start();
    huge(&rig);
    let mut streams = [NODE, SERVER].map(|from| connect(from, rig.http));
    streams.iter_mut().for_each(begin_huge);
    let underway = || rig.world.served.underway(rig.world.now().mono);
    // What was sent is counted after it was sent.
    let began = Instant::now();
    while underway().iter().all(|transfer| transfer.sent == 0) {
        assert!(began.elapsed() < SOON, "it is counted: {:?}", underway());
        std::thread::yield_now();
    }
    let seen = underway();
    assert_eq!(seen.len(), 1, "a stranger's is not: {seen:?}");
    assert_eq!(seen[0].begun.client, IpAddr::from(NODE));
    assert_eq!(seen[0].begun.what, "/os/standin/huge");
    assert_eq!(seen[0].begun.size, 1 << 30);
    assert!(seen[0].sent < 1 << 30, "{seen:?}");
    drop(streams);
    let began = Instant::now();
    while !underway().is_empty() {
        assert!(began.elapsed() < SOON, "it is over");
        std::thread::yield_now();
    }
    rig.stop();
}

#[test]
fn head_says_what_get_would_and_sends_nothing() {
    let rig = Rig::start();
    let url = rig.url("/os/standin/images/pxeboot/vmlinuz");
    let output = rig.curl_as(NODE, &["-I", &url]);
    let head = String::from_utf8(output.stdout).unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("\r\nContent-Length: 3000017\r\n"), "{head}");
    assert!(head.contains("\r\nAccept-Ranges: bytes\r\n"), "{head}");
    assert_eq!(rig.world.served.of(NODE.into()), 0);
    rig.stop();
}

#[test]
fn a_part_of_a_file_can_be_had() {
    let rig = Rig::start();
    let url = rig.url("/os/standin/ten");
    let table = [
        ("2-4", 206, "234"),
        ("7-", 206, "789"),
        ("-3", 206, "789"),
        ("5-500", 206, "56789"),
        ("0-1,4-5", 200, "0123456789"),
        ("10-", 416, "Range Not Satisfiable\n"),
    ];
    for (range, code, body) in table {
        let output = rig.curl_as(NODE, &["-r", range, "-w", "%{stderr}%{http_code}", &url]);
        let got = (status(&output), String::from_utf8(output.stdout).unwrap());
        assert_eq!(got, (code, body.to_owned()), "{range}");
    }
    rig.stop();
}

#[test]
fn a_download_is_resumed() {
    let rig = Rig::start();
    let original = rig.original("images/pxeboot/vmlinuz");
    let half = rig.path("half");
    std::fs::write(&half, &original[..1_234_567]).unwrap();
    let (url, half) = (
        rig.url("/os/standin/images/pxeboot/vmlinuz"),
        half.display().to_string(),
    );
    let output = rig.curl_as(NODE, &["-f", "-C", "-", "-o", &half, &url]);
    assert!(output.status.success(), "{output:?}");
    assert!(std::fs::read(&half).unwrap() == original);
    rig.stop();
}

#[test]
fn a_download_of_another_state_of_the_file_is_not_resumed() {
    let rig = Rig::start();
    let url = rig.url("/os/standin/ten");
    let head = rig.curl_as(NODE, &["-I", &url]);
    let head = String::from_utf8(head.stdout).unwrap();
    let tag = head
        .lines()
        .find_map(|line| line.strip_prefix("Etag: "))
        .unwrap();
    for (tag, expected) in [(tag, "6789"), ("\"another\"", "0123456789")] {
        let condition = format!("If-Range: {tag}");
        let output = rig.curl_as(NODE, &["-r", "6-", "-H", &condition, &url]);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{tag}");
    }
    rig.stop();
}

#[test]
fn no_path_leads_out_of_the_tree() {
    let rig = Rig::start();
    let paths = [
        "/os/standin/../../secret",
        "/os/standin/../secret",
        "/os/../secret",
        "/os/standin/%2e%2e/secret",
        "/os/standin/.%2e/secret",
        "/os/standin/..%2fsecret",
        "/os/standin/%2e%2e%2fsecret",
        "/os/standin/%252e%252e/secret",
        "/os/standin/images/../../secret",
        "/os/standin/./../secret",
        "/os/standin/..\\secret",
        "/os/standin/%00/../secret",
        "/os/standin/ten%00.rpm",
        "/os/standin/leads-out",
        "/os/standin/leads-far-out",
        "/os/standin//etc/passwd",
        "/os/standin/",
        "/os/standin",
        "/os/standin/images",
        "/os/nothing/ten",
        "/os/STANDIN/ten",
        "/os/standin/TEN",
        "/os/standin/%",
        "/os/standin/%zz",
        "/loader/../secret",
        "/loader/%2e%2e/secret",
        "/loader/ipxe.iso",
        "/loader/",
        "/boot/",
        "/",
        "/ks/",
        "/secret",
        "/images/updates.img",
    ];
    for path in paths {
        let (status, body) = rig.get(path);
        let text = String::from_utf8_lossy(&body);
        assert!(
            status == 404 && !text.contains(SECRET),
            "{path}: {status} {text}"
        );
        assert!(body.len() < 64, "a probe costs little");
    }
    rig.stop();
}

/// A medium's own `grub.cfg` installs after a minute, whether armed or not.
#[test]
fn the_menu_of_a_medium_is_never_served() {
    let rig = Rig::start();
    for path in [
        "/os/standin/EFI/BOOT/grub.cfg",
        "/os/standin/EFI//BOOT/grub%2ecfg",
        "/boot/grub.cfg",
    ] {
        let (status, body) = rig.get(path);
        let text = String::from_utf8(body).unwrap();
        assert!(
            status == 200 && text == templates::boot::local_grub(),
            "{path}: {text}"
        );
        assert!(!text.contains(MENU));
    }
    rig.stop();
}
