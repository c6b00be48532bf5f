//! What commands print and change. A script is known by a word that only it has; an unknown command fails, as a shell's.

use std::sync::PoisonError;

use super::super::kickstart::Kickstart;
use super::{Machine, Shared, agent, fresh_key};

/// Output and exit status.
type Done = (String, u32);

/// What a command does.
type Deed = fn(&Shared, &str) -> Done;

impl Shared {
    /// Runs a command of verification, registration or the management server.
    pub(super) fn run(&self, command: &str) -> Done {
        self.state().ran.push(command.to_owned());
        let deeds: [(&str, Deed); 11] = [
            ("/etc/os-release", |shared, _| (shared.machine.look(), 0)),
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
fn quoted(script: &str, name: &str) -> Option<String> {
    let start = format!("{name}='");
    let rest = script.split_once(&start)?.1;
    Some(rest.split_once('\'')?.0.to_owned())
}

impl Machine {
    /// The lines of the look into an installed system, with its lies.
    fn look(&self) -> String {
        let kickstart = &self.kickstart;
        let mut lines = vec![
            ("id", "hinode-standin".to_owned()),
            ("version", "1".to_owned()),
            ("serial", self.config.serial.clone()),
            ("boot_id", self.boot_id.clone()),
            ("fqdn", kickstart.fqdn.clone()),
            ("root", "/dev/mapper/vg_sys-root".to_owned()),
            ("disk", format!("{} /dev/vda", kickstart.disk)),
            ("rootdisk", "/dev/vda".to_owned()),
            ("kvm", "yes".to_owned()),
            ("nic", format!("{} enp1s0 ", self.config.mac)),
            ("time", kickstart.ntp.clone()),
        ];
        lines.extend(network(kickstart));
        let lies = |key: &str| self.config.lies.iter().any(|(lie, _)| lie == key);
        lines.retain(|(key, _)| !lies(key));
        let truth = lines.iter().map(|(key, value)| format!("{key}={value}\n"));
        let told = self
            .config
            .lies
            .iter()
            .map(|(key, value)| format!("{key}={value}\n"));
        truth.chain(told).collect()
    }
}

/// Bridges with their ports, and addresses, as the key files make them.
fn network(kickstart: &Kickstart) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    for file in kickstart.keyfiles.values() {
        let link = link(file);
        if value(file, "type") == "bridge" {
            let is_port = |port: &&String| {
                value(port, "master") == link && value(port, "slave-type") == "bridge"
            };
            let ports: Vec<String> = kickstart
                .keyfiles
                .values()
                .filter(is_port)
                .map(|port| self::link(port))
                .collect();
            let carrier = u8::from(!ports.is_empty());
            lines.push(("bridge", format!("{link} {carrier} {}", ports.join(" "))));
        }
        let address = value(file, "address1");
        if !address.is_empty() {
            let address = address.split(',').next().unwrap_or_default();
            lines.push(("address", format!("{link} {address}")));
        }
    }
    lines
}

/// The kernel's name of the link that a key file makes.
fn link(file: &str) -> String {
    match (value(file, "type"), value(file, "interface-name")) {
        ("ethernet", _) => "enp1s0".to_owned(),
        ("vlan", "") => format!("enp1s0.{}", section_value(file, "[vlan]", "id")),
        (_, name) => name.to_owned(),
    }
}

fn value<'a>(file: &'a str, key: &str) -> &'a str {
    let mut pairs = file.lines().filter_map(|line| line.split_once('='));
    pairs
        .find(|(name, _)| *name == key)
        .map_or("", |(_, value)| value)
}

fn section_value<'a>(file: &'a str, section: &str, key: &str) -> &'a str {
    file.split_once(section)
        .map_or("", |(_, rest)| value(rest, key))
}

fn done(output: &str) -> Done {
    (output.to_owned(), 0)
}
