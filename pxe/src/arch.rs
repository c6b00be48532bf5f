//! Which first loader a booting program is given. The table of machines and loaders, and nothing of DHCP's own.
//!
//! Codes of option 93: IANA "Processor Architecture Types" (RFC 4578 had 7 and 9 swapped). A pure function; a power cut
//! means nothing to it.

use std::net::Ipv4Addr;

use inventory::id::OsName;
use inventory::lease::Client;
use inventory::rack::{Loader, Os};

/// A program that asks for something to boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Booter {
    /// BIOS firmware: its PXE ROM loads over TFTP.
    Bios,
    /// UEFI firmware on x86-64, PXE over TFTP.
    Uefi,
    /// UEFI firmware on x86-64, HTTP boot.
    UefiHttp,
    /// iPXE on either: it only needs its script.
    Ipxe,
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
    /// from here: an installer, a system, or a machine there is no loader for.
    pub fn of(client: Client, vendor_class: &str, arch: Option<u16>) -> Option<Self> {
        match client {
            Client::Ipxe => Some(Self::Ipxe),
            Client::Installer | Client::System => None,
            Client::Firmware => match (arch, vendor_class.starts_with("HTTPClient")) {
                (Some(0) | None, false) => Some(Self::Bios),
                // 9 is EBC; old firmwares send it for x86-64. 16 is x86-64 HTTP boot.
                (Some(7 | 9 | 16), false) => Some(Self::Uefi),
                (Some(7 | 9 | 16), true) => Some(Self::UefiHttp),
                (_, _) => None,
            },
        }
    }

    /// The loader for a node that may install `os` now, fetched from `server`.
    pub fn to_install(self, name: &OsName, os: &Os, server: Ipv4Addr) -> BootFile {
        let shim = format!("os/{name}/EFI/BOOT/BOOTX64.EFI");
        match (self, os.loader) {
            (Self::Ipxe, _) => BootFile::Http(format!("http://{server}/boot/ipxe")),
            (Self::Bios, _) => BootFile::Tftp("undionly.kpxe".to_owned()),
            (Self::Uefi, Loader::Shim) => BootFile::Tftp(shim),
            (Self::Uefi, Loader::Ipxe) => BootFile::Tftp("snponly.efi".to_owned()),
            (Self::UefiHttp, Loader::Shim) => BootFile::Http(format!("http://{server}/{shim}")),
            (Self::UefiHttp, Loader::Ipxe) => {
                BootFile::Http(format!("http://{server}/loader/snponly.efi"))
            }
        }
    }

    /// The loader for a node that is to boot its own disk. A UEFI without a boot file tries all its other network
    /// protocols first (minutes), and iPXE cannot start a disk there: GRUB behind the OS's shim can, within seconds.
    pub fn to_own_disk(self, name: &OsName, os: &Os, server: Ipv4Addr) -> BootFile {
        match self {
            Self::Uefi => BootFile::Tftp(format!("os/{name}/EFI/BOOT/BOOTX64.EFI")),
            Self::Bios | Self::UefiHttp | Self::Ipxe => self.to_install(name, os, server),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PXE: &str = "PXEClient:Arch:00007:UNDI:003001";
    const HTTP: &str = "HTTPClient:Arch:00016:UNDI:003001";

    #[test]
    fn the_kind_of_client_decides_first_then_the_machine() {
        let table = [
            (Client::Firmware, PXE, Some(0), Some(Booter::Bios)),
            (Client::Firmware, PXE, None, Some(Booter::Bios)),
            (Client::Firmware, PXE, Some(7), Some(Booter::Uefi)),
            (Client::Firmware, PXE, Some(9), Some(Booter::Uefi)),
            (Client::Firmware, HTTP, Some(16), Some(Booter::UefiHttp)),
            (Client::Firmware, HTTP, Some(7), Some(Booter::UefiHttp)),
            (Client::Firmware, PXE, Some(11), None),
            (Client::Firmware, HTTP, Some(0), None),
            (Client::Firmware, PXE, Some(6), None),
            (Client::Ipxe, PXE, Some(7), Some(Booter::Ipxe)),
            (Client::Ipxe, PXE, Some(0), Some(Booter::Ipxe)),
            (Client::Installer, "anaconda-Linux", None, None),
            (Client::System, "", None, None),
        ];
        for (client, class, arch, booter) in table {
            assert_eq!(
                Booter::of(client, class, arch),
                booter,
                "{client:?} {class} {arch:?}"
            );
        }
    }
}
