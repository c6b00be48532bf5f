//! An install as curl plays it: script, kickstart, reports; and everybody who is not the armed node.

use std::process::Output;

use inventory::arm::ArmState;
use inventory::node::Reports;
use inventory::store;

use super::rig::{NEIGHBOUR, NODE, Rig, SERVER, local_ipxe, status};

fn report(rig: &Rig, from: std::net::Ipv4Addr, fields: &[&str]) -> u16 {
    let url = rig.url(&format!("/report/{}", "07".repeat(16)));
    let mut arguments = vec!["-w", "%{stderr}%{http_code}"];
    for field in fields {
        arguments.extend(["--data-urlencode", field]);
    }
    arguments.push(&url);
    status(&rig.curl_as(from, &arguments))
}

#[test]
fn an_install_with_curl() {
    let rig = Rig::start();
    let payload = rig.arm();
    let kickstart = format!("/ks/{}", payload.token);
    assert_eq!(rig.get(&kickstart).0, 403, "not before the boot script");
    let (_, script) = rig.get("/boot/ipxe?mac=52-54-00-77-00-01");
    assert_eq!(script, payload.ipxe.as_bytes());
    assert_eq!(rig.arm_state(), ArmState::Booting);
    let (_, head) = rig.get(&kickstart);
    assert_eq!(head, payload.kickstart.as_bytes());
    assert_eq!(
        rig.get(&kickstart),
        (200, payload.kickstart.into_bytes()),
        "dracut's retry"
    );
    let facts = [
        "phase=pre",
        "serial=HN0001",
        "disks=vda a&b=c +1%",
        "detail=first\nsecond",
    ];
    assert_eq!(report(&rig, NODE, &facts), 200);
    assert_eq!(report(&rig, NODE, &["phase=what"]), 400);
    assert_eq!(report(&rig, NEIGHBOUR, &["phase=installed"]), 403);
    assert_eq!(report(&rig, NODE, &["phase=installed", "boot_id=1"]), 200);
    assert_eq!(rig.arm_state(), ArmState::Spent);
    let reports = store::read::<Reports>(&*rig.world.store, &rig.node("kvm-01").name).unwrap();
    let first = &reports.unwrap().value.reports[0];
    assert_eq!(first.facts["disks"], "vda a&b=c +1%", "as it was said");
    assert_eq!(first.detail, "first\nsecond");
    assert_eq!(rig.get("/boot/ipxe").1, local_ipxe(NODE));
    assert_eq!(rig.get(&kickstart).0, 403);
    rig.stop();
}

#[test]
fn the_last_requests_of_a_node_are_remembered_without_its_token() {
    let rig = Rig::start();
    let payload = rig.arm();
    rig.get("/boot/ipxe");
    rig.get(&format!("/ks/{}", payload.token));
    rig.get("/os/standin/images/updates.img");
    rig.get_as(SERVER, "/os/standin/ten");
    let requests = rig.world.served.requests(NODE.into());
    let seen: Vec<_> = requests
        .iter()
        .filter_map(|line| line.split_once(' '))
        .collect();
    let what: Vec<&str> = seen.iter().map(|(_, what)| *what).collect();
    let expected = [
        "GET /boot/ipxe 200",
        "GET /ks/ 200",
        "GET /os/standin/images/updates.img 404",
    ];
    assert_eq!(what, expected);
    assert!(seen[0].0.starts_with("2026-11-01T00:00:"), "{requests:?}");
    assert!(rig.world.served.requests(SERVER.into()).is_empty());
    rig.stop();
}

#[test]
fn only_the_armed_node_is_told_to_install() {
    let rig = Rig::start();
    let payload = rig.arm();
    let kickstart = format!("/ks/{}", payload.token);
    for other in [NEIGHBOUR, SERVER] {
        let local = local_ipxe(other);
        assert_eq!(rig.get_as(other, "/boot/ipxe"), (200, local));
        assert_eq!(rig.get_as(other, &kickstart).0, 403);
    }
    assert_eq!(rig.arm_state(), ArmState::Armed, "others consume nothing");
    rig.get("/boot/grub.cfg");
    for other in [NEIGHBOUR, SERVER] {
        assert_eq!(rig.get_as(other, &kickstart).0, 403);
    }
    assert_eq!(
        rig.get(&format!("/ks/{}", "08".repeat(16))).0,
        403,
        "another token"
    );
    assert_eq!(rig.get("/ks/../ks/x").0, 404);
    assert_eq!(rig.arm_state(), ArmState::Booting);
    let refused = rig
        .codes()
        .iter()
        .filter(|code| *code == "install.kickstart-refused")
        .count();
    assert_eq!(
        refused,
        3,
        "one for each address and reason: {:?}",
        rig.codes()
    );
    rig.stop();
}

#[test]
fn head_consumes_nothing() {
    let rig = Rig::start();
    let payload = rig.arm();
    let head = |path: &str| -> Output { rig.curl_as(NODE, &["-I", &rig.url(path)]) };
    let script = String::from_utf8(head("/boot/ipxe").stdout).unwrap();
    let length = format!("\r\nContent-Length: {}\r\n", payload.ipxe.len());
    assert!(script.contains(&length), "{script}");
    assert_eq!(rig.arm_state(), ArmState::Armed);
    rig.get("/boot/ipxe");
    let kickstart = String::from_utf8(head(&format!("/ks/{}", payload.token)).stdout).unwrap();
    assert!(kickstart.contains(&format!(
        "\r\nContent-Length: {}\r\n",
        payload.kickstart.len()
    )));
    assert_eq!(rig.arm_state(), ArmState::Booting);
    rig.stop();
}

#[test]
fn methods_that_make_no_sense_are_refused() {
    let rig = Rig::start();
    let payload = rig.arm();
    let report = format!("/report/{}", payload.token);
    let kickstart = format!("/ks/{}", payload.token);
    let table = [
        ("POST", "/os/standin/ten", "GET, HEAD"),
        ("PUT", "/os/standin/new", "GET, HEAD"),
        ("DELETE", "/boot/ipxe", "GET, HEAD"),
        ("POST", kickstart.as_str(), "GET, HEAD"),
        ("GET", report.as_str(), "POST"),
    ];
    for (method, path, allowed) in table {
        let output = rig.curl_as(NODE, &["-i", "-X", method, &rig.url(path)]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with("HTTP/1.1 405 "), "{method} {path}: {text}");
        assert!(
            text.contains(&format!("\r\nAllow: {allowed}\r\n")),
            "{text}"
        );
    }
    assert_eq!(rig.arm_state(), ArmState::Armed);
    rig.stop();
}

#[test]
fn a_report_that_is_too_long_is_refused() {
    let rig = Rig::start();
    rig.arm();
    rig.get("/boot/ipxe");
    rig.get(&format!("/ks/{}", "07".repeat(16)));
    let long = format!("detail={}", "x".repeat(70_000));
    assert_eq!(report(&rig, NODE, &["phase=pre", &long]), 413);
    assert_eq!(report(&rig, NODE, &["phase=pre", &long[..60_000]]), 200);
    rig.stop();
}
