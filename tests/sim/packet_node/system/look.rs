//! What the installed system says of itself when it is looked into: the truth as the kickstart made it, with its lies.

use std::net::Ipv4Addr;

use inventory::id::Sha256;

use super::super::kickstart::Kickstart;
use super::answers::quoted;
use super::{Machine, Shared, settings, storage};

/// The kernel that it runs, and that boots by default.
const KERNEL: &str = "6.1.0-packet";

impl Shared {
    /// The lines of the look.
    pub(super) fn look(&self, script: &str) -> String {
        let mut lines = self.machine.truth(script);
        let passphrases = self.state().passphrases.len();
        let bound = usize::from(self.machine.kickstart.policy.is_some());
        if passphrases + bound > 0 {
            lines.push((
                "crypt",
                format!("/dev/vda3 {} {bound}", passphrases + bound),
            ));
        }
        let has_agent = self.has_agent();
        for (key, value) in &mut lines {
            if *key == "service" && value.starts_with("cloudstack-agent ") && !has_agent {
                "cloudstack-agent inactive disabled".clone_into(value);
            }
        }
        let lies = &self.machine.config.lies;
        lines.retain(|(key, _)| !lies.iter().any(|(lie, _)| lie == key));
        let truth = lines.iter().map(|(key, value)| format!("{key}={value}\n"));
        let told = lies.iter().map(|(key, value)| format!("{key}={value}\n"));
        truth.chain(told).collect()
    }
}

impl Machine {
    fn truth(&self, script: &str) -> Vec<(&'static str, String)> {
        let kickstart = &self.kickstart;
        let own = kickstart.address.unwrap_or(Ipv4Addr::LOCALHOST);
        let mut lines = vec![
            ("id", "hinode-standin".to_owned()),
            ("version", "1".to_owned()),
            ("serial", self.config.serial.clone()),
            ("boot_id", self.boot_id.clone()),
            ("machine_id", self.config.uuid.simple().to_string()),
            ("host_uuid", self.config.uuid.to_string()),
            ("kernel", KERNEL.to_owned()),
            ("kernel_default", KERNEL.to_owned()),
            ("fqdn", kickstart.fqdn.clone()),
            ("resolves", own.to_string()),
            ("cpu_model", "Packet processor".to_owned()),
            ("cpu_flags", "fpu vme svm".to_owned()),
            ("disk", format!("{} /dev/vda", kickstart.disk)),
            ("rootdisk", "/dev/vda".to_owned()),
            ("kvm", "yes".to_owned()),
            ("nic", format!("{} enp1s0 ", self.config.mac)),
            ("time", kickstart.ntp.clone()),
            ("offset", "0.000012".to_owned()),
            ("listen", "tcp 0.0.0.0:22 sshd".to_owned()),
            ("complete", "yes".to_owned()),
        ];
        lines.extend(
            kickstart
                .policy
                .iter()
                .map(|policy| ("lock", format!("1: sss '{policy}'"))),
        );
        lines.extend(units(script));
        lines.extend(pings(script, &kickstart.ntp));
        lines.extend(network(kickstart));
        lines.extend(settings::lines(kickstart));
        lines.extend(storage::lines(kickstart));
        lines
    }
}

impl Shared {
    /// The lines of the list of what was put on it.
    pub(super) fn list(&self, script: &str) -> String {
        let kickstart = &self.machine.kickstart;
        let packages = kickstart.packages.iter();
        let mut lines: Vec<String> = packages.map(|name| format!("package={name}")).collect();
        let asked = quoted(script, "files").unwrap_or_default();
        for path in asked.split_whitespace() {
            let name = path.rsplit('/').next().unwrap_or(path);
            let its = |known: &str| known == path || known == format!("$connections/{name}");
            let text = kickstart.files.iter().find(|(known, _)| its(known));
            // Files that were made otherwise are not kept here: it cannot say what is in them.
            let sum = text.map(|(_, text)| hex::encode(Sha256::of(text.as_bytes()).0));
            lines.push(format!("file={path} {}", sum.unwrap_or_default()));
        }
        lines.extend(["unit=sshd.service", "user=root:0:/bin/bash"].map(str::to_owned));
        lines.join("\n")
    }
}

/// Every unit that is asked for runs: nothing disables one here.
fn units(script: &str) -> impl Iterator<Item = (&'static str, String)> {
    let units = quoted(script, "services").unwrap_or_default();
    let units: Vec<String> = units.split_whitespace().map(str::to_owned).collect();
    units
        .into_iter()
        .map(|unit| ("service", format!("{unit} active enabled")))
}

/// The appliance, its time server, answers; it is the only one that this node knows to be there.
fn pings(script: &str, appliance: &str) -> Vec<(&'static str, String)> {
    let pings = quoted(script, "pings").unwrap_or_default();
    let answer = |target: &str| {
        let address = target.split(':').next().unwrap_or_default();
        let how = match address == appliance {
            true => "full",
            false => "none",
        };
        ("ping", format!("{address} {how}"))
    };
    pings.split_whitespace().map(answer).collect()
}

/// Bridges with their ports, links, and addresses, as the key files make them.
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
            lines.push(settings::stp(&link, file));
        }
        if value(file, "type") == "vlan" {
            let tag = section_value(file, "[vlan]", "id");
            lines.push(("vlan", format!("{link} {tag} enp1s0")));
        }
        lines.push(("link", format!("{link} {}", value(file, "mtu"))));
        for family in ["[ipv4]", "[ipv6]"] {
            let address = section_value(file, family, "address1");
            let address = address.split(',').next().unwrap_or_default();
            if !address.is_empty() {
                lines.push(("address", format!("{link} {address}")));
            }
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

pub(super) fn value<'a>(file: &'a str, key: &str) -> &'a str {
    let mut pairs = file.lines().filter_map(|line| line.split_once('='));
    pairs
        .find(|(name, _)| *name == key)
        .map_or("", |(_, value)| value)
}

pub(super) fn section_value<'a>(file: &'a str, section: &str, key: &str) -> &'a str {
    let rest = file.split_once(section).map_or("", |(_, rest)| rest);
    let body = rest.split_once("\n[").map_or(rest, |(body, _)| body);
    value(body, key)
}
