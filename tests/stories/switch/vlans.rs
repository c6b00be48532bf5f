//! What the driver writes is what `ovs-vsctl` shows, and what `ovs-vsctl` writes is what the driver reads.

use devices::switch::{Fault, Saved, delta};
use serde_json::json;

use super::peer::Switch;
use super::{access, change, trunk, want};

#[tokio::test]
async fn ports_are_read_as_somebody_else_set_them() {
    let switch = Switch::start().await;
    let none = [].as_slice();
    for (name, columns, read) in [
        (
            "tag alone",
            ["vlan_mode=[]", "tag=30", "trunks=[]"],
            "access 30",
        ),
        (
            "nothing set",
            ["vlan_mode=[]", "tag=[]", "trunks=[]"],
            "trunk 1-4094",
        ),
        (
            "one trunk",
            ["vlan_mode=trunk", "tag=[]", "trunks=5"],
            "trunk 5",
        ),
        (
            "native",
            ["vlan_mode=native-untagged", "tag=9", "trunks=10,11"],
            "trunk 9-11 native 9",
        ),
    ] {
        switch.vsctl(&[&["set", "port", "p1"], columns.as_slice(), none].concat());
        let state = switch.driver().read().await.unwrap();
        assert_eq!(state.ports["p1"].to_string(), read, "{name}");
    }
    switch.vsctl(&["set", "port", "p1", "vlan_mode=dot1q-tunnel", "tag=9"]);
    let state = switch.driver().read().await.unwrap();
    assert!(state.ports["p1"].to_string().contains("dot1q-tunnel"));
    let ports: Vec<_> = state.ports.keys().map(String::as_str).collect();
    assert_eq!(
        ports,
        ["p1", "p2", "tor0", "up"],
        "only those of our bridge"
    );
}

#[tokio::test]
async fn every_mode_is_written_as_somebody_else_reads_it() {
    let switch = Switch::start().await;
    let driver = switch.driver();
    let set = |numbers: &[u16]| json!(["set", numbers]);
    for (mode, shown) in [
        (access(10), json!(["access", 10, set(&[])])),
        (
            trunk(Some(10), "200-202"),
            json!(["native-untagged", 10, set(&[10, 200, 201, 202])]),
        ),
        (trunk(None, "5"), json!(["trunk", set(&[]), 5])),
        (trunk(None, "1-4094"), json!(["trunk", set(&[]), set(&[])])),
        (
            trunk(Some(9), "1-4094"),
            json!(["native-untagged", 9, set(&[])]),
        ),
        (trunk(Some(9), ""), json!(["native-untagged", 9, 9])),
        (access(4094), json!(["access", 4094, set(&[])])),
    ] {
        let ports = [("p1", mode.clone())];
        let delta = change(&driver.read().await.unwrap(), &ports);
        let applied = driver.apply(&delta).await.unwrap();
        assert_eq!(applied.saved, Saved::ByCommit);
        assert_eq!(
            applied.sent,
            driver.render(&delta),
            "the plan shows what is sent"
        );
        assert_eq!(switch.seen("p1"), shown, "{mode}");
        assert!(
            change(&driver.read().await.unwrap(), &ports).is_empty(),
            "{mode}"
        );
    }
    switch.is_access("p2", 999);
    switch.is_access("up", 10);
}

#[tokio::test]
async fn a_change_outlives_a_power_cut_of_the_switch() {
    let mut switch = Switch::start().await;
    let driver = switch.driver();
    let delta = change(&driver.read().await.unwrap(), &[("p1", access(10))]);
    driver.apply(&delta).await.unwrap();
    switch.restart_server().await;
    switch.is_access("p1", 10);
}

#[tokio::test]
async fn ports_are_put_back_from_the_snapshot() {
    let switch = Switch::start().await;
    let driver = switch.driver();
    switch.vsctl(&["set", "port", "p1", "vlan_mode=[]", "tag=30", "trunks=8"]);
    let before = switch.seen("p1");
    let delta = change(
        &driver.read().await.unwrap(),
        &[("p1", trunk(Some(10), "20")), ("p2", access(10))],
    );
    let applied = driver.apply(&delta).await.unwrap();
    assert_ne!(switch.seen("p1"), before);
    driver.rollback(&delta, &applied.before).await.unwrap();
    assert_eq!(
        switch.seen("p1"),
        before,
        "down to what the model does not know"
    );
    switch.is_access("p2", 999);
}

#[tokio::test]
async fn an_uplink_is_refused_before_anything_is_sent() {
    let switch = Switch::start().await;
    let state = switch.driver().read().await.unwrap();
    let faults = delta(
        &state,
        &want(&[("up", access(999)), ("nowhere", access(10))]),
    )
    .unwrap_err();
    assert_eq!(
        faults,
        [Fault::Missing("nowhere".into()), Fault::Uplink("up".into())]
    );
}
