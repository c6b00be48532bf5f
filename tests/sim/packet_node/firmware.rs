//! From power-on to the installer's kernel, or to the disk: firmware and the loaders behind it.

use std::net::Ipv4Addr;

use super::config::Firmware;
use super::dhcp::{Lease, Program};
use super::fault::Step;
use super::life::{Life, Stop};
use super::wire::Ask;

/// UEFI HTTP boot and shim call themselves so.
pub(super) const UEFI_HTTP: &str = "UefiHttpBoot/1.0";

/// Architectures of option 93.
const BIOS: u16 = 0;
const UEFI: u16 = 7;

/// What a loader does at last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Booted {
    /// A kernel with this command line.
    Kernel(String),
    /// The disk.
    Disk,
}

/// Where a loader came from: it loads its next from there too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A TFTP server.
    Tftp(Ipv4Addr),
    /// A server, as `http://HOST`.
    Http(String),
}

impl Life<'_> {
    /// The network boot entry. `Stop::NextEntry` leads on to the disk.
    pub(super) async fn network_boot(&mut self) -> Result<Booted, Stop> {
        match self.config.firmware {
            Firmware::Bios => self.pxe(BIOS).await,
            Firmware::Uefi => self.pxe(UEFI).await,
            Firmware::BiosIpxe => self.ipxe(BIOS).await,
            Firmware::UefiIpxe => self.ipxe(UEFI).await,
            Firmware::UefiHttp => self.http_boot().await,
        }
    }

    async fn pxe(&mut self, arch: u16) -> Result<Booted, Stop> {
        let lease = self
            .lease(Program::Pxe(arch))
            .await?
            .ok_or(Stop::NextEntry)?;
        if lease.boot.is_empty() || lease.next.is_unspecified() {
            return Err(Stop::NextEntry);
        }
        let place = (lease.next, lease.boot.as_str());
        let loader = self.tftp(Step::Loader, place).await?;
        match loader {
            Some(bytes) if !bytes.is_empty() => {}
            Some(_) | None => return Err(Stop::NextEntry),
        }
        if lease.boot.ends_with("BOOTX64.EFI") && arch == UEFI {
            return self.shim_tftp(&lease).await;
        }
        let is_ipxe = match arch {
            BIOS => lease.boot.ends_with(".kpxe"),
            _ => lease.boot.ends_with("pxe.efi") || lease.boot.ends_with("snponly.efi"),
        };
        match is_ipxe {
            true => self.ipxe(arch).await,
            false => Err(Self::stuck(
                Step::Loader,
                format!("cannot run {}", lease.boot),
            )),
        }
    }

    async fn http_boot(&mut self) -> Result<Booted, Stop> {
        let lease = self
            .lease(Program::HttpBoot)
            .await?
            .ok_or(Stop::NextEntry)?;
        let url = lease.boot;
        let ask = Ask::get(&url, UEFI_HTTP);
        if self.http(Step::Loader, ask.head()).await?.status != 200 {
            return Err(Stop::NextEntry);
        }
        self.load(Step::Loader, ask).await?.ok_or(Stop::NextEntry)?;
        match url.rsplit_once('/') {
            Some((_, "snponly.efi")) => self.ipxe(UEFI).await,
            Some((folder, "BOOTX64.EFI")) => self.shim_http(folder).await,
            Some(_) | None => Err(Self::stuck(Step::Loader, format!("cannot run {url}"))),
        }
    }

    /// shim takes its folder from the header's `file`, not from option 67 (`rocky-install.md` 0.3).
    async fn shim_tftp(&mut self, lease: &Lease) -> Result<Booted, Stop> {
        let folder = lease
            .file
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder)
            .to_owned();
        for probe in [
            "revocations_sku.efi",
            "revocations_sbat.efi",
            "shim_certificate_0.efi",
        ] {
            let name = format!("{folder}/{probe}");
            self.tftp(Step::Loader, (lease.next, &name)).await?;
        }
        let grub = format!("{folder}/grubx64.efi");
        match self.tftp(Step::Loader, (lease.next, &grub)).await? {
            Some(_) => self.grub(&Origin::Tftp(lease.next), "/grub").await,
            None => Err(Self::stuck(Step::Loader, "shim finds no grubx64.efi")),
        }
    }

    async fn shim_http(&mut self, folder: &str) -> Result<Booted, Stop> {
        let url = format!("{folder}/grubx64.efi");
        self.need(Step::Loader, Ask::get(url, UEFI_HTTP)).await?;
        let rest = folder.trim_start_matches("http://");
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let origin = Origin::Http(format!("http://{host}"));
        self.grub(&origin, &format!("/{path}")).await
    }

    async fn ipxe(&mut self, arch: u16) -> Result<Booted, Stop> {
        let lease = self
            .lease(Program::Ipxe(arch))
            .await?
            .ok_or(Stop::NextEntry)?;
        if lease.boot.is_empty() {
            return Err(Stop::NextEntry);
        }
        let ask = Ask::get(&lease.boot, "iPXE/1.21.1+ (g4fd9)");
        let answer = self.load(Step::Script, ask).await?.ok_or(Stop::NextEntry)?;
        self.ipxe_script(&answer.text(), lease.next).await
    }
}
