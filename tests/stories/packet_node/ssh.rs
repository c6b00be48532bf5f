//! The installed packet node's SSH: as OpenSSH sees it, and as the appliance's own client does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;

use appliance::ssh::{Identity, Session, SshError};
use ring::rand::SystemRandom;
use russh::keys::ssh_key::LineEnding;
use tests::packet_node::{End, Faults, Firmware, PacketNode, System};
use tokio::process::Command;

use super::rig::{Rig, appliance_key};

const REKEY: &str = "ssh-keygen -f hinode_new_key";
const SWAP: &str = "mv hinode_new_key ssh_host_ed25519_key";

struct Installed {
    rig: Rig,
    node: PacketNode,
    key: PathBuf,
    folder: tempfile::TempDir,
}

impl Installed {
    async fn make() -> Self {
        let rig = Rig::start().await;
        rig.arm(1).await;
        let mut node = rig.node(1, Firmware::BiosIpxe);
        let (_, end) = node.run(Faults::none()).await;
        assert_eq!(end, End::Up);
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("id");
        fs::write(&key, appliance_key().to_openssh(LineEnding::LF).unwrap()).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        Self {
            rig,
            node,
            key,
            folder,
        }
    }

    fn system(&self) -> &System {
        self.node.system.as_ref().unwrap()
    }

    /// OpenSSH with strict checking against `host_key`.
    async fn openssh(&self, host_key: &str, command: &str) -> Output {
        let (ip, port) = (self.system().ssh.ip(), self.system().ssh.port());
        let known = self.folder.path().join("known");
        fs::write(&known, format!("[{ip}]:{port} {host_key}\n")).unwrap();
        let mut ssh = Command::new("ssh");
        ssh.args([
            "-F",
            "none",
            "-o",
            "BatchMode=yes",
            "-o",
            "StrictHostKeyChecking=yes",
        ]);
        ssh.arg("-o")
            .arg(format!("UserKnownHostsFile={}", known.display()));
        ssh.arg("-i").arg(&self.key).args(["-p", &port.to_string()]);
        ssh.arg(format!("root@{ip}")).arg(command);
        ssh.output().await.unwrap()
    }

    async fn session(&self, host_key: &str) -> Result<Session, SshError> {
        let identity = Identity::load_or_make(&self.key, &SystemRandom::new()).unwrap();
        Session::connect(self.system().ssh, &identity, host_key).await
    }
}

#[tokio::test]
async fn openssh_logs_in_with_the_delivered_keys_and_with_no_others() {
    let installed = Installed::make().await;
    let host_key = installed.system().host_key();
    let output = installed.openssh(&host_key, "ls /dev/kvm").await;
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "/dev/kvm\n",
        "{output:?}"
    );
    let unknown = installed.openssh(&host_key, "reboot").await;
    assert_eq!(unknown.status.code(), Some(127));
    let other = appliance_key().public_key().to_openssh().unwrap();
    let output = installed.openssh(&other, "ls /dev/kvm").await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("REMOTE HOST IDENTIFICATION HAS CHANGED"),
        "{said}"
    );
    installed.rig.stop().await;
}

#[tokio::test]
async fn a_host_key_made_on_the_node_counts_from_the_reload_on() {
    let installed = Installed::make().await;
    let delivered = installed.system().host_key();
    let session = installed.session(&delivered).await.unwrap();
    let made = session
        .run("sh -s", REKEY)
        .await
        .unwrap()
        .stdout
        .trim()
        .to_owned();
    session.run("sh -s", SWAP).await.unwrap();
    assert!(
        installed.session(&made).await.is_err(),
        "in force before the reload"
    );
    session.run("sh -s", "systemctl reload sshd").await.unwrap();
    assert!(installed.session(&made).await.is_ok());
    let refused = installed.session(&delivered).await.err();
    assert!(
        matches!(refused, Some(SshError::Changed { .. })),
        "{refused:?}"
    );
    installed.rig.stop().await;
}

#[tokio::test]
async fn the_system_says_what_the_kickstart_made_of_it_or_what_it_was_told_to_say() {
    let mut installed = Installed::make().await;
    let look = async |installed: &Installed| {
        let session = installed
            .session(&installed.system().host_key())
            .await
            .unwrap();
        session
            .run("sh -s", ". /etc/os-release")
            .await
            .unwrap()
            .stdout
    };
    let truth = look(&installed).await;
    let lines = [
        "fqdn=kvm-01.rack.test",
        "serial=HN0001",
        "disk=virtio-HNDISK01 /dev/vda",
        "address=enp1s0 127.77.10.21/24",
        "time=127.77.10.1",
        "kvm=yes",
    ];
    for line in lines {
        assert!(
            truth.lines().any(|found| found == line),
            "{line} in {truth}"
        );
    }
    installed.node.config.lies = vec![("kvm".to_owned(), "no".to_owned())];
    let (_, end) = installed.node.run(Faults::none()).await;
    assert_eq!(end, End::Up);
    assert!(look(&installed).await.contains("kvm=no\n"));
    installed.rig.stop().await;
}
