//! The installer's deadline, as the script that keeps it: run by bash with a `curl` and a `poweroff` that only take notes.

use std::path::Path;
use std::process::Command;

use super::{scripts, top};

/// The script with a deadline of a moment, its marker and log in `folder`, and its child on our pipe: that is closed when
/// the child has ended.
fn script(folder: &Path) -> String {
    let text = std::fs::read_to_string(top().join("templates/golden/virtual.ks")).unwrap();
    let scripts = scripts(&text);
    let script = scripts.iter().find(|it| it.contains("trap '' HUP"));
    let script = script.unwrap();
    assert!(script.contains("sleep 3600") && script.contains(") < /dev/null > /dev/null 2>&1 &"));
    script
        .replace("/tmp/", &format!("{}/", folder.display()))
        .replace("sleep 3600", "sleep 0.1")
        .replace("> /dev/null 2>&1 &", "&")
}

/// A program that notes how it was called, and answers as curl does.
fn note(folder: &Path, name: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(name);
    let notes = folder.join(format!("{name}.notes"));
    let text = format!(
        "#!/bin/sh\nprintf '%s ' \"$@\" > {}\nprintf 200\n",
        notes.display()
    );
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs it until its child has ended, too.
fn run(folder: &Path) {
    note(folder, "curl");
    note(folder, "poweroff");
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-c", &script(folder)])
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(output.status.success());
}

#[test]
fn an_installer_that_does_not_end_says_so_and_the_machine_goes_off() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("anaconda.log"), "the last line\n").unwrap();
    std::fs::write(folder.path().join("hinode-pre.log"), "looks at sda\n").unwrap();
    run(folder.path());
    let notes = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let said = notes("curl.notes");
    assert!(said.contains("phase=failed"), "{said}");
    let why = "did not end within 60 minutes: the last line";
    assert!(said.contains(why), "{said}");
    let last = "the last script is that of hinode-pre.log: looks at sda";
    assert!(said.contains(last), "{said}");
    assert_eq!(notes("poweroff.notes"), "-f ");
}

#[test]
fn an_installer_that_is_done_is_left_alone_however_long_the_appliance_is_away() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hinode-installed"), "").unwrap();
    run(folder.path());
    assert!(!folder.path().join("curl.notes").exists());
    assert!(!folder.path().join("poweroff.notes").exists());
}
