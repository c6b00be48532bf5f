//! The kickstart of a KVM host, in the dialects of RHEL 8, 9 and 10 (pykickstart `RHEL8`, `RHEL9`, `RHEL10`).
//!
//! `%pre` is the last gate before the disk: it compares the machine with the arm and looks for data, and refuses by
//! reporting and powering off, since a failed `%pre` never reaches `%onerror`. Nothing in the text outlives the install:
//! one token, a host key that is replaced at the first login, and public keys.

mod disks;
mod locks;
mod repos;
pub(crate) mod storage;
pub(crate) mod system;

use askama::Template;
use inventory::fragment::Fragment;
use inventory::rack::{DiskLayout, ESP_MIB, Family, Os, Profile, Release, Volumes};
use inventory::word::PublicKey;
use inventory::word::Word;
use uuid::Uuid;

use self::disks::KickstartDisks;
use self::locks::{KickstartLocks, lock_packages};
use self::repos::{KickstartRepo, repos};
use self::storage::HostStorage;
use self::system::HostSystem;
use crate::facts::{Data, Install, NotRenderable, Over};
use crate::network::{Keyfile, keyfiles};

/// What a KVM host of an Enterprise Linux family gets when the rack file does not say (`rocky-install.md` B2).
const KVM_HOST: [&str; 22] = [
    "@^minimal-environment",
    "NetworkManager",
    "chrony",
    "curl",
    "dmidecode",
    "edk2-ovmf",
    "ethtool",
    "iproute",
    "iptables-nft",
    "irqbalance",
    "libvirt",
    "libvirt-client",
    "lvm2",
    "nfs-utils",
    "openssh-server",
    "qemu-img",
    "qemu-kvm",
    "rsync",
    "sudo",
    "tar",
    "tuned",
    "xfsprogs",
];

/// How long an installer may take from its first script on; seconds. Packages over a slow network take half an hour, and
/// the arm that takes its report lives for 90 minutes from before the machine was started.
const LIMIT_S: u32 = 60 * 60;

#[derive(Template)]
#[template(path = "host.ks", escape = "none")]
struct HostKickstart<'a> {
    tree: &'a str,
    repos: &'a [KickstartRepo<'a>],
    report: &'a str,
    fqdn: &'a str,
    name: &'a str,
    /// How the installer gets its address; the installed system has it in its key files.
    network: &'a str,
    addresses: &'a [String],
    mac: &'a str,
    release: Release,
    timezone: &'a str,
    ntp: &'a [String],
    serial: &'a str,
    uuid: &'a str,
    /// The same with its first three fields in the other byte order: boards differ (SMBIOS 3 §7.2.1).
    swapped_uuid: &'a str,
    disks: &'a KickstartDisks,
    data: Data,
    layout: &'a DiskLayout,
    /// What stands behind the volume group's own line.
    encrypted: &'a str,
    locks: Option<&'a KickstartLocks<'a>>,
    kernel_args: &'a str,
    appliance_key: &'a str,
    operator_keys: &'a [PublicKey],
    packages: &'a [String],
    system: &'a HostSystem<'a>,
    storage: &'a HostStorage<'a>,
    fragment: Option<&'a Fragment>,
    limit_s: u32,
    host_key_private: &'a str,
    host_key_public: &'a str,
    keyfiles: &'a [Keyfile],
}

