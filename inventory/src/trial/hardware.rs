//! A machine as an installer sees it, read from the fields of its report.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::net::Mac;

/// What a disk hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// USB: a stick, or a virtual medium of a BMC.
    Usb,
    /// NVMe.
    Nvme,
    /// A virtual machine's.
    Virtio,
    /// SATA, SAS, or a controller's volume.
    Scsi,
}

/// A disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// The kernel's name.
    pub name: String,
    /// Size, bytes.
    pub size: u64,
    /// Whether it turns.
    pub rotational: bool,
    /// Whether its medium can be taken out.
    pub removable: bool,
    /// What it hangs on.
    pub transport: Transport,
    /// World-wide name as the kernel spells it; empty if it has none.
    pub wwn: String,
    /// Serial number; empty if it tells none.
    pub serial: String,
    /// Names under `/dev/disk/by-id/`.
    pub ids: Vec<String>,
}

/// A network port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// The kernel's name.
    pub name: String,
    /// Its MAC.
    pub mac: Mac,
    /// Its driver.
    pub driver: String,
    /// Whether something is at the other end of its cable.
    pub has_carrier: bool,
    /// Speed, Mbit/s, if it says one.
    pub speed: Option<u32>,
}

/// Levels of the x86-64 instruction set, as its psABI counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Every 64-bit processor.
    V1,
    /// With SSE4.2 and POPCNT.
    V2,
    /// With AVX2, BMI and FMA.
    V3,
    /// With the common part of AVX-512.
    V4,
}

/// What Linux calls the extensions that each level adds (`pni` is SSE3, `abm` LZCNT; x86-64 psABI, 3.1.1).
const ADDED: [(Level, &[&str]); 3] = [
    (
        Level::V2,
        &[
            "cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3",
        ],
    ),
    (
        Level::V3,
        &[
            "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave",
        ],
    ),
    (
        Level::V4,
        &["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"],
    ),
];

impl Level {
    /// Of a processor with these flags.
    pub fn of(flags: &BTreeSet<String>) -> Self {
        let has_all =
            |(_, names): &&(Self, &[&str])| names.iter().all(|name| flags.contains(*name));
        let reached = ADDED.iter().take_while(has_all).last();
        reached.map_or(Self::V1, |(level, _)| *level)
    }

    /// Flags that `flags` lacks for this level.
    pub fn lacks(self, flags: &BTreeSet<String>) -> Vec<&'static str> {
        let wanted = ADDED.iter().filter(|(level, _)| *level <= self);
        let names = wanted.flat_map(|(_, names)| names.iter());
        names
            .copied()
            .filter(|name| !flags.contains(*name))
            .collect()
    }

    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "x86-64-v1",
            Self::V2 => "x86-64-v2",
            Self::V3 => "x86-64-v3",
            Self::V4 => "x86-64-v4",
        }
    }
}

/// The processors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cpu {
    /// Model of the first.
    pub model: String,
    /// Its flags, as `/proc/cpuinfo` lists them.
    pub flags: BTreeSet<String>,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardware {
    /// Product serial number (SMBIOS).
    pub serial: String,
    /// SMBIOS UUID, as the kernel spells it.
    pub uuid: String,
    /// Disks.
    pub disks: Vec<Disk>,
    /// Network ports.
    pub ports: Vec<Port>,
    /// Processors.
    pub cpu: Cpu,
    /// Memory that the kernel has, MiB.
    pub memory_mib: u64,
    /// Whether `/dev/kvm` was there in the installer.
    pub has_kvm: bool,
}

impl Hardware {
    /// From the fields of a report. What is not there or not readable is not seen: the verdict then says what is missing.
    pub fn read(fields: &BTreeMap<String, String>) -> Self {
        let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let named = |kind: &'static str| {
            let parts = fields.iter();
            parts.filter_map(move |(name, value)| Some((name.strip_prefix(kind)?, value.as_str())))
        };
        let flags = text("cpu_flags");
        Self {
            serial: text("serial"),
            uuid: text("uuid"),
            disks: named("disk.").filter_map(disk).collect(),
            ports: named("nic.").filter_map(port).collect(),
            cpu: Cpu {
                model: text("cpu_model"),
                flags: flags.split_whitespace().map(str::to_owned).collect(),
            },
            memory_mib: text("memory_kib").parse::<u64>().unwrap_or_default() / 1024,
            has_kvm: fields.contains_key("kvm"),
        }
    }

    /// Whether its processors can run guests: Intel's or AMD's extension is there and switched on.
    pub fn runs_guests(&self) -> bool {
        let has = |flag: &str| self.cpu.flags.contains(flag);
        self.has_kvm || has("vmx") || has("svm")
    }
}

