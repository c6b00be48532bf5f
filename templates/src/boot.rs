//! Boot scripts: what iPXE and GRUB are told, to install or to boot the machine's own disk.

use std::net::IpAddr;

use askama::Template;
use inventory::id::NodeName;
use inventory::rack::Family;

use crate::facts::{Boot, NotRenderable, Over};

#[derive(Template)]
#[template(path = "install.ipxe", escape = "none")]
struct InstallIpxe<'a> {
    images: &'a str,
    args: &'a str,
    script: &'a str,
}

#[derive(Template)]
#[template(path = "install.grub", escape = "none")]
struct InstallGrub<'a> {
    name: &'a str,
    images: &'a str,
    args: &'a str,
}

#[derive(Template)]
#[template(path = "local.ipxe", escape = "none")]
struct LocalIpxe<'a> {
    dir: &'a str,
}

#[derive(Template)]
#[template(path = "unknown.ipxe", escape = "none")]
struct UnknownIpxe {
    from: IpAddr,
}

#[derive(Template)]
#[template(path = "unknown.grub", escape = "none")]
struct UnknownGrub {
    from: IpAddr,
}

#[derive(Template)]
#[template(path = "stray.ipxe", escape = "none")]
struct StrayIpxe<'a> {
    node: &'a NodeName,
    from: IpAddr,
    own: Option<IpAddr>,
    by: &'static str,
}

#[derive(Template)]
#[template(path = "stray.grub", escape = "none")]
struct StrayGrub<'a> {
    node: &'a NodeName,
    from: IpAddr,
    own: Option<IpAddr>,
    by: &'static str,
}

/// The iPXE script that boots the machine's own disk. On UEFI, iPXE cannot start a disk and leaving it sends the firmware
/// round all its other network protocols (two minutes): GRUB can, so it is chained when it is known where it lies,
/// `grub_dir` being the URL of the folder.
pub fn local_ipxe(grub_dir: Option<&str>) -> Result<String, askama::Error> {
    LocalIpxe {
        dir: grub_dir.unwrap_or_default(),
    }
    .render()
}

/// The GRUB configuration that boots the machine's own disk. `exit` would end in some firmware's setup menu, so a
/// machine without a boot loader waits and tries again.
pub fn local_grub() -> &'static str {
    include_str!("../files/local.grub")
}

/// The iPXE script for a machine that asks from an address of no node: what to write into the rack file, and a minute later
/// its own disk.
pub fn unknown_ipxe(from: IpAddr) -> Result<String, askama::Error> {
    UnknownIpxe { from }.render()
}

/// The same for GRUB. Its `smbios` command is part of what Debian signs; without it the names stay empty. Which card it
/// came by, it knows only if its firmware booted it from the network.
pub fn unknown_grub(from: IpAddr) -> Result<String, askama::Error> {
    UnknownGrub { from }.render()
}

/// A node that asks from an address that no node has.
#[derive(Debug, Clone, Copy)]
pub struct Stray<'a> {
    /// Its name.
    pub node: &'a NodeName,
    /// The address it asks from.
    pub from: IpAddr,
    /// Its own address of that family, if it has one.
    pub own: Option<IpAddr>,
}

impl Stray<'_> {
    /// What would give it its own.
    fn by(&self) -> &'static str {
        match self.from {
            IpAddr::V4(_) => "DHCP",
            IpAddr::V6(_) => "DHCPv6",
        }
    }

    /// The iPXE script that says so; [`local_ipxe`] is to follow it.
    pub fn ipxe(&self) -> Result<String, askama::Error> {
        let (node, from, own, by) = (self.node, self.from, self.own, self.by());
        StrayIpxe {
            node,
            from,
            own,
            by,
        }
        .render()
    }

    /// The GRUB configuration that says so, and boots the machine's own disk.
    pub fn grub(&self) -> Result<String, askama::Error> {
        let (node, from, own, by) = (self.node, self.from, self.own, self.by());
        StrayGrub {
            node,
            from,
            own,
            by,
        }
        .render()
    }
}

/// The iPXE script that boots the installer. If a download breaks (the appliance was restarted), it asks anew what this
/// machine may boot, until it is told: nobody stands beside it to press a key.
pub fn install_ipxe(boot: &Boot<'_>, over: Over) -> Result<String, NotRenderable> {
    let (server, folder) = (boot.url_host(over)?, boot.folder()?);
    let tree = format!("http://{server}/{folder}");
    let images = format!("{tree}/images/pxeboot");
    Ok(InstallIpxe {
        images: &images,
        args: &kernel_args(boot, over)?,
        script: &format!("http://{server}/boot/ipxe"),
    }
    .render()?)
}

/// The GRUB configuration that boots the installer; broken downloads are begun again. Kernel and initrd come the way GRUB came, since a distribution's
/// signed GRUB may hold no HTTP module and cannot load one under Secure Boot.
pub fn install_grub(boot: &Boot<'_>, over: Over) -> Result<String, NotRenderable> {
    let images = format!("/{}/images/pxeboot", boot.folder()?);
    let name = boot.node.name.as_str();
    Ok(InstallGrub {
        name,
        images: &images,
        args: &kernel_args(boot, over)?,
    }
    .render()?)
}

/// The installer's kernel command line (`rocky-install.md` A4). `inst.nosave=all_ks` keeps the kickstart off the node.
fn kernel_args(boot: &Boot<'_>, over: Over) -> Result<String, NotRenderable> {
    let (server, os) = (boot.url_host(over)?, boot.os()?);
    let tree = format!("http://{server}/{}", boot.folder()?);
    let mut args = vec![
        format!("inst.ks=http://{server}/ks/{}", boot.token),
        format!("inst.stage2={tree}"),
        format!("inst.repo={tree}"),
        "inst.ks.sendmac".to_owned(),
        "inst.ks.sendsn".to_owned(),
        format!("BOOTIF=01-{}", boot.node.mac.dashed()),
        match over {
            Over::Ipv4 => "ip=dhcp".to_owned(),
            Over::Ipv6 => "ip=dhcp6".to_owned(),
        },
        "inst.text".to_owned(),
        "inst.noninteractive".to_owned(),
        "inst.nosave=all_ks".to_owned(),
    ];
    if os.family != Family::Standin {
        args.push("inst.geoloc=0".to_owned());
    }
    args.extend(os.append.iter().map(ToString::to_string));
    args.push("console=tty0 console=ttyS0,115200n8".to_owned());
    Ok(args.join(" "))
}
