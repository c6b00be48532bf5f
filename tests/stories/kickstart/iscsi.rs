//! What logs in to iSCSI portals, as the script that a host gets: run with an `iscsiadm` that takes notes and answers as it
//! is told.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::top;

/// The script that the kickstart writes.
fn script() -> String {
    let text = std::fs::read_to_string(top().join("templates/golden/sixteen.ks")).unwrap();
    let begin = "cat > /usr/local/sbin/hinode-iscsi <<'END_OF_FILE'\n";
    let (_, rest) = text.split_once(begin).unwrap();
    rest.split_once("END_OF_FILE").unwrap().0.to_owned()
}

/// Runs it where an array answers logins to its portals so: status, and what `iscsiadm` was asked.
fn run(folder: &Path, known: bool, [one, other]: [u8; 2]) -> (Option<i32>, String) {
    let notes = folder.join("notes");
    let known = if known { 0 } else { 21 };
    let iscsiadm = format!(
        "#!/bin/sh\necho \"$*\" >> {}\ncase $* in *10.20.30.6*--login) exit {one} ;; *--login) exit {other} ;; *-o*) exit 0 ;; *) exit {known} ;; esac\n",
        notes.display()
    );
    let path = folder.join("iscsiadm");
    std::fs::write(&path, iscsiadm).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(&notes, "").unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let status = Command::new("sh")
        .args(["-c", &script()])
        .env("PATH", path)
        .status()
        .unwrap();
    (status.code(), std::fs::read_to_string(notes).unwrap())
}

#[test]
fn a_host_logs_in_to_every_portal_once() {
    let folder = tempfile::tempdir().unwrap();
    let (status, asked) = run(folder.path(), false, [0, 0]);
    assert_eq!((status, asked.matches("--login").count()), (Some(0), 2));
    assert_eq!(asked.matches("-o new").count(), 2);
    let automatic = "-p 10.20.30.7:3260 -o update -n node.startup -v automatic";
    assert!(asked.contains(automatic), "{asked}");
    // At the next start the records are there, and iscsid has logged in by itself.
    let (status, asked) = run(folder.path(), true, [15, 15]);
    assert_eq!((status, asked.matches("-o new").count()), (Some(0), 0));
}

#[test]
fn a_portal_that_does_not_answer_keeps_nobody_from_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let (status, asked) = run(folder.path(), false, [8, 0]);
    assert_eq!((status, asked.matches("--login").count()), (Some(1), 2));
}
