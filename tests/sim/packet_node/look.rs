//! The script of a trial, executed: by bash, with no other programs than the installer's image has, before hardware made of
//! files. Only its last deed, the restart or the end of power, is this node's and not this machine's.

use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::fault::Step;
use super::life::{Life, Stop};

/// What the script may call, of this machine's.
const PROGRAMS: [&str; 11] = [
    "cat", "curl", "head", "ls", "readlink", "rm", "sed", "sleep", "tail", "tr", "touch",
];
/// What it may call and must not reach this machine.
const DEEDS: [(&str, &str); 3] = [
    ("ip", "#!/bin/sh\n"),
    ("reboot", "#!/bin/sh\ntouch ROOT/rebooted\n"),
    ("poweroff", "#!/bin/sh\ntouch ROOT/off\n"),
];
/// Commands of a kickstart that write to a disk, or let Anaconda choose one.
const WRITES: [&str; 14] = [
    "autopart",
    "bootloader",
    "btrfs",
    "clearpart",
    "liveimg",
    "logvol",
    "ostreecontainer",
    "ostreesetup",
    "part",
    "partition",
    "raid",
    "reqpart",
    "volgroup",
    "zerombr",
];

/// Whether nothing in it lays out a disk.
pub(super) fn is_trial(text: &str) -> bool {
    let mut words = text
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    !words.any(|word| WRITES.contains(&word) || word == "%packages")
}

fn script(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("\n%pre")?;
    let (_, body) = rest.split_once('\n')?;
    Some(body.split_once("\n%end")?.0)
}

impl Life<'_> {
    /// Executes `%pre`. Whoever comes out of it finds nothing to install on, and stands.
    pub(super) async fn look(&mut self, text: &str) -> Result<(), Stop> {
        self.meet(Step::Pre).await?;
        let stuck = |why: String| Self::stuck(Step::Pre, why);
        let body = script(text).ok_or_else(|| stuck("no %pre".to_owned()))?;
        let folder = tempfile::tempdir().map_err(|error| stuck(error.to_string()))?;
        let root = folder.path();
        self.hardware(root)
            .map_err(|error| stuck(error.to_string()))?;
        let said = self.execute(root, body).await;
        let said = said.map_err(|error| stuck(error.to_string()))?;
        self.note(Step::Pre, "%pre of a trial", said.clone());
        if root.join("rebooted").exists() {
            return Err(Stop::Reboot);
        }
        if root.join("off").exists() {
            return Err(Stop::PowerOff("tried".to_owned()));
        }
        Err(stuck(format!("%pre returned: {said}")))
    }

    /// Runs the script until it restarts the machine; what it said.
    async fn execute(&self, root: &Path, body: &str) -> io::Result<String> {
        let at = root.display().to_string();
        // Before its own files; it names none of this machine's.
        let moved = ["/sys/", "/proc/", "/dev/disk/", "/dev/kvm", "/dev/$"];
        let apart = body.replace("/proc/sys/", "/proc/SYS/");
        let body = moved.iter().fold(apart, |body, path| {
            body.replace(path, &format!("{at}{path}"))
        });
        let body = body.replace("/proc/SYS/", "/proc/sys/");
        let address = self.address;
        let head =
            format!("curl() {{ command curl --noproxy '*' --interface {address} \"$@\"; }}\n");
        std::fs::write(root.join("script"), head + &body)?;
        let mut bash = Command::new("/bin/bash");
        bash.arg(root.join("script"))
            .env_clear()
            .env("PATH", root.join("bin"));
        bash.stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        bash.process_group(0).kill_on_drop(true);
        let child = bash.spawn()?;
        let group = Group(child.id());
        let ended = async {
            while !root.join("rebooted").exists() && !root.join("off").exists() {
                tokio::time::sleep(self.config.patience / 4).await;
            }
        };
        let output = child.wait_with_output();
        tokio::pin!(output);
        tokio::select! {
            () = ended => {}
            output = &mut output => {
                return Ok(String::from_utf8_lossy(&output?.stderr).into_owned());
            }
        }
        drop(group);
        Ok(String::from_utf8_lossy(&output.await?.stderr).into_owned())
    }

    /// Its hardware as the kernel shows it.
    fn hardware(&self, root: &Path) -> io::Result<()> {
        let config = self.config;
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap_or(root))?;
            std::fs::write(path, text)
        };
        write("sys/class/dmi/id/product_serial", &config.serial)?;
        write("sys/class/dmi/id/product_uuid", &config.uuid.to_string())?;
        write("proc/sys/kernel/random/boot_id", &self.boot_id)?;
        let cpu = format!(
            "model name\t: A packet node\nflags\t\t: {}\n",
            config.hardware.cpu_flags
        );
        write("proc/cpuinfo", &cpu)?;
        let kib = config.hardware.memory_mib * 1024;
        write(
            "proc/meminfo",
            &format!("MemTotal:       {kib} kB\nMemFree: 1 kB\n"),
        )?;
        write("sys/block/loop0/size", "8\n")?;
        for (name, text) in [
            ("size", "41943040\n"),
            ("removable", "0\n"),
            ("queue/rotational", "0\n"),
            ("device/wwid", "naa.5000c500a1b2c3d4\n"),
        ] {
            write(&format!("sys/block/vda/{name}"), text)?;
        }
        write("dev/vda", "")?;
        std::fs::create_dir_all(root.join("dev/disk/by-id"))?;
        symlink(
            root.join("dev/vda"),
            root.join("dev/disk/by-id").join(&config.disk),
        )?;
        write("sys/class/net/lo/address", "00:00:00:00:00:00\n")?;
        write("sys/class/net/eno1/address", &format!("{}\n", config.mac))?;
        let carrier = if config.hardware.has_carrier {
            "1\n"
        } else {
            "0\n"
        };
        write("sys/class/net/eno1/carrier", carrier)?;
        write("sys/class/net/eno1/speed", "10000\n")?;
        write("sys/drivers/ixgbe/module", "")?;
        std::fs::create_dir_all(root.join("sys/class/net/eno1/device"))?;
        symlink(
            root.join("sys/drivers/ixgbe"),
            root.join("sys/class/net/eno1/device/driver"),
        )?;
        programs(root)
    }
}

/// What it may call.
fn programs(root: &Path) -> io::Result<()> {
    std::fs::create_dir(root.join("bin"))?;
    for program in PROGRAMS {
        symlink(
            Path::new("/usr/bin").join(program),
            root.join("bin").join(program),
        )?;
    }
    for (deed, text) in DEEDS {
        let path = root.join("bin").join(deed);
        std::fs::write(&path, text.replace("ROOT", &root.display().to_string()))?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path, mode)?;
    }
    Ok(())
}

/// The script with whatever it left in the background.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = self.0 {
            let group = format!("-{id}");
            let words = ["-KILL", "--", &group];
            // Gone already is as good.
            let _ = std::process::Command::new("kill")
                .args(words)
                .stderr(Stdio::null())
                .status();
        }
    }
}
