//! Processes killed while they write: what they said was acknowledged is there. (The page cache survives a kill, so this
//! shows recovery after a process, not after a power cut.)

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::make::disk;
use crate::writers;

const ROUNDS: u64 = 200;
/// Rounds on one folder: the last ones open what many kills left behind.
const ROUNDS_ON_ONE: u64 = 25;
const WRITERS: usize = 4;
const FOLDER: &str = "STORE_OF_THE_KILLED";

/// What is killed: writes and says what was acknowledged, until it is killed. On its own it stops after some changes.
#[test]
fn a_process_that_writes() {
    let killed = std::env::var_os(FOLDER).map(PathBuf::from);
    let alone = tempfile::tempdir().unwrap();
    let dir = killed.as_deref().unwrap_or(alone.path());
    let store = disk(dir);
    let changes = if killed.is_some() { 1 << 20 } else { 10 };
    writers::run(&store, WRITERS, changes, |writer, n| {
        println!("\nacknowledged {writer} {n}")
    });
    assert_eq!(writers::done(&store, 0), 10);
}

fn start(dir: &Path) -> (Child, BufReader<ChildStdout>) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "kill::a_process_that_writes", "--nocapture"]);
    command
        .env(FOLDER, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    (child, said)
}

/// Writer and number of a line that acknowledges. A kill may cut the last line short; then it says nothing.
fn parse(line: &str) -> Option<(usize, u64)> {
    let (writer, n) = line
        .strip_prefix("acknowledged ")?
        .strip_suffix('\n')?
        .split_once(' ')?;
    Some((writer.parse().unwrap(), n.parse().unwrap()))
}

/// Lets a process write, kills it after some acknowledgements, and takes down all that it said.
fn kill_after(dir: &Path, some: u64, acknowledged: &mut [u64]) {
    let (mut child, mut said) = start(dir);
    let mut line = String::new();
    let mut heard = 0;
    while said.read_line(&mut line).unwrap() > 0 {
        if let Some((writer, n)) = parse(&line) {
            acknowledged[writer] = n;
            heard += 1;
        }
        if heard == some {
            child.kill().unwrap();
            heard += 1;
        }
        line.clear();
    }
    child.wait().unwrap();
    assert!(heard > some, "it stopped before it was killed");
}

#[test]
fn two_hundred_killed_processes_lose_nothing() {
    for folder in 0..ROUNDS / ROUNDS_ON_ONE {
        let dir = tempfile::tempdir().unwrap();
        let mut acknowledged = [0; WRITERS];
        for round in 0..ROUNDS_ON_ONE {
            kill_after(dir.path(), 1 + (round * 7 + folder) % 23, &mut acknowledged);
            let store = disk(dir.path());
            writers::inspect(&store, &acknowledged)
                .unwrap_or_else(|damage| panic!("folder {folder}, round {round}: {damage}"));
            for (writer, done) in acknowledged.iter_mut().enumerate() {
                *done = writers::done(&store, writer);
            }
        }
    }
}
