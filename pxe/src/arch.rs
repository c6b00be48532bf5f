//! What a booting program is given next: one pure function of who asks, what its machine may run and which first loader
//! its OS is installed with. Which machine may run what is the interlock's word (`decide`), never said here.
//!
//! Codes of option 93: IANA "Processor Architecture Types" (RFC 4578 had 7 and 9 swapped). A power cut means nothing to it.
//! The whole table is `arch/table.txt`; arm64 stands in it by the book and was never run.

use std::net::IpAddr;

use inventory::id::OsName;
use inventory::lease::Client;
use inventory::rack::{Loader, Os};

/// Instruction set of a UEFI machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cpu {
    /// x86-64.
    X64,
    /// 64-bit ARM.
    Arm64,
}

/// A program that asks for something to boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Booter {
    /// BIOS firmware: its PXE ROM loads over TFTP.
    Bios,
    /// UEFI firmware, PXE over TFTP.
    Uefi(Cpu),
    /// UEFI firmware, HTTP boot.
    UefiHttp(Cpu),
    /// iPXE on any of them: it only needs its script.
    Ipxe,
    /// GRUB behind an OS's shim, which asks for its configuration.
    Grub,
}

/// What a machine may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// The installer: its arm allows it now.
    Installer,
    /// Its own disk.
    OwnDisk,
    /// Its own disk, after a screen that says who it is: no rack file names it. Told by DHCP while a pool is open.
    Screen,
}

/// What a booter is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A loader, the way the booter itself loads.
    Loader(Program, Way),
    /// A text to act on.
    Script(Allowed),
}

/// A first loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// iPXE on the PXE ROM's own driver.
    Undionly,
    /// iPXE on the firmware's own driver. Not signed: Secure Boot refuses it.
    Snponly,
    /// The OS's own shim, with its GRUB beside it. Signed.
    Shim(Cpu),
}

/// How firmware loads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From this appliance's TFTP server.
    Tftp,
    /// By HTTP.
    Http,
}

/// Where a booter finds what it loads next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BootFile {
    /// A path on this appliance's TFTP server.
    Tftp(String),
    /// A whole URL.
    Http(String),
}

impl Booter {
    /// What booter sends this kind of client, this option 60 and this first code of option 93. None if it boots nothing
    /// from here: an installer, a system, or a machine there is no loader for (32-bit UEFI).
    pub fn of(client: Client, vendor_class: &str, arch: Option<u16>) -> Option<Self> {
        match client {
            Client::Ipxe => Some(Self::Ipxe),
            Client::Installer | Client::System => None,
            Client::Firmware => match (arch, vendor_class.starts_with("HTTPClient")) {
                (Some(0) | None, false) => Some(Self::Bios),
                // 9 is EBC; old firmwares send it for x86-64. 16 is x86-64 HTTP boot.
                (Some(7 | 9 | 16), false) => Some(Self::Uefi(Cpu::X64)),
                (Some(7 | 9 | 16), true) => Some(Self::UefiHttp(Cpu::X64)),
                (Some(11 | 19), false) => Some(Self::Uefi(Cpu::Arm64)),
                (Some(11 | 19), true) => Some(Self::UefiHttp(Cpu::Arm64)),
                (Some(_) | None, _) => None,
            },
        }
    }
}

/// What `booter` is given next on a machine that may run `allowed`, where the OS is installed by `loader`.
pub fn next(booter: Booter, allowed: Allowed, loader: Loader) -> Next {
    match booter {
        Booter::Ipxe | Booter::Grub => Next::Script(allowed),
        Booter::Bios => Next::Loader(Program::Undionly, Way::Tftp),
        Booter::Uefi(cpu) => Next::Loader(over_tftp(cpu, allowed, loader), Way::Tftp),
        Booter::UefiHttp(cpu) => Next::Loader(uefi(cpu, loader), Way::Http),
    }
}

/// A UEFI without a boot file tries all its other network protocols first (minutes), and iPXE cannot start a disk there:
/// GRUB behind the OS's shim can, within seconds.
fn over_tftp(cpu: Cpu, allowed: Allowed, loader: Loader) -> Program {
    match allowed {
        Allowed::Installer => uefi(cpu, loader),
        Allowed::OwnDisk | Allowed::Screen => Program::Shim(cpu),
    }
}

/// Debian 12 builds no iPXE for arm64, so that the OS's shim is its only loader.
fn uefi(cpu: Cpu, loader: Loader) -> Program {
    match (cpu, loader) {
        (Cpu::X64, Loader::Ipxe) => Program::Snponly,
        (Cpu::X64, Loader::Shim) | (Cpu::Arm64, Loader::Shim | Loader::Ipxe) => Program::Shim(cpu),
    }
}

/// The same beside another DHCP server, which gives the addresses. GRUB takes whoever gave it its address for its file server
/// (Debian's 2.06 knows no proxy offer): over TFTP it would ask the other server for its configuration, and stop at a prompt
/// for ever. So iPXE, which knows both servers, installs, and a machine that may only boot its own disk is told nothing: its
/// firmware goes on to its next entry.
pub fn next_beside(booter: Booter, allowed: Allowed, loader: Loader) -> Option<Next> {
    match (next(booter, allowed, loader), allowed) {
        (Next::Loader(Program::Shim(Cpu::X64), Way::Tftp), Allowed::Installer) => {
            Some(Next::Loader(Program::Snponly, Way::Tftp))
        }
        (
            Next::Loader(Program::Shim(_), Way::Tftp),
            Allowed::Installer | Allowed::OwnDisk | Allowed::Screen,
        ) => None,
        (next @ (Next::Loader(..) | Next::Script(_)), _) => Some(next),
    }
}

/// [`next`] as a DHCP client is told it: a file of the OS named `name`, from `server`.
pub fn boot_file(
    booter: Booter,
    allowed: Allowed,
    (name, os): (&OsName, &Os),
    server: IpAddr,
) -> BootFile {
    next(booter, allowed, os.loader).file(&os.folder(name), server)
}

/// [`next_beside`], told the same way.
pub fn boot_file_beside(
    booter: Booter,
    allowed: Allowed,
    (name, os): (&OsName, &Os),
    server: IpAddr,
) -> Option<BootFile> {
    Some(next_beside(booter, allowed, os.loader)?.file(&os.folder(name), server))
}

impl Next {
    fn file(self, tree: &str, server: IpAddr) -> BootFile {
        let host = match server {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        match self {
            Self::Loader(program, Way::Tftp) => BootFile::Tftp(program.path(tree)),
            Self::Loader(program, Way::Http) => {
                let folder = program.http_folder();
                BootFile::Http(format!("http://{host}/{folder}{}", program.path(tree)))
            }
            Self::Script(_) => BootFile::Http(format!("http://{host}/boot/ipxe")),
        }
    }
}

impl Program {
    /// Its path on the TFTP server; `tree` is the folder of the OS's install tree there.
    fn path(self, tree: &str) -> String {
        match self {
            Self::Undionly => "undionly.kpxe".to_owned(),
            Self::Snponly => "snponly.efi".to_owned(),
            Self::Shim(Cpu::X64) => format!("{tree}/EFI/BOOT/BOOTX64.EFI"),
            Self::Shim(Cpu::Arm64) => format!("{tree}/EFI/BOOT/BOOTAA64.EFI"),
        }
    }

    /// What stands before that path in a URL.
    fn http_folder(self) -> &'static str {
        match self {
            Self::Undionly | Self::Snponly => "loader/",
            Self::Shim(_) => "",
        }
    }
}

#[cfg(test)]
mod tests;
