//! What a kickstart binds encrypted disks with, against the real clevis, cryptsetup, a Tang server and a TPM (swtpm): each
//! lock is needed, and the delivered passphrase is replaced by another one, wherever the replacing is cut off.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use inventory::config;
use inventory::id::Token;
use inventory::node::Identity;
use inventory::secret::Secret;
use templates::{Data, HostKey, Install};
use tests::peer::{Peer, free_address, until_listening};

const RACK: &str = include_str!("../../docs/examples/rack-16.toml");
const REPLACE: &str = include_str!("../../appliance/src/jobs/steps/locks.sh");
const DELIVERED: &str = "0a1b-delivered";
const MADE: &str = "2c3d-made";
/// Quick to open: how slow is cryptsetup's business.
const QUICK: &str = "--pbkdf pbkdf2 --pbkdf-force-iterations 1000";

/// A container in a file, and what opens it.
struct Site {
    folder: tempfile::TempDir,
    tang: SocketAddr,
    tpm: SocketAddr,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["keys", "tpm", "other-tpm"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let keys = folder.path().join("keys");
        ran(Command::new("/usr/libexec/tangd-keygen").arg(&keys));
        let site = Self {
            folder,
            tang: free_address().unwrap(),
            tpm: two_ports(),
        };
        let disk = fs::File::create(site.disk()).unwrap();
        disk.set_len(32 << 20).unwrap();
        fs::write(site.path("delivered"), DELIVERED).unwrap();
        let format = [
            "luksFormat",
            "--type",
            "luks2",
            "--batch-mode",
            "--key-file",
        ];
        let mut command = Command::new("cryptsetup");
        command
            .args(format)
            .arg(site.path("delivered"))
            .args(QUICK.split(' '));
        ran(command.arg(site.disk()));
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn disk(&self) -> PathBuf {
        self.path("disk")
    }

    fn tang(&self) -> Tang {
        Tang::start(TcpListener::bind(self.tang).unwrap(), self.path("keys"))
    }

    /// A TPM with the state of the folder `of`.
    async fn tpm(&self, of: &str) -> Peer {
        let port = self.tpm.port();
        let mut command = Command::new("swtpm");
        command
            .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
            .args(["--tpmstate", &format!("dir={}", self.path(of).display())])
            .args([
                "--server",
                &format!("type=tcp,bindaddr=127.0.0.1,port={port}"),
            ])
            .args([
                "--ctrl",
                &format!("type=tcp,bindaddr=127.0.0.1,port={}", port + 1),
            ]);
        let peer = Peer::start(&mut command).unwrap();
        until_listening(self.tpm).await.unwrap();
        peer
    }

    fn thumbprint(&self) -> String {
        let port = self.tang.port().to_string();
        let shown = ran(Command::new("tang-show-keys").arg(port));
        String::from_utf8(shown.stdout).unwrap().trim().to_owned()
    }

    fn clevis(&self, words: &[&str]) -> Command {
        let mut command = Command::new("clevis");
        let tcti = format!("swtpm:host=127.0.0.1,port={}", self.tpm.port());
        command.args(words).env("TPM2TOOLS_TCTI", tcti);
        command
    }

    /// Whether the locks open it now.
    fn opens_by_itself(&self) -> bool {
        let disk = self.disk();
        let words = ["luks", "pass", "-s", "1", "-d", disk.to_str().unwrap()];
        self.clevis(&words).output().unwrap().status.success()
    }

    fn opens_with(&self, passphrase: &str) -> bool {
        fs::write(self.path("tried"), passphrase).unwrap();
        let mut command = Command::new("cryptsetup");
        command.args(["open", "--test-passphrase", "--batch-mode", "--key-file"]);
        let output = command.arg(self.path("tried")).arg(self.disk()).output();
        output.unwrap().status.success()
    }
}

/// A Tang server; it is started for each connection, as by inetd.
struct Tang {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Tang {
    fn start(listener: TcpListener, keys: PathBuf) -> Self {
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        let serve = move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (input, output) = (stream.try_clone().unwrap(), stream);
                let mut command = Command::new("/usr/libexec/tangd");
                command.arg(&keys).stderr(Stdio::null());
                command
                    .stdin(OwnedFd::from(input))
                    .stdout(OwnedFd::from(output));
                command.status().unwrap();
            }
        };
        Self {
            address,
            is_over,
            thread: Some(thread::spawn(serve)),
        }
    }
}

impl Drop for Tang {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        self.thread.take().map(JoinHandle::join);
    }
}

/// A port whose next one is free, too: a client of swtpm finds its control channel there.
fn two_ports() -> SocketAddr {
    loop {
        let first = free_address().unwrap();
        let next = first.port().checked_add(1);
        if next.is_some_and(|next| TcpListener::bind(("127.0.0.1", next)).is_ok()) {
            return first;
        }
    }
}

