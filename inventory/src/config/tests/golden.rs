//! A file with many faults at once, and the whole of what is said about it. `BLESS=1` rewrites the golden file.

use super::*;

const BROKEN: &str = include_str!("broken.toml");
const GOLDEN: &str = include_str!("broken.txt");

#[test]
fn every_fault_of_a_bad_file_is_told_in_one_run() {
    let shown = shown(&check(BROKEN).unwrap_err());
    if std::env::var_os("BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/tests/broken.txt");
        std::fs::write(path, &shown).unwrap();
        return;
    }
    for (line, golden) in shown.lines().zip(GOLDEN.lines()) {
        assert_eq!(line, golden);
    }
    assert_eq!(shown.lines().count(), GOLDEN.lines().count());
}
