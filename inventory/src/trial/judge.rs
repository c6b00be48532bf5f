//! Whether a machine has what the rack file names and the OS needs, finding by finding. Pure.

use serde::{Deserialize, Serialize};

use super::hardware::{Hardware, Level};
use crate::node::Identity;
use crate::rack::{Family, Node, Os, Release};
use crate::verification::Verdict;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The product serial number.
    Serial,
    /// The SMBIOS UUID.
    Uuid,
    /// A system disk of the rack file.
    Disk,
    /// A network port of the rack file, with carrier.
    Port,
    /// The level of the processor.
    Cpu,
    /// The processor's extension for guests.
    Guests,
    /// Memory.
    Memory,
}

impl What {
    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Serial => "serial number",
            Self::Uuid => "UUID",
            Self::Disk => "disk",
            Self::Port => "network port",
            Self::Cpu => "processor",
            Self::Guests => "virtualisation",
            Self::Memory => "memory",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is about.
    pub what: What,
    /// Which one, where there are several.
    pub of: String,
    /// What was asked for.
    pub asked: String,
    /// What was found.
    pub found: String,
    /// How it ended.
    pub verdict: Verdict,
}

impl Finding {
    /// What it is about, in words.
    pub fn subject(&self) -> String {
        match self.of.is_empty() {
            true => self.what.title().to_owned(),
            false => format!("{} {}", self.what.title(), self.of),
        }
    }

    /// What is wrong, with both sides; `None` unless it is.
    pub fn fault(&self) -> Option<String> {
        let (subject, found, asked) = (self.subject(), &self.found, &self.asked);
        match &self.verdict {
            Verdict::Wrong => Some(format!("{subject}: found `{found}`, wanted `{asked}`")),
            Verdict::Good | Verdict::Skipped { .. } => None,
        }
    }
}

/// What a machine is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The node as the rack file says.
    pub node: &'a Node,
    /// Who its BMC said it is.
    pub identity: &'a Identity,
    /// The OS that is to run there.
    pub os: &'a Os,
}

/// Every finding, in the order of [`What`].
pub fn judge(wanted: &Wanted<'_>, seen: &Hardware) -> Vec<Finding> {
    let node = wanted.node;
    let mut findings = vec![serial(wanted, seen), uuid(wanted, seen)];
    let disks = node.disks.all().iter();
    findings.extend(disks.map(|disk| system_disk(disk.as_str(), seen)));
    let macs = std::iter::once(&node.mac).chain(&node.bond_macs);
    findings.extend(macs.map(|mac| port(&mac.to_string(), seen)));
    findings.push(cpu(wanted.os, seen));
    findings.push(guests(seen));
    findings.push(memory(wanted.os, seen));
    findings
}

fn of(what: What, (of, asked, found): (&str, String, String), is_good: bool) -> Finding {
    let verdict = match is_good {
        true => Verdict::Good,
        false => Verdict::Wrong,
    };
    let of = of.to_owned();
    Finding {
        what,
        of,
        asked,
        found,
        verdict,
    }
}

fn serial(wanted: &Wanted<'_>, seen: &Hardware) -> Finding {
    let (asked, found) = (wanted.identity.serial.clone(), seen.serial.clone());
    let is_good = found.trim().eq_ignore_ascii_case(asked.trim());
    of(What::Serial, ("", asked, found), is_good)
}

fn uuid(wanted: &Wanted<'_>, seen: &Hardware) -> Finding {
    let found = seen.uuid.clone();
    let Some(asked) = wanted.identity.uuid else {
        let why = "the board has no UUID of its own".to_owned();
        return Finding {
            verdict: Verdict::Skipped { why },
            ..of(What::Uuid, ("", String::new(), found), true)
        };
    };
    // Boards differ in the byte order of the first three fields (SMBIOS 3 §7.2.1).
    let swapped = uuid::Uuid::from_bytes_le(*asked.as_bytes());
    let is_good = found.parse().is_ok_and(|it| [asked, swapped].contains(&it));
    of(What::Uuid, ("", asked.to_string(), found), is_good)
}

fn system_disk(id: &str, seen: &Hardware) -> Finding {
    let disk = seen
        .disks
        .iter()
        .find(|disk| disk.ids.iter().any(|it| it == id));
    let found = disk.map_or_else(
        || {
            let ids = seen
                .disks
                .iter()
                .flat_map(|disk| disk.ids.iter().map(String::as_str));
            format!("not there; found: {}", or_none(&ids.collect::<Vec<_>>()))
        },
        |disk| {
            format!(
                "{}, {} GiB, serial number {}",
                disk.name,
                disk.size >> 30,
                disk.serial
            )
        },
    );
    of(What::Disk, (id, "there".to_owned(), found), disk.is_some())
}

fn port(mac: &str, seen: &Hardware) -> Finding {
    let port = seen.ports.iter().find(|port| port.mac.to_string() == mac);
    let (found, is_good) = match port {
        Some(port) if port.has_carrier => {
            let speed = port
                .speed
                .map_or_else(String::new, |speed| format!(", {speed} Mbit/s"));
            (format!("{} ({}){speed}", port.name, port.driver), true)
        }
        Some(port) => (
            format!("{} ({}), no carrier", port.name, port.driver),
            false,
        ),
        None => {
            let macs: Vec<String> = seen.ports.iter().map(|port| port.mac.to_string()).collect();
            let macs: Vec<&str> = macs.iter().map(String::as_str).collect();
            (format!("not there; found: {}", or_none(&macs)), false)
        }
    };
    of(What::Port, (mac, "with carrier".to_owned(), found), is_good)
}

fn or_none(names: &[&str]) -> String {
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(" "),
    }
}

/// What the packages of a release are built for. AlmaLinux builds 10 for v2 as well, as another medium; the common one is v3.
fn level(release: Release) -> Level {
    match release {
        Release::El8 => Level::V1,
        Release::El9 => Level::V2,
        Release::El10 => Level::V3,
    }
}

fn cpu(os: &Os, seen: &Hardware) -> Finding {
    let (wanted, is) = (level(os.release()), Level::of(&seen.cpu.flags));
    let lacks = wanted.lacks(&seen.cpu.flags);
    let lacks = match lacks.is_empty() {
        true => String::new(),
        false => format!(", lacks {}", lacks.join(" ")),
    };
    let found = format!("{} ({}{lacks})", is.name(), seen.cpu.model);
    of(
        What::Cpu,
        ("", wanted.name().to_owned(), found),
        is >= wanted,
    )
}

fn guests(seen: &Hardware) -> Finding {
    let found = match seen.runs_guests() {
        true => "there",
        false => "neither vmx, svm nor /dev/kvm; switch it on in the firmware",
    };
    let asked = "VT-x or SVM".to_owned();
    of(
        What::Guests,
        ("", asked, found.to_owned()),
        seen.runs_guests(),
    )
}

/// The least memory that an installer over the network starts with, MiB, less what firmware and kernel keep of it.
fn least_memory(os: &Os) -> u64 {
    match (os.family, os.release()) {
        (Family::Standin, _) => 256,
        (Family::Rocky | Family::Alma | Family::Rhel, Release::El8) => 2048 - 256,
        (Family::Rocky | Family::Alma | Family::Rhel, Release::El9 | Release::El10) => 3072 - 256,
    }
}

fn memory(os: &Os, seen: &Hardware) -> Finding {
    let (least, is) = (least_memory(os), seen.memory_mib);
    let asked = format!("at least {least} MiB");
    of(What::Memory, ("", asked, format!("{is} MiB")), is >= least)
}

#[cfg(test)]
mod tests;
