//! Secrets, with Debian's `age` as the other side.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::*;

fn name(text: &str) -> SecretName {
    text.parse().unwrap()
}

fn sealed(key: &SecretKey, of: &str, text: &str) -> Sealed {
    let secret = Secret::new(text.to_owned());
    key.seal(name(of), &secret, Timestamp::UNIX_EPOCH).unwrap()
}

#[test]
fn what_is_sealed_opens_after_a_restart_and_with_no_other_key() {
    let (ours, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let kept = sealed(
        &SecretKey::of_folder(ours.path()).unwrap(),
        "bmc",
        "grüß Gott \"\n",
    );
    assert!(!format!("{kept:?}").contains("Gott"));
    let again = SecretKey::of_folder(ours.path()).unwrap();
    assert_eq!(again.open(&kept).unwrap().expose(), "grüß Gott \"\n");
    let mode = ours
        .path()
        .join(KEY)
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let refused = SecretKey::of_folder(other.path()).unwrap().open(&kept);
    let said = refused.unwrap_err().to_string();
    assert!(
        said.contains("set it anew: hinode secret set bmc"),
        "{said}"
    );
}

#[test]
fn a_secret_cannot_be_altered_or_passed_off_as_another_one() {
    let dir = tempfile::tempdir().unwrap();
    let key = SecretKey::of_folder(dir.path()).unwrap();
    let kept = sealed(&key, "bmc", "calvin");
    let renamed = Sealed {
        name: name("switch"),
        ..kept.clone()
    };
    let said = key.open(&renamed).unwrap_err().to_string();
    assert!(said.contains("sealed as `bmc`"), "{said}");
    let mut bytes = STANDARD.decode(&kept.sealed).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let altered = Sealed {
        sealed: STANDARD.encode(bytes),
        ..kept
    };
    assert!(matches!(key.open(&altered), Err(SecretError::Open { .. })));
}

#[test]
fn an_unreadable_key_is_named_and_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(KEY), "not a key").unwrap();
    let refused = SecretKey::of_folder(dir.path()).map(drop);
    assert!(matches!(refused, Err(SecretError::Key { .. })));
    assert_eq!(fs::read(dir.path().join(KEY)).unwrap(), b"not a key");
}

#[test]
fn an_export_goes_only_to_a_public_key_and_only_whole() {
    let dir = tempfile::tempdir().unwrap();
    let key = SecretKey::of_folder(dir.path()).unwrap();
    let private = fs::read_to_string(dir.path().join(KEY)).unwrap();
    for wrong in ["", "age1", private.trim()] {
        let refused = key.export_all((&[], &[]), wrong);
        assert!(
            matches!(refused, Err(SecretError::Recipient { .. })),
            "{wrong}"
        );
    }
    let hole = Sealed {
        name: name("switch"),
        ..sealed(&key, "bmc", "calvin")
    };
    let to = key.0.to_public().to_string();
    assert!(matches!(
        key.export_all((&[hole], &[]), &to),
        Err(SecretError::Open { .. })
    ));
}

/// Runs a program with `input`; its output, or `None` (said on stderr, past the capture) if it is not installed.
fn peer(program: &str, args: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut command = Command::new(program);
    command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let _ = writeln!(
                io::stderr(),
                "SKIPPED: {program} is not installed ({error})"
            );
            return None;
        }
    };
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} {args:?}");
    Some(output.stdout)
}

#[test]
fn debians_age_opens_our_export_and_what_we_sealed() {
    let dir = tempfile::tempdir().unwrap();
    let key = SecretKey::of_folder(dir.path()).unwrap();
    let kept = [
        sealed(&key, "bmc", "calvin"),
        sealed(&key, "switch", "日の出"),
    ];
    let mut disks = DiskKeys::of("kvm-01".parse().unwrap());
    disks.add(DiskKey {
        job: JobId(7),
        origin: Origin::Node,
        made_at: Timestamp::UNIX_EPOCH,
        sealed: sealed(&key, "kvm-01", "ab01-cd23"),
    });
    let operator = dir.path().join("operator.txt");
    let operator = operator.to_str().unwrap();
    let Some(_) = peer("age-keygen", &["-o", operator], b"") else {
        return;
    };
    let to = peer("age-keygen", &["-y", operator], b"").unwrap();
    let export = key
        .export_all((&kept, &[disks]), str::from_utf8(&to).unwrap().trim())
        .unwrap();
    let opened = peer("age", &["-d", "-i", operator], &export).unwrap();
    let opened: serde_json::Value = serde_json::from_slice(&opened).unwrap();
    let passphrase = serde_json::json!({
        "job": 7, "origin": "node", "made_at": "1970-01-01T00:00:00Z", "passphrase": "ab01-cd23"
    });
    let whole = serde_json::json!({
        "version": 1,
        "secrets": {"bmc": "calvin", "switch": "日の出"},
        "disks": {"kvm-01": [passphrase]}
    });
    assert_eq!(opened, whole);

    let ours = dir.path().join(KEY);
    let file = STANDARD.decode(&kept[0].sealed).unwrap();
    let content = peer("age", &["-d", "-i", ours.to_str().unwrap()], &file).unwrap();
    assert_eq!(content, br#"{"name":"bmc","secret":"calvin"}"#);
}

#[test]
fn what_debians_age_seals_to_us_opens() {
    let dir = tempfile::tempdir().unwrap();
    let key = SecretKey::of_folder(dir.path()).unwrap();
    let content = br#"{"name":"bmc","secret":"calvin"}"#;
    let Some(file) = peer("age", &["-r", &key.0.to_public().to_string()], content) else {
        return;
    };
    let kept = Sealed {
        sealed: STANDARD.encode(file),
        ..sealed(&key, "bmc", "other")
    };
    assert_eq!(key.open(&kept).unwrap().expose(), "calvin");
}
