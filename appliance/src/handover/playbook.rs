//! The playbook of a profile, run against one node: with our inventory, our own SSH key, and the host keys made on the nodes.
//!
//! It runs on the appliance as its user. After a power cut it is run again from its beginning, as playbooks may be.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use inventory::rack::{Node, Rack};
use inventory::secret::Secret;
use templates::handover::{known_hosts, list};
use tokio::process::Command;

use super::known;
use super::run::{Ended, run};
use crate::context::Context;
use crate::vault::VaultError;

/// What runs it.
pub const PROGRAM: &str = "ansible-playbook";
/// Updates and reboots of one host are done in it; what takes longer hangs.
const LIMIT: Duration = Duration::from_secs(30 * 60);
/// Lines of its output that are kept.
const LINES: usize = 40;
/// The longest of them, characters.
const LINE_MAX: usize = 300;

/// A playbook that cannot be run, found when the rack file is applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// There is no such file.
    #[error(
        "playbook {path} of [profile.{profile}] is not there; copy it to the appliance, or take it out of the rack file"
    )]
    NoFile {
        /// Whose.
        profile: String,
        /// Where it should be.
        path: String,
    },
    /// There is no Ansible.
    #[error(
        "[profile.{profile}] has a playbook and the appliance has no `ansible-playbook`; install Ansible (`apt install ansible-core`)"
    )]
    NoProgram {
        /// Whose.
        profile: String,
    },
}

/// Whether every playbook of `rack` is there, and somebody to run it.
///
/// # Errors
/// The first that cannot be run.
pub fn usable(rack: &Rack) -> Result<(), Unusable> {
    for (name, profile) in &rack.profiles {
        let Some(path) = &profile.playbook else {
            continue;
        };
        if !path.is_file() {
            return Err(Unusable::NoFile {
                profile: name.to_string(),
                path: path.display().to_string(),
            });
        }
        if !has_program() {
            return Err(Unusable::NoProgram {
                profile: name.to_string(),
            });
        }
    }
    Ok(())
}

fn has_program() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(PROGRAM).is_file())
}

/// What a run of a playbook came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// Whether everything in it worked.
    pub is_good: bool,
    /// How it ended, in words.
    pub how: String,
    /// The last lines of what it said, without secrets.
    pub tail: Vec<String>,
}

/// Runs `playbook` for `node`.
///
/// # Errors
/// The files for it cannot be written, it cannot be started, or the secrets to be left out of what it said cannot be read.
pub async fn play(context: &Context, node: &Node, playbook: &Path) -> io::Result<Played> {
    let folder = Folder::make(context, node)?;
    let ended = run(command(&folder, context, node, playbook), LIMIT).await?;
    Ok(played(&ended, &secrets(context)?))
}

/// Files of one run; gone with it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is made anew by the next run.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    fn make(context: &Context, node: &Node) -> io::Result<Self> {
        let path = context.data.join("playbooks").join(node.name.as_str());
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        let folder = Self(path);
        let (rack, known) = (
            context.world.rack(),
            known(context).map_err(io::Error::other)?,
        );
        let hosts = list(&rack, &known).to_string();
        // Ansible takes a dynamic inventory from a program only.
        folder.write(
            "inventory",
            0o700,
            &format!("#!/bin/sh\ncat <<'END_OF_HOSTS'\n{hosts}\nEND_OF_HOSTS\n"),
        )?;
        folder.write("known_hosts", 0o600, &known_hosts(&rack, &known))?;
        Ok(folder)
    }

    fn write(&self, name: &str, mode: u32, text: &str) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        let options = options.write(true).create_new(true).mode(mode);
        options.open(self.0.join(name))?.write_all(text.as_bytes())
    }
}

fn command(folder: &Folder, context: &Context, node: &Node, playbook: &Path) -> Command {
    let at = |name: &str| folder.0.join(name);
    // No connection outlives the run, no other key or configuration is tried.
    let ssh = format!(
        "-F none -o BatchMode=yes -o ControlMaster=no -o ControlPath=none -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes \
         -o GlobalKnownHostsFile=none -o UserKnownHostsFile=\"{}\"",
        at("known_hosts").display()
    );
    let mut command = Command::new(PROGRAM);
    command
        .arg("--inventory")
        .arg(at("inventory"))
        .arg("--private-key")
        .arg(context.data.join("ssh_key"))
        .args(["--limit", node.name.as_str()])
        .arg(playbook)
        .env("ANSIBLE_SSH_ARGS", ssh)
        .env("ANSIBLE_HOST_KEY_CHECKING", "True")
        .env("ANSIBLE_NOCOLOR", "1")
        .env("ANSIBLE_NOCOWS", "1")
        .env("ANSIBLE_RETRY_FILES_ENABLED", "False")
        .env("ANSIBLE_LOCAL_TEMP", at("tmp"));
    // Roles and files are looked for beside the playbook, and an `ansible.cfg` there counts.
    if let Some(beside) = playbook.parent() {
        command.current_dir(beside);
    }
    command
}

/// Every secret that we keep, to be left out of what is shown. One that does not open cannot be shown either.
fn secrets(context: &Context) -> io::Result<Vec<Secret>> {
    let sealed = context.vault.list(context.store());
    let mut opened = Vec::new();
    for sealed in sealed.map_err(io::Error::other)? {
        match context.vault.open(context.store(), &sealed.name) {
            Ok(secret) => opened.push(secret),
            Err(VaultError::Store(error)) => return Err(io::Error::other(error)),
            Err(VaultError::Missing(_) | VaultError::Secret(_)) => {}
        }
    }
    Ok(opened)
}

fn played(ended: &Ended, secrets: &[Secret]) -> Played {
    let how = match ended.status {
        None => format!(
            "it was still running after {} minutes",
            LIMIT.as_secs() / 60
        ),
        Some(status) => status.to_string(),
    };
    let text = masked(&ended.tail, secrets);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let last = lines.iter().skip(lines.len().saturating_sub(LINES));
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    Played {
        is_good: ended.status.is_some_and(|status| status.success()),
        how,
        tail: last
            .map(|line| line.chars().take(LINE_MAX).map(plain).collect())
            .collect(),
    }
}

/// `text` without secrets, nor the parts of those that are written `USER:PASSWORD`. What is shorter than six characters is
/// no secret, and would take half of the text with it.
fn masked(text: &str, secrets: &[Secret]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        let whole = secret.expose().trim();
        let password = whole.split_once(':').map(|(_, password)| password);
        for part in std::iter::once(whole).chain(password) {
            if part.len() >= 6 {
                text = text.replace(part, "****");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_output_the_last_lines_are_kept_and_no_secret() {
        let many: String = (0..100).map(|n| format!("line {n}\n\n")).collect();
        let ended = Ended {
            status: None,
            tail: format!(
                "{many}TASK [login with admin:hunter2x]\nfatal: hunter2x \u{1b}[31mrefused\n"
            ),
        };
        let secrets = [
            Secret::new("admin:hunter2x\n".to_owned()),
            Secret::new("1".to_owned()),
        ];
        let played = played(&ended, &secrets);
        assert!(!played.is_good && played.how.contains("30 minutes"));
        assert_eq!(played.tail.len(), LINES);
        assert_eq!(played.tail[LINES - 2], "TASK [login with ****]");
        assert_eq!(played.tail[LINES - 1], "fatal: ****  [31mrefused");
    }
}
