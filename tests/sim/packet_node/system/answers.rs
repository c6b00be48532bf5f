//! What commands print and change. A script is known by a word that only it has; an unknown command fails, as a shell's.

use std::sync::PoisonError;

use super::{Shared, agent, fresh_key};

/// Output and exit status.
type Done = (String, u32);

/// What a command does.
type Deed = fn(&Shared, &str) -> Done;

impl Shared {
    /// Runs a command of verification, registration or the management server.
    pub(super) fn run(&self, command: &str) -> Done {
        self.state().ran.push(command.to_owned());
        let deeds: [(&str, Deed); 14] = [
            ("/etc/os-release", |shared, script| (shared.look(script), 0)),
            ("list-unit-files", |shared, script| (shared.list(script), 0)),
            ("/dev/urandom", |_, _| done(&passphrase())),
            ("luksAddKey", Self::replace_passphrase),
            ("ssh-keygen", |shared, _| shared.make_key()),
            ("mv hinode_new_key", |shared, _| shared.swap_key()),
            ("chpasswd", Self::open_door),
            ("passwd -l root", |shared, _| shared.close_door()),
            ("/dev/kvm", |_, _| done("/dev/kvm\n")),
            ("rpm -qa", |_, _| done("edk2-ovmf-20240524-6.el9.noarch\n")),
            ("keystore-setup", |shared, _| {
                agent::request(&shared.machine.kickstart.fqdn)
            }),
            ("keystore-cert-import", |_, _| done("")),
            ("cloudstack-setup-agent", Self::set_up_agent),
            ("systemctl reload sshd", |_, _| done("")),
        ];
        let known = deeds.iter().find(|(word, _)| command.contains(word));
        let done = match known {
            Some((_, deed)) => deed(self, command),
            None => ("packet node: command not found\n".to_owned(), 127),
        };
        if command.contains("systemctl reload sshd") && done.1 == 0 {
            let mut state = self.state();
            state.in_force = state.files.clone();
        }
        done
    }

    /// One key in the system's life, whether it was swapped in meanwhile or not.
    fn make_key(&self) -> Done {
        let mut state = self.state();
        if state.made.is_none() {
            let key = fresh_key();
            state.made = key.public_key().to_openssh().ok();
            state.new_key = Some(key);
        }
        match &state.made {
            Some(line) => done(&format!("{line}\n")),
            None => ("ssh-keygen: no key\n".to_owned(), 1),
        }
    }

    /// What opens the disks is what a container with two slots would take.
    fn replace_passphrase(&self, script: &str) -> Done {
        let given = |name| quoted(script, name).unwrap_or_default();
        let (delivered, made) = (given("delivered"), given("made"));
        let passphrases = &mut self.state().passphrases;
        if !passphrases.contains(&made) {
            if !passphrases.contains(&delivered) {
                return ("neither passphrase opens the disk\n".to_owned(), 1);
            }
            passphrases.insert(made);
        }
        passphrases.remove(&delivered);
        done("")
    }

    fn swap_key(&self) -> Done {
        let mut state = self.state();
        if let Some(key) = state.new_key.take() {
            state.files.host_key = Some(key);
        }
        done("")
    }

    fn open_door(&self, script: &str) -> Done {
        let (Some(password), Some(from)) = (quoted(script, "password"), quoted(script, "from"))
        else {
            return (
                "no password, or no address that it works from\n".to_owned(),
                1,
            );
        };
        let from = from
            .split(',')
            .filter_map(|address| address.parse().ok())
            .collect();
        let mut state = self.state();
        state.files.password_from = from;
        state.password = Some(password);
        done("")
    }

    fn close_door(&self) -> Done {
        let mut state = self.state();
        state.files.password_from.clear();
        state.password = None;
        done("")
    }

    /// Whether the agent was set up.
    pub(super) fn has_agent(&self) -> bool {
        let ran = &self.state().ran;
        ran.iter()
            .any(|command| command.contains("cloudstack-setup-agent"))
    }

    fn set_up_agent(&self, command: &str) -> Done {
        let guid = command.split_once(" -g ").map_or("", |(_, rest)| rest);
        let guid = guid.split(' ').next().unwrap_or_default().to_owned();
        if let Some(to) = self.machine.config.agents {
            let host = self.machine.kickstart.fqdn.clone();
            let talk = agent::talk(self.machine.address, to, (guid, host));
            self.agents
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .spawn(talk);
        }
        done("")
    }
}

/// The value that a script sets a variable to.
pub(super) fn quoted(script: &str, name: &str) -> Option<String> {
    let start = format!("{name}='");
    let rest = script.split_once(&start)?.1;
    Some(rest.split_once('\'')?.0.to_owned())
}

fn done(output: &str) -> Done {
    (output.to_owned(), 0)
}

/// Groups of four hex digits.
fn passphrase() -> String {
    let random = uuid::Uuid::new_v4().into_bytes();
    random
        .chunks(2)
        .map(hex::encode)
        .collect::<Vec<_>>()
        .join("-")
}