/// `SECTORS|ROTATIONAL|REMOVABLE|TRANSPORT|WWN|SERIAL|ID ID...`; sectors of 512 bytes, whatever the disk has.
fn disk((name, value): (&str, &str)) -> Option<Disk> {
    let parts: Vec<&str> = value.split('|').map(str::trim).collect();
    let [size, rotational, removable, transport, wwn, serial, ids] = parts[..] else {
        return None;
    };
    Some(Disk {
        name: name.to_owned(),
        size: size.parse::<u64>().ok()?.checked_mul(512)?,
        rotational: rotational == "1",
        removable: removable == "1",
        transport: match transport {
            "usb" => Transport::Usb,
            "nvme" => Transport::Nvme,
            "virtio" => Transport::Virtio,
            "scsi" => Transport::Scsi,
            _ => return None,
        },
        wwn: wwn.to_owned(),
        serial: serial.to_owned(),
        ids: ids.split_whitespace().map(str::to_owned).collect(),
    })
}

/// `MAC|DRIVER|CARRIER|SPEED`; a port without carrier says -1 or nothing for its speed.
fn port((name, value): (&str, &str)) -> Option<Port> {
    let parts: Vec<&str> = value.split('|').map(str::trim).collect();
    let [mac, driver, carrier, speed] = parts[..] else {
        return None;
    };
    Some(Port {
        name: name.to_owned(),
        mac: mac.parse().ok()?,
        driver: driver.to_owned(),
        has_carrier: carrier == "1",
        speed: speed.parse().ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(text: &str) -> BTreeSet<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_level_needs_all_of_it_and_all_below() {
        let v2 = "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3";
        let v3 = format!("{v2} avx avx2 bmi1 bmi2 f16c fma abm movbe xsave");
        let v4 = format!("{v3} avx512f avx512bw avx512cd avx512dq avx512vl");
        for (case, text, level) in [
            ("nothing", "fpu".to_owned(), Level::V1),
            ("v2", v2.to_owned(), Level::V2),
            ("v2 without one", v2.replace("popcnt ", ""), Level::V1),
            ("v3", v3.clone(), Level::V3),
            ("v3 without one", v3.replace("movbe ", ""), Level::V2),
            ("v3 without one of v2", v3.replace("ssse3", ""), Level::V1),
            ("v4", v4.clone(), Level::V4),
            ("v4 without AVX2", v4.replace("avx2 ", ""), Level::V2),
        ] {
            assert_eq!(Level::of(&flags(&text)), level, "{case}");
        }
        assert_eq!(
            Level::V3.lacks(&flags(&v3.replace("movbe ", ""))),
            ["movbe"]
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_seen() {
        let fields = [
            ("disk.sda", "2048|0|0|scsi|naa.5|S1|wwn-0x5 ata-A"),
            ("disk.sdb", "many|0|0|scsi|||"),
            ("disk.sdc", "2048|0|0"),
            ("nic.eno1", "02:00:00:00:00:01|ixgbe|1|10000"),
            ("nic.eno2", "02:00:00:00:00:02|ixgbe||"),
            ("nic.ib0", "80:00:00:48:fe:80:00:00|mlx5|1|1"),
            ("memory_kib", "2097152"),
            ("cpu_flags", "fpu svm"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let hardware = Hardware::read(&BTreeMap::from(fields));
        let disks: Vec<_> = hardware
            .disks
            .iter()
            .map(|disk| (&*disk.name, disk.size))
            .collect();
        assert_eq!(disks, [("sda", 1 << 20)]);
        assert_eq!(hardware.disks[0].ids, ["wwn-0x5", "ata-A"]);
        let ports: Vec<_> = hardware
            .ports
            .iter()
            .map(|port| (port.has_carrier, port.speed))
            .collect();
        assert_eq!(ports, [(true, Some(10_000)), (false, None)]);
        assert_eq!(hardware.memory_mib, 2048);
        assert!(hardware.runs_guests());
        assert!(!Hardware::read(&BTreeMap::new()).runs_guests());
    }
}
