//! OVSDB's rows of table `Port` (ovs-vswitchd.conf.db(5)), what they mean, and how our modes are written. Pure.

use std::collections::{BTreeMap, BTreeSet};

use inventory::net::{Vlan, VlanSet};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::model::{Found, Mode, State, Trunk};

/// The columns that say what a port does with VLANs.
pub(super) const COLUMNS: [&str; 5] = ["_uuid", "name", "vlan_mode", "tag", "trunks"];

/// A port as the database has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortRow {
    /// Identity of the row: a port that was removed and added again has another.
    pub uuid: String,
    /// `access`, `trunk`, `native-untagged`, ...; unset means that `tag` decides.
    pub vlan_mode: Option<String>,
    /// VLAN of untagged frames, 0 to 4095.
    pub tag: Option<u16>,
    /// VLANs of a trunk, 0 to 4095; empty means all.
    pub trunks: BTreeSet<u16>,
}

/// The ports of one bridge, as the database has them: what a rollback goes back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Ports by name.
    pub ports: BTreeMap<String, PortRow>,
}

impl Snapshot {
    /// What the ports do, in vendor-neutral words.
    pub fn state(&self) -> State {
        let found = |(name, row): (&String, &PortRow)| (name.clone(), found(row));
        State {
            ports: self.ports.iter().map(found).collect(),
        }
    }
}

/// Name and row, from a selected row; none if the columns are not those of a `Port`.
pub(super) fn parse(row: &Value) -> Option<(String, PortRow)> {
    let number = |value: &Value| u16::try_from(value.as_u64()?).ok();
    let port = PortRow {
        uuid: uuid(&row["_uuid"])?,
        vlan_mode: set(&row["vlan_mode"])
            .first()
            .and_then(|mode| Some(mode.as_str()?.to_owned())),
        tag: set(&row["tag"]).first().and_then(number),
        trunks: set(&row["trunks"])
            .iter()
            .map(number)
            .collect::<Option<_>>()?,
    };
    Some((row["name"].as_str()?.to_owned(), port))
}

/// The UUIDs in a column.
pub(super) fn uuids(column: &Value) -> BTreeSet<String> {
    let alone = uuid(column);
    let several = set(column).iter().filter_map(uuid);
    alone.into_iter().chain(several).collect()
}

/// RFC 7047 §5.1: `["uuid", "..."]`.
fn uuid(value: &Value) -> Option<String> {
    (value[0] == "uuid").then(|| value[1].as_str().map(str::to_owned))?
}

/// RFC 7047 §5.1: `["set", [...]]`; a set of exactly one may be written as its element.
fn set(value: &Value) -> &[Value] {
    match value {
        Value::Array(pair) if pair.first().is_some_and(|kind| kind == "set") => pair
            .get(1)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice),
        Value::Null => &[],
        alone => std::slice::from_ref(alone),
    }
}

/// What a row means. `tag` counts for access ports only, `trunks` for trunks only.
fn found(row: &PortRow) -> Found {
    let tag = row.tag.and_then(|tag| Vlan::new(tag).ok());
    let mode = match (row.vlan_mode.as_deref(), tag) {
        (Some("access") | None, Some(tag)) => Some(Mode::Access(tag)),
        (None, None) if row.tag.is_some() => None,
        (Some("trunk") | None, _) => trunk(None, &row.trunks),
        (Some("native-untagged"), Some(tag)) => trunk(Some(tag), &row.trunks),
        (Some(_), _) => None,
    };
    let words = || {
        format!(
            "vlan_mode={:?} tag={:?} trunks={:?}",
            row.vlan_mode, row.tag, row.trunks
        )
    };
    mode.map_or_else(|| Found::Foreign(words()), Found::Mode)
}

fn trunk(native: Option<Vlan>, trunks: &BTreeSet<u16>) -> Option<Mode> {
    let allowed = if trunks.is_empty() {
        every_vlan()
    } else {
        let vlans = trunks.iter().map(|number| Vlan::new(*number).ok());
        VlanSet(vlans.collect::<Option<_>>()?)
    };
    Trunk::new(native, allowed).ok().map(Mode::Trunk)
}

fn every_vlan() -> VlanSet {
    VlanSet(
        (1..=4094)
            .filter_map(|number| Vlan::new(number).ok())
            .collect(),
    )
}