fn ran(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
    output
}

/// What the kickstart of a host with both locks has clevis do.
fn policy(tang: SocketAddr, thumbprint: &str) -> String {
    let layout = format!(
        "disk = {{ encrypt = {{ tpm2 = true, tang = [{{ url = \"http://{tang}\", thumbprint = \"{thumbprint}\" }}] }}, "
    );
    let rack = config::check(&RACK.replace("disk = { ", &layout)).unwrap();
    let node = rack.nodes.values().next().unwrap();
    let (private, passphrase) = (
        Secret::new("a key".to_owned()),
        Secret::new(DELIVERED.to_owned()),
    );
    let host_key = HostKey {
        private,
        public: "a key".to_owned(),
    };
    let identity = Identity {
        serial: "HN0001".to_owned(),
        uuid: None,
    };
    let install = Install {
        rack: &rack,
        node,
        token: Token::from_random([7; 16]),
        identity: &identity,
        data: Data::Refused,
        host_key: &host_key,
        passphrase: Some(&passphrase),
        appliance_key: "a key",
    };
    let text = templates::payload(&install).unwrap().kickstart;
    let (_, rest) = text.split_once(" sss '").unwrap();
    rest.split_once('\'').unwrap().0.to_owned()
}

/// A thief who has the machine has no server, and one who has the disk has no TPM.
#[tokio::test]
async fn a_disk_opens_by_all_its_locks_and_by_no_fewer() {
    let site = Site::new();
    let tang = site.tang();
    let tpm = site.tpm("tpm").await;
    let policy = policy(site.tang, &site.thumbprint());
    let disk = site.disk();
    let words = [
        "luks",
        "bind",
        "-y",
        "-k",
        "-",
        "-d",
        disk.to_str().unwrap(),
        "sss",
        &policy,
    ];
    let mut bind = site.clevis(&words);
    bind.stdin(fs::File::open(site.path("delivered")).unwrap());
    ran(&mut bind);
    assert!(site.opens_by_itself());
    drop(tang);
    assert!(!site.opens_by_itself(), "without the server");
    let tang = site.tang();
    assert!(site.opens_by_itself());
    drop(tpm);
    let other = site.tpm("other-tpm").await;
    assert!(!site.opens_by_itself(), "with the TPM of another machine");
    drop(other);
    let _tpm = site.tpm("tpm").await;
    assert!(site.opens_by_itself());
    drop(tang);
    assert!(site.opens_with(DELIVERED), "at the console, for now");
}

/// The script for this container: there is no device under it whose names could be looked up.
fn replace(site: &Site, delivered: &str, died_at: Option<usize>) -> bool {
    let steps = died_at.map_or(String::new(), |steps| format!("steps={steps}"));
    let preamble = format!(
        "delivered='{delivered}'\nmade='{MADE}'\n{steps}\nfindmnt() {{ echo /dev/root; }}\nlsblk() {{ echo luks-1 crypt; }}\n\
         cryptsetup() {{\n  [ \"$1\" != status ] || {{ echo '  device:  {}'; return; }}\n\
         if [ -n \"${{steps:-}}\" ]; then steps=$((steps - 1)); [ \"$steps\" -ge 0 ] || kill -9 $$; fi\n\
         if [ \"$1\" = luksAddKey ]; then shift; set -- luksAddKey {QUICK} \"$@\"; fi\n\
         /usr/sbin/cryptsetup \"$@\"\n}}\n",
        site.disk().display()
    );
    let mut command = Command::new("sh");
    command.arg("-c").arg(preamble + REPLACE);
    command.output().unwrap().status.success()
}

/// Cut off before each of its calls to cryptsetup, and run again.
#[test]
fn a_passphrase_is_replaced_wherever_the_replacing_is_cut_off() {
    for died_at in 0..5 {
        let site = Site::new();
        assert!(!replace(&site, DELIVERED, Some(died_at)), "{died_at}");
        assert!(
            site.opens_with(DELIVERED) || site.opens_with(MADE),
            "{died_at}"
        );
        assert!(replace(&site, DELIVERED, None), "{died_at}");
        assert!(
            site.opens_with(MADE) && !site.opens_with(DELIVERED),
            "{died_at}"
        );
        // The appliance has forgotten the delivered one, and does not know how far it came.
        assert!(replace(&site, "", None), "{died_at}");
        assert!(site.opens_with(MADE));
    }
}

#[test]
fn a_disk_that_neither_passphrase_opens_is_left_as_it_is() {
    let site = Site::new();
    let before = fs::read(site.disk()).unwrap();
    assert!(!replace(&site, "another", None));
    assert_eq!(fs::read(site.disk()).unwrap(), before);
}
