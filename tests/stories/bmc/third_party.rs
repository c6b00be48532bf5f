//! Somebody else's client on our simulator, and our driver on somebody else's BMC: so that we do not only agree with
//! ourselves. `tests/setup.sh` installs both.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use devices::bmc::{
    BmcError, BootTarget, Expected, Fingerprint, PowerAction, PowerState, Proof, Redfish,
};
use tests::bmc::{Identity, PASSWORD};
use tests::peer::{Peer, free_address, until_listening};

use super::{sim, target};

/// The machine of sushy-tools' fake driver.
const FAKE: uuid::Uuid = uuid::Uuid::from_u128(0x2794_6b59_9e44_4fa7_8e91_f352_7a1e_f094);

fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("cache/venv/bin")
        .join(name);
    assert!(
        path.exists(),
        "{} is missing: run tests/setup.sh",
        path.display()
    );
    path
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn sushy_takes_the_simulator_for_a_bmc() {
    let sim = sim().await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, pem("CERTIFICATE", &sim.identity().certificate())).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("stories/bmc/sushy_client.py");
    let mut client = Command::new(program("python3"));
    client
        .arg(script)
        .arg(format!("https://{}", sim.address))
        .arg(ca)
        .stdin(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || {
        let mut child = client
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
        child.wait_with_output().unwrap()
    });
    let output = output.await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "sushy is content",
        "{errors}"
    );
    assert_eq!(sim.machine().refused_logins, 1);
}

/// sushy-tools with its fake driver; it ends with this value.
struct SushyTools {
    _program: Peer,
    address: SocketAddr,
    certificate: Fingerprint,
}

fn sushy_tools(folder: &Path) -> SushyTools {
    let address = free_address().unwrap();
    let identity = Identity::make().unwrap();
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    write("cert.pem", pem("CERTIFICATE", &identity.certificate()));
    write("key.pem", pem("PRIVATE KEY", identity.key()));
    let hash = "import bcrypt, sys; print('admin:' + \
                bcrypt.hashpw(sys.stdin.read().encode(), bcrypt.gensalt(4)).decode())";
    let mut hasher = Command::new(program("python3"));
    let hasher = hasher
        .args(["-c", hash])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut hasher = hasher.spawn().unwrap();
    hasher
        .stdin
        .take()
        .unwrap()
        .write_all(PASSWORD.as_bytes())
        .unwrap();
    write(
        "htpasswd",
        String::from_utf8(hasher.wait_with_output().unwrap().stdout).unwrap(),
    );
    let at = folder.display();
    write(
        "sushy.conf",
        format!(
            "SUSHY_EMULATOR_LISTEN_IP = '127.0.0.1'\nSUSHY_EMULATOR_LISTEN_PORT = {}\n\
             SUSHY_EMULATOR_SSL_CERT = '{at}/cert.pem'\nSUSHY_EMULATOR_SSL_KEY = '{at}/key.pem'\n\
             SUSHY_EMULATOR_AUTH_FILE = '{at}/htpasswd'\nSUSHY_EMULATOR_STATE_DIR = '{at}'\n",
            address.port()
        ),
    );
    let mut emulator = Command::new(program("sushy-emulator"));
    emulator
        .args(["--fake", "--config"])
        .arg(folder.join("sushy.conf"));
    emulator
        .env("TMPDIR", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let certificate = Fingerprint::of(&identity.certificate());
    SushyTools {
        _program: Peer::start(&mut emulator).unwrap(),
        address,
        certificate,
    }
}

#[tokio::test]
async fn the_driver_works_on_sushy_tools() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = sushy_tools(folder.path());
    until_listening(emulator.address).await.unwrap();
    let mut target = target(emulator.address, PASSWORD);
    // Its fake driver changes power after some seconds.
    target.limits.hard_power = Duration::from_secs(30);
    let (bmc, pin) = Redfish::connect(target).await.unwrap();
    assert_eq!(pin, emulator.certificate);
    let meant = Expected {
        serial: None,
        uuid: Some(FAKE),
    };
    let stranger = Expected {
        serial: None,
        uuid: Some(super::UUID),
    };
    let error = bmc.set_power(PowerAction::On, &stranger).await.unwrap_err();
    assert!(matches!(error, BmcError::WrongMachine { .. }), "{error}");
    bmc.set_boot_once(BootTarget::Pxe, &meant).await.unwrap();
    assert_eq!(
        bmc.set_power(PowerAction::On, &meant).await.unwrap(),
        Proof::Seen
    );
    assert_eq!(bmc.power_state().await.unwrap(), PowerState::On);
    bmc.set_boot_once(BootTarget::Hdd, &meant).await.unwrap();
    assert_eq!(
        bmc.set_power(PowerAction::ForceOff, &meant).await.unwrap(),
        Proof::Seen
    );
    let wrong = super::target(emulator.address, "wrong");
    let error = Redfish::connect(wrong).await.unwrap_err();
    assert!(matches!(error, BmcError::Denied { .. }), "{error}");
}
