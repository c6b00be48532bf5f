//! What a packet node is: its hardware, and where the appliance's services are.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use inventory::net::Mac;
use uuid::Uuid;

/// What starts when it is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firmware {
    /// BIOS with a PXE ROM: TFTP.
    Bios,
    /// BIOS with iPXE as its ROM, as QEMU has it.
    BiosIpxe,
    /// UEFI, PXE over TFTP.
    Uefi,
    /// UEFI with iPXE as the card's ROM.
    UefiIpxe,
    /// UEFI, HTTP boot.
    UefiHttp,
}

impl Firmware {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Bios,
        Self::BiosIpxe,
        Self::Uefi,
        Self::UefiIpxe,
        Self::UefiHttp,
    ];

    /// Whether it is a UEFI.
    pub fn is_uefi(self) -> bool {
        match self {
            Self::Bios | Self::BiosIpxe => false,
            Self::Uefi | Self::UefiIpxe | Self::UefiHttp => true,
        }
    }
}

/// Which boot entry comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// The network, then the disk.
    Network,
    /// The disk; the network only if it is blank.
    Disk,
}

/// Ports of the appliance's services, and of the node's own SSH server. Tests without privileges choose others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// DHCP.
    pub dhcp: u16,
    /// TFTP.
    pub tftp: u16,
    /// What port 80 in a URL stands for.
    pub http: u16,
    /// The node's SSH.
    pub ssh: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            dhcp: 67,
            tftp: 69,
            http: 80,
            ssh: 22,
        }
    }
}

/// Processor, memory and further network ports.
#[derive(Debug, Clone)]
pub struct Hardware {
    /// Flags of its processor.
    pub cpu_flags: String,
    /// Memory, MiB.
    pub memory_mib: u64,
    /// Whether the cable of the port with `mac` is in. What is sent goes through all the same.
    pub has_carrier: bool,
}

impl Default for Hardware {
    fn default() -> Self {
        let flags = "fpu cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3 avx avx2 bmi1 bmi2 f16c fma abm movbe xsave svm";
        Self {
            cpu_flags: flags.to_owned(),
            memory_mib: 8192,
            has_carrier: true,
        }
    }
}

/// A packet node.
#[derive(Debug, Clone)]
pub struct Config {
    /// MAC of its only network port.
    pub mac: Mac,
    /// SMBIOS UUID.
    pub uuid: Uuid,
    /// SMBIOS product serial number.
    pub serial: String,
    /// Its only disk, as named under `/dev/disk/by-id/`.
    pub disk: String,
    /// Its firmware.
    pub firmware: Firmware,
    /// Who hears its DHCP: the broadcast address on a cable, a server's address on loopback, which has no broadcasts.
    pub server: Ipv4Addr,
    /// Where services listen.
    pub ports: Ports,
    /// Where the agent of a registered host connects.
    pub agents: Option<SocketAddr>,
    /// How long it waits for an answer before it asks again. Real ones wait seconds.
    pub patience: Duration,
    /// The rest of its hardware, as an installer's look finds it.
    pub hardware: Hardware,
    /// What the installed system says of itself instead of the truth, as lines of `KEY=VALUE`.
    pub lies: Vec<(String, String)>,
}
