//! The rendered kickstarts, read by other people's programs: pykickstart's validator, and the shells of their scripts.

mod gate;
mod iscsi;
mod watch;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn kickstarts() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(top().join("templates/golden")).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    let found: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|it| it == "ks"))
        .collect();
    assert!(found.len() >= 4, "golden kickstarts are missing: {found:?}");
    found
}

/// The dialect that a kickstart is written in.
fn dialect(path: &Path) -> &'static str {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    match stem.unwrap_or_default().split('-').next() {
        Some("el8") => "RHEL8",
        Some("el10") => "RHEL10",
        Some(_) | None => "RHEL9",
    }
}

fn ksvalidator(path: &PathBuf, dialect: &str) -> Output {
    let program = top().join("tests/cache/venv/bin/ksvalidator");
    let output = Command::new(&program)
        .args(["-v", dialect])
        .arg(path)
        .output();
    output.unwrap_or_else(|error| panic!("{program:?}: {error}; run tests/setup.sh first"))
}

#[test]
fn every_kickstart_is_valid_in_its_dialect_without_a_warning() {
    for path in kickstarts() {
        let output = ksvalidator(&path, dialect(&path));
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{path:?}: {said}");
    }
}

/// What `%pre` writes for the rest of the kickstart is valid too, whichever firmware it finds.
#[test]
fn what_pre_leaves_for_the_installer_is_valid_in_its_dialect() {
    const INCLUDE: &str = "%include /tmp/hinode-firmware.ks";
    let mut seen = 0;
    for path in kickstarts() {
        let text = std::fs::read_to_string(&path).unwrap();
        let Some((_, rest)) = text.split_once("cat > /tmp/hinode-firmware.ks") else {
            continue;
        };
        let left = rest.split("cat > /tmp/hinode-firmware.ks");
        for document in left.map(|rest| rest.split('\n').skip(1)) {
            let lines: Vec<_> = document.take_while(|line| *line != "END_OF_FILE").collect();
            assert!(lines.len() == 2, "{lines:?}");
            let folder = tempfile::tempdir().unwrap();
            let whole = folder.path().join("whole.ks");
            std::fs::write(&whole, text.replace(INCLUDE, &lines.join("\n"))).unwrap();
            let output = ksvalidator(&whole, dialect(&path));
            let said = String::from_utf8_lossy(&output.stderr);
            // A boot loader's partition on each disk: a second one of the name is remarked on, and made.
            let both = lines.iter().all(|line| line.starts_with("part biosboot"));
            let complaints = i32::from(both);
            assert_eq!(output.status.code(), Some(complaints), "{path:?}: {said}");
            assert_eq!(said.contains("biosboot has already been defined"), both);
            seen += 1;
        }
    }
    assert_eq!(seen, 10, "two firmwares of five mirrored kickstarts");
}

#[test]
fn the_validator_knows_the_dialects_apart() {
    let golden = |name: &str| top().join("templates/golden").join(name);
    let table = [
        ("el8.ks", "RHEL9"),
        ("el8.ks", "RHEL10"),
        ("el10.ks", "RHEL8"),
    ];
    for (name, other) in table {
        let output = ksvalidator(&golden(name), other);
        assert_ne!(output.status.code(), Some(0), "{name} as {other}");
    }
}

#[test]
fn the_validator_refuses_a_broken_kickstart() {
    let text = std::fs::read_to_string(&kickstarts()[0]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.ks");
    std::fs::write(&path, text.replace("ignoredisk", "ignoredisks")).unwrap();
    assert_ne!(ksvalidator(&path, "RHEL9").status.code(), Some(0));
}

/// The bodies of the script sections.
fn scripts(text: &str) -> Vec<String> {
    let mut scripts = Vec::new();
    let mut body: Option<String> = None;
    for line in text.lines() {
        let begins = ["%pre", "%post", "%onerror"]
            .iter()
            .any(|section| line.starts_with(section));
        match &mut body {
            Some(_) if line == "%end" => scripts.extend(body.take()),
            Some(body) => *body += &format!("{line}\n"),
            None if begins => body = Some(String::new()),
            None => {}
        }
    }
    scripts
}

/// With `--erroronfail` Anaconda 8 and 9 wait for a key after a failed script, or stand still (`rocky-install.md` B5).
#[test]
fn no_script_makes_an_installer_wait_for_a_person() {
    for path in kickstarts() {
        let text = std::fs::read_to_string(&path).unwrap();
        let waits = text
            .lines()
            .find(|line| line.starts_with('%') && line.contains("--erroronfail"));
        assert_eq!(waits, None, "{path:?}");
    }
}

#[test]
fn every_script_of_a_kickstart_is_one_that_bash_reads() {
    for path in kickstarts() {
        let text = std::fs::read_to_string(&path).unwrap();
        let own = text.contains("# The operator's own.");
        let repos = text.contains("\nrepo --name=");
        let scripts = scripts(&text);
        let storage = text.contains("hinode-storage.log");
        let is_named = |word| path.to_string_lossy().contains(word);
        let (mirrored, encrypted) = (is_named("mirrored"), is_named("encrypted"));
        // A trial has the one that looks.
        let common = if text.starts_with("# A trial:") { 1 } else { 7 };
        assert_eq!(
            scripts.len(),
            common
                + [mirrored, encrypted, own, repos, storage]
                    .map(usize::from)
                    .iter()
                    .sum::<usize>(),
            "{path:?}"
        );
        for script in scripts {
            let output = Command::new("bash")
                .args(["-n", "-c", &script])
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{path:?}: {said}\n{script}");
        }
    }
}