/// The kickstart of one install.
pub fn render(install: &Install<'_>, over: Over) -> Result<String, NotRenderable> {
    let (server, profile, os) = (install.url_host(over)?, install.profile()?, install.os()?);
    let text = |uuid: Option<Uuid>| uuid.map(|uuid| uuid.to_string()).unwrap_or_default();
    let locks = KickstartLocks::of(install)?;
    let swapped = install
        .identity
        .uuid
        .map(|uuid| Uuid::from_bytes_le(*uuid.as_bytes()));
    let storage = HostStorage::of(install.rack, install.node);
    let kickstart = HostKickstart {
        tree: &format!("http://{server}/{}", install.folder()?),
        repos: &repos(install, &server)?,
        report: &format!("http://{server}/report/{}", install.token),
        fqdn: &install.fqdn(),
        name: install.node.name.as_str(),
        network: match over {
            Over::Ipv4 => "--bootproto=dhcp --activate --onboot=no --noipv6",
            Over::Ipv6 => "--noipv4 --ipv6=dhcp --activate --onboot=no",
        },
        addresses: &addresses(install),
        mac: &install.node.mac.to_string(),
        release: os.release(),
        timezone: &install.rack.site.timezone,
        ntp: &time_servers(install)?,
        serial: &install.identity.serial,
        uuid: &text(install.identity.uuid),
        swapped_uuid: &text(swapped),
        disks: &KickstartDisks::of(&install.node.disks, &profile.disk),
        data: install.data,
        layout: &profile.disk,
        encrypted: &locks
            .as_ref()
            .map_or_else(String::new, KickstartLocks::option),
        locks: locks.as_ref(),
        kernel_args: &kernel_args(profile).join(" "),
        appliance_key: install.appliance_key.trim(),
        operator_keys: &install.rack.appliance.authorized_keys,
        packages: &packages(os, profile, (install.node.cloud.is_some(), &storage)),
        system: &HostSystem::of(install, &storage)?,
        storage: &storage,
        fragment: profile.kickstart.as_ref(),
        limit_s: LIMIT_S,
        host_key_private: install.host_key.private.expose().trim_end(),
        host_key_public: install.host_key.public.trim_end(),
        keyfiles: &keyfiles(install)?,
    };
    Ok(kickstart.render()?)
}

/// Kernel arguments of the installed system, besides its consoles.
pub(crate) fn kernel_args(profile: &Profile) -> Vec<String> {
    let mut arguments = profile.system.kernel_args();
    arguments.extend(words(&profile.kernel_args));
    arguments
}

fn addresses(install: &Install<'_>) -> Vec<String> {
    let mut addresses = vec![install.node.address.to_string()];
    addresses.extend(install.node.address6.iter().map(ToString::to_string));
    addresses
}

/// The appliance first: in a closed rack it is the only clock that answers.
fn time_servers(install: &Install<'_>) -> Result<Vec<String>, NotRenderable> {
    let mut servers = vec![install.server()?.to_string()];
    servers.extend(install.rack.site.ntp.iter().map(ToString::to_string));
    servers.dedup();
    Ok(servers)
}

/// What is installed, package groups with it.
pub(crate) fn packages(
    os: &Os,
    profile: &Profile,
    (has_cloud, storage): (bool, &HostStorage<'_>),
) -> Vec<String> {
    let mut packages = words(&os.packages);
    if packages.is_empty() {
        packages.extend(KVM_HOST.iter().map(|package| named(package, os.release())));
    }
    if profile.disk.mirrored {
        packages.push("mdadm".to_owned());
    }
    packages.extend(lock_packages(&profile.disk).map(str::to_owned));
    if !has_cloud && is_el(os.family) {
        packages.push("firewalld".to_owned());
    }
    packages.extend(storage.packages());
    packages.extend(words(&profile.packages));
    packages.sort();
    packages.dedup();
    packages
}

/// Whether it is an Enterprise Linux: the stand-in has no firewalld, tuned, kdump or libvirt.
pub(crate) fn is_el(family: Family) -> bool {
    match family {
        Family::Rocky | Family::Alma | Family::Rhel => true,
        Family::Standin => false,
    }
}

/// A package of [`KVM_HOST`] as a release calls it.
fn named(package: &str, release: Release) -> String {
    match (package, release) {
        // Its iptables is the one over nftables already.
        ("iptables-nft", Release::El8) => "iptables".to_owned(),
        (package, Release::El8 | Release::El9 | Release::El10) => package.to_owned(),
    }
}

fn words<K>(words: &[Word<K>]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// The `services` command's options.
pub(crate) fn services(
    os: &Os,
    profile: &Profile,
    (has_cloud, storage): (bool, &HostStorage<'_>),
) -> String {
    system::services(&profile.system, (is_el(os.family), has_cloud), storage)
}
