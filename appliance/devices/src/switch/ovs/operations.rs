//! OVSDB transactions (RFC 7047 §5.2) as values. Pure: what is built here is what the plan shows and the wire carries.

use serde_json::{Value, json};

use super::super::delta::{Change, Delta};
use super::rows::{COLUMNS, PortRow, Snapshot, columns};

/// Bridge and ports in one transaction, so that both are of the same instant.
pub(super) fn read(bridge: &str) -> Vec<Value> {
    vec![
        json!({"op": "select", "table": "Bridge", "where": [["name", "==", bridge]], "columns": ["ports"]}),
        json!({"op": "select", "table": "Port", "where": [], "columns": COLUMNS}),
    ]
}

/// The updates that make the change.
pub(super) fn updates(delta: &Delta) -> Vec<Value> {
    let one = |change: &Change| update(&change.port, columns(&change.to));
    delta.changes().iter().map(one).collect()
}

/// The updates that put these ports back.
pub(super) fn restores<'a>(ports: impl Iterator<Item = (&'a String, &'a PortRow)>) -> Vec<Value> {
    ports
        .map(|(name, row)| update(name, row.columns()))
        .collect()
}

fn update(port: &str, row: Value) -> Value {
    json!({"op": "update", "table": "Port", "where": [["name", "==", port]], "row": row})
}

/// Operations that fail the whole transaction if one of these ports is not as it was in `before`.
pub(super) fn waits(delta: &Delta, before: &Snapshot) -> Vec<Value> {
    let rows = delta.changes().iter().filter_map(|change| {
        let row = before.ports.get(&change.port)?;
        Some((&change.port, row))
    });
    rows.map(|(name, row)| wait(name, row)).collect()
}

fn wait(port: &str, row: &PortRow) -> Value {
    let mut expected = row.columns();
    expected["_uuid"] = json!(["uuid", row.uuid]);
    expected["name"] = json!(port);
    json!({"op": "wait", "timeout": 0, "table": "Port", "where": [["name", "==", port]],
        "columns": COLUMNS, "until": "==", "rows": [expected]})
}

/// What ends a change: ovs-vswitchd is told (it follows `next_cfg`), we learn the number it will reach, the log of the
/// database says who it was, and the answer comes only once it is on the disk.
pub(super) fn ending(comment: &str) -> Vec<Value> {
    vec![
        json!({"op": "mutate", "table": "Open_vSwitch", "where": [], "mutations": [["next_cfg", "+=", 1]]}),
        json!({"op": "select", "table": "Open_vSwitch", "where": [], "columns": ["next_cfg"]}),
        json!({"op": "comment", "comment": comment}),
        json!({"op": "commit", "durable": true}),
    ]
}

/// How far ovs-vswitchd has followed.
pub(super) fn progress() -> Vec<Value> {
    vec![json!({"op": "select", "table": "Open_vSwitch", "where": [], "columns": ["cur_cfg"]})]
}
