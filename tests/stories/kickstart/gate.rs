//! Commands of the gate that look at disks, and one that never ends.

use std::process::Command;
use std::time::{Duration, Instant};

use super::{scripts, top};

/// The gate's function that bounds a command, with what it says in `folder`.
fn within(folder: &std::path::Path) -> String {
    let text = std::fs::read_to_string(top().join("templates/golden/sixteen.ks")).unwrap();
    let scripts = scripts(&text);
    let gate = scripts.iter().find(|it| it.contains("within() {")).unwrap();
    let (_, rest) = gate.split_once("within() {").unwrap();
    let body = rest.split_once("\n}\n").unwrap().0;
    format!("within() {{{body}\n}}\n").replace("/tmp/", &format!("{}/", folder.display()))
}

fn run(command: &str) -> (Option<i32>, String, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("set -u\n{}\n{command}", within(folder.path()));
    let began = Instant::now();
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), said, began.elapsed())
}

#[test]
fn output_and_status_of_a_command_are_its_own() {
    let (status, said, _) =
        run("marks=$(within 60 printf 'a b'); echo \"<$marks>\"; within 60 sh -c 'exit 3'");
    assert_eq!((status, said.as_str()), (Some(3), "<a b>\n"));
}

#[test]
fn a_command_that_never_ends_is_left_behind() {
    let (status, said, took) = run("marks=$(within 1 sleep 600) || echo \"refused, $?\"");
    assert_eq!((status, said.as_str()), (Some(0), "refused, 124\n"));
    assert!(took < Duration::from_secs(60), "{took:?}");
}
