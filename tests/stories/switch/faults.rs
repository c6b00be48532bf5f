//! A switch that somebody else configures too, that alters what is written, or that does not answer.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use devices::switch::SwitchError;
use devices::switch::ovs::Ovs;
use tests::ovsdb::Relay;
use tests::peer::free_address;

use super::peer::{BRIDGE, Switch};
use super::{access, change};

#[tokio::test]
async fn a_change_made_since_the_plan_refuses_ours_as_a_whole() {
    let switch = Switch::start().await;
    let driver = switch.driver();
    let delta = change(
        &driver.read().await.unwrap(),
        &[("p1", access(10)), ("p2", access(10))],
    );
    switch.vsctl(&["set", "port", "p2", "tag=30"]);
    let error = driver.apply(&delta).await.unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("port p2 was access 999 and is access 30"),
        "{said}"
    );
    switch.is_access("p1", 999);
    switch.is_access("p2", 30);
}

#[tokio::test]
async fn a_change_between_our_read_and_our_write_refuses_ours_as_a_whole() {
    let switch = Switch::start().await;
    let relay = Relay::start(switch.address).await.unwrap();
    let driver = Ovs::new(relay.address, BRIDGE);
    let delta = change(
        &driver.read().await.unwrap(),
        &[("p1", access(10)), ("p2", access(10))],
    );
    let mut other = switch.command(&["--no-wait", "set", "port", "p2", "tag=30"]);
    relay.mischief().faster = Some(Box::new(move || assert!(other.status().unwrap().success())));
    let error = driver.apply(&delta).await.unwrap_err();
    assert!(
        matches!(&error, SwitchError::Changed { port, .. } if port == "p2"),
        "{error}"
    );
    switch.is_access("p1", 999);
    switch.is_access("p2", 30);
}

#[tokio::test]
async fn what_reads_back_differently_is_put_back() {
    let switch = Switch::start().await;
    let relay = Relay::start(switch.address).await.unwrap();
    let driver = Ovs::new(relay.address, BRIDGE);
    let delta = change(&driver.read().await.unwrap(), &[("p1", access(10))]);
    relay.mischief().altered = 1;
    let error = driver.apply(&delta).await.unwrap_err();
    assert!(matches!(error, SwitchError::RolledBack { .. }), "{error}");
    assert!(error.to_string().contains("access 4000"), "{error}");
    switch.is_access("p1", 999);
}

#[tokio::test]
async fn a_switch_that_does_not_follow_its_database_is_put_back_and_named() {
    let mut switch = Switch::start().await;
    let driver = switch.driver();
    let delta = change(&driver.read().await.unwrap(), &[("p1", access(10))]);
    switch.kill_daemon();
    let error = driver.apply(&delta).await.unwrap_err();
    assert!(matches!(error, SwitchError::RolledBack { .. }), "{error}");
    assert!(error.to_string().contains("ovs-vswitchd"), "{error}");
    switch.is_access("p1", 999);
}

#[tokio::test]
async fn probes_of_the_server_are_answered_and_pieces_put_together() {
    let switch = Switch::start().await;
    let relay = Relay::start(switch.address).await.unwrap();
    let driver = Ovs::new(relay.address, BRIDGE);
    let delta = change(&driver.read().await.unwrap(), &[("p1", access(10))]);
    driver.apply(&delta).await.unwrap();
    let mischief = relay.mischief();
    assert!(mischief.probes >= 5);
    assert!(mischief.probes_answered > 0, "{} probes", mischief.probes);
}

#[tokio::test]
async fn a_switch_that_does_not_answer_is_silent_within_a_minute() {
    let switch = Switch::start().await;
    let relay = Relay::start(switch.address).await.unwrap();
    relay.mischief().mute = true;
    let nobody = free_address().unwrap();
    for address in [relay.address, nobody] {
        let begun = Instant::now();
        let error = Ovs::new(address, BRIDGE).read().await.unwrap_err();
        assert!(matches!(error, SwitchError::Silent { .. }), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
}

#[tokio::test]
async fn what_is_no_switch_or_has_no_such_bridge_is_named() {
    let switch = Switch::start().await;
    let error = Ovs::new(switch.address, "tor7").read().await.unwrap_err();
    assert!(error.to_string().contains("no bridge `tor7`"), "{error}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"SSH-2.0-OpenSSH_9.2p1\r\n").unwrap();
        stream
    });
    let error = Ovs::new(address, BRIDGE).read().await.unwrap_err();
    assert!(matches!(error, SwitchError::Unsupported { .. }), "{error}");
    drop(server.join().unwrap());
}