/// The columns that make a port do `mode`.
pub(super) fn columns(mode: &Mode) -> Value {
    let (vlan_mode, tag, trunks) = match mode {
        Mode::Access(vlan) => ("access", Some(vlan.number()), BTreeSet::new()),
        Mode::Trunk(trunk) => {
            let all = *trunk.allowed() == every_vlan();
            let listed = trunk.allowed().0.iter().filter(|_| !all);
            let trunks = listed.map(|vlan| vlan.number()).collect();
            match trunk.native() {
                Some(native) => ("native-untagged", Some(native.number()), trunks),
                None => ("trunk", None, trunks),
            }
        }
    };
    written(Some(vlan_mode), tag, &trunks)
}

impl PortRow {
    /// The columns as they are.
    pub(super) fn columns(&self) -> Value {
        written(self.vlan_mode.as_deref(), self.tag, &self.trunks)
    }
}

fn written(vlan_mode: Option<&str>, tag: Option<u16>, trunks: &BTreeSet<u16>) -> Value {
    let optional = |value: Option<Value>| value.unwrap_or_else(|| json!(["set", []]));
    let mut row = Map::new();
    row.insert("vlan_mode".to_owned(), optional(vlan_mode.map(Value::from)));
    row.insert("tag".to_owned(), optional(tag.map(Value::from)));
    row.insert("trunks".to_owned(), json!(["set", trunks]));
    Value::Object(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(vlan_mode: &str, tag: Option<u16>, trunks: &[u16]) -> PortRow {
        let vlan_mode = (!vlan_mode.is_empty()).then(|| vlan_mode.to_owned());
        let trunks = trunks.iter().copied().collect();
        PortRow {
            uuid: String::new(),
            vlan_mode,
            tag,
            trunks,
        }
    }

    #[test]
    fn rows_mean_what_the_manual_says() {
        let table = [
            (
                "a fresh port carries everything",
                row("", None, &[]),
                "trunk 1-4094",
            ),
            (
                "a tag alone makes an access port",
                row("", Some(9), &[]),
                "access 9",
            ),
            (
                "an access port ignores trunks",
                row("access", Some(9), &[7]),
                "access 9",
            ),
            (
                "a trunk ignores its tag",
                row("trunk", Some(9), &[7, 8]),
                "trunk 7-8",
            ),
            (
                "the native VLAN is always carried",
                row("native-untagged", Some(9), &[7]),
                "trunk 7,9 native 9",
            ),
            (
                "native with an empty list carries all",
                row("native-untagged", Some(9), &[]),
                "trunk 1-4094 native 9",
            ),
        ];
        for (name, row, meaning) in table {
            assert_eq!(found(&row).to_string(), meaning, "{name}");
        }
        for (name, row) in [
            ("VLAN 0", row("access", Some(0), &[])),
            ("VLAN 0 by tag alone", row("", Some(0), &[])),
            ("an access port without tag", row("access", None, &[])),
            ("Q-in-Q", row("dot1q-tunnel", Some(9), &[])),
            ("native VLAN tagged", row("native-tagged", Some(9), &[])),
            ("native without tag", row("native-untagged", None, &[])),
            ("priority tags on a trunk", row("trunk", None, &[0, 5])),
        ] {
            assert!(matches!(found(&row), Found::Foreign(_)), "{name}");
        }
    }

    #[test]
    fn a_set_of_one_may_come_as_its_element() {
        for trunks in [json!(5), json!(["set", [5]])] {
            let value = json!({"_uuid": ["uuid", "u"], "name": "p", "vlan_mode": "trunk",
                "tag": ["set", []], "trunks": trunks});
            assert_eq!(parse(&value).unwrap().1.trunks, BTreeSet::from([5]));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(
            native in proptest::option::of(1u16..=4094),
            numbers in proptest::collection::btree_set(1u16..=4094, 1..50), kind in 0..3
        ) {
            let vlan = |number| Vlan::new(number).unwrap();
            let mode = match kind {
                0 => Mode::Access(vlan(*numbers.first().unwrap())),
                1 => Mode::Trunk(Trunk::new(native.map(vlan), every_vlan()).unwrap()),
                _ => {
                    let allowed = VlanSet(numbers.into_iter().map(vlan).collect());
                    Mode::Trunk(Trunk::new(native.map(vlan), allowed).unwrap())
                }
            };
            let mut value = columns(&mode);
            value["_uuid"] = json!(["uuid", "u"]);
            value["name"] = json!("p");
            prop_assert_eq!(found(&parse(&value).unwrap().1), Found::Mode(mode));
        }
    }
}
