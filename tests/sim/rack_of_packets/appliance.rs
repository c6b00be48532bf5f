//! The appliance as a process of its own: started, killed, started again on the same data.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Output};
use std::time::{Duration, Instant};

use appliance::cli::Client;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::namespace::Cable;

/// A start takes a tenth of a second; on a machine that does much else, seconds.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Between two looks whether it listens.
pub const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A `hinode serve`. Killed with this value.
pub struct Appliance {
    data: PathBuf,
    program: PathBuf,
    child: Child,
}

impl Drop for Appliance {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program, where cargo puts it: beside the folder of the running test.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_else(|error| panic!("the running test: {error}"));
    let folder = test.parent().and_then(Path::parent);
    let program = folder
        .map(|folder| folder.join("hinode"))
        .unwrap_or_default();
    assert!(
        program.exists(),
        "{} is not there: build it first (cargo build --bin hinode)",
        program.display()
    );
    program
}

/// Where programs are looked for: Ansible, which `setup.sh` installs, before all.
fn path_with_ansible() -> std::ffi::OsString {
    let ansible = Path::new(env!("CARGO_MANIFEST_DIR")).join("cache/ansible/bin");
    let mut path = ansible.into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path
}

impl Appliance {
    /// Starts it on the server's side of `cable`, and waits until its API answers.
    pub(super) async fn start(cable: &Cable, data: &Path) -> Self {
        let program = program();
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(data.with_extension("log"));
        let log = log.unwrap_or_else(|error| panic!("the log: {error}"));
        let mut command = cable.on_server(&program);
        command.arg("--data").arg(data).arg("serve").stderr(log);
        command.env("PATH", path_with_ansible());
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut appliance = Self {
            data: data.to_owned(),
            program,
            child,
        };
        appliance.until_ready().await;
        appliance
    }

    async fn until_ready(&mut self) {
        let begun = Instant::now();
        while !self.answers().await {
            let ended = self.child.try_wait().ok().flatten();
            assert!(
                ended.is_none() && begun.elapsed() < START_LIMIT,
                "the appliance does not start ({ended:?}): {}",
                self.log()
            );
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn answers(&self) -> bool {
        let end = self
            .client()
            .get::<serde_json::Value>("/v1/chain-end")
            .await;
        end.is_ok()
    }

    /// Talks to its API.
    pub fn client(&self) -> Client {
        Client::new(&self.data)
    }

    /// What it logged so far, over all its lives.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data.with_extension("log")).unwrap_or_default()
    }

    /// Memory of its process that is in use now (VmRSS, proc(5)), KiB.
    pub fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let kib = line.and_then(|it| it.trim().split(' ').next()?.parse().ok());
        kib.unwrap_or_else(|| panic!("no memory in {status}"))
    }

    /// SIGKILL: no time to say anything.
    pub fn kill(&mut self) {
        // An error means that it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, and its end; true if it says that it ended well.
    pub fn stop(&mut self) -> bool {
        let pid = i32::try_from(self.child.id()).map(Pid::from_raw);
        let told = pid.is_ok_and(|pid| kill(pid, Signal::SIGTERM).is_ok());
        told && self.child.wait().is_ok_and(|status| status.success())
    }

    /// The command line against it.
    pub async fn command(&self, words: &[&str]) -> Output {
        let mut command = tokio::process::Command::new(&self.program);
        command.arg("--data").arg(&self.data).args(words);
        let output = command.output().await;
        output.unwrap_or_else(|error| panic!("{}: {error}", self.program.display()))
    }
}
