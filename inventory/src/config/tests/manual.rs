//! The manual and the program know the same keys.

use super::*;

const MANUAL: &str = include_str!("../../../../docs/rack-file.md");

/// Every key the program knows, as it lists them where a key is unknown.
fn keys() -> Vec<String> {
    let strange = |line: &str| match line.starts_with('[') || line == "version = 1" {
        true => format!("{line}\nzzz = 1\n"),
        false => format!("{}\n", line.replace("{ ", "{ zzz = 1, ")),
    };
    let text: String = SIXTEEN.lines().map(strange).collect();
    let faults = check(&text).unwrap_err();
    let mends = faults.iter().map(Fault::mend);
    let lists: Vec<_> = mends
        .filter_map(|mend| Some(mend.strip_prefix("write one of: ")?.to_owned()))
        .collect();
    lists
        .iter()
        .flat_map(|list| list.split(", ").map(str::to_owned))
        .collect()
}

#[test]
fn every_key_is_in_the_manual() {
    let keys = keys();
    assert!(keys.contains(&"uplinks".to_owned()) && keys.contains(&"images".to_owned()));
    for key in keys {
        let inline = [
            format!("`{key}`"),
            format!("{{ {key},"),
            format!(", {key} }}"),
        ];
        let told = inline.iter().any(|spelling| MANUAL.contains(spelling));
        let table = MANUAL.contains(&format!("`[{key}")) || MANUAL.contains(&format!("`[[{key}"));
        let middle = MANUAL.contains(&format!(", {key}, "));
        assert!(
            told || table || middle,
            "`{key}` is not in docs/rack-file.md"
        );
    }
}
