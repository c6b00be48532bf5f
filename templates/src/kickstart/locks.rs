//! Encrypted disks of a kickstart: the passphrase that the installer is given, and what opens them at boot (clevis).

use std::fmt::Write as _;
use std::iter;
use std::net::Ipv4Addr;

use inventory::rack::{DiskLayout, Encryption, Lock};

use crate::facts::{Install, NotRenderable};

/// What the templates say of them.
pub(super) struct KickstartLocks<'a> {
    /// Good until the first login.
    pub(super) passphrase: &'a str,
    /// What clevis binds to: JSON of its pin `sss`, without a single quote.
    pub(super) policy: String,
    /// Kernel arguments that give the initial RAM disk an address; empty if no lock is asked over the network.
    pub(super) network: String,
}

impl<'a> KickstartLocks<'a> {
    /// None if its disks are not encrypted.
    pub(super) fn of(install: &Install<'a>) -> Result<Option<Self>, NotRenderable> {
        let Some(encryption) = &install.profile()?.disk.encryption else {
            return Ok(None);
        };
        let missing = || install.missing("a passphrase for its disks".to_owned());
        Ok(Some(Self {
            passphrase: install.passphrase.ok_or_else(missing)?.expose(),
            policy: policy(encryption),
            network: match has_server(encryption) {
                true => network(install),
                false => String::new(),
            },
        }))
    }

    /// Options of the line that makes the container.
    pub(super) fn option(&self) -> String {
        let passphrase = self.passphrase;
        format!(" --encrypted --luks-version=luks2 --passphrase={passphrase}")
    }
}

/// A Shamir secret of as many parts as there are locks, `need` of which are enough. The TPM's part is bound to no PCR:
/// bound to PCR 7, a machine of the virtual rack stayed shut at its first start from disk. Most likely shim, which measures
/// into it, had run twice there, once of the network and once of the disk; a node would stand at a prompt after every change
/// of its boot order.
fn policy(encryption: &Encryption) -> String {
    let mut tpm = "";
    let mut servers = Vec::new();
    for lock in &encryption.locks {
        match lock {
            Lock::Tpm2 => tpm = r#""tpm2":[{}]"#,
            Lock::Tang { url, thumbprint } => {
                servers.push(format!(r#"{{"url":"{url}","thp":"{thumbprint}"}}"#));
            }
        }
    }
    let tang = match servers.as_slice() {
        [] => String::new(),
        servers => format!(r#""tang":[{}]"#, servers.join(",")),
    };
    let pins: Vec<&str> = [tpm, &tang]
        .into_iter()
        .filter(|it| !it.is_empty())
        .collect();
    format!(
        r#"{{"t":{},"pins":{{{}}}}}"#,
        encryption.need,
        pins.join(",")
    )
}

fn has_server(encryption: &Encryption) -> bool {
    let mut locks = encryption.locks.iter();
    locks.any(|lock| match lock {
        Lock::Tpm2 => false,
        Lock::Tang { .. } => true,
    })
}

/// The node's own address on the port that it boots from (dracut.cmdline(7)): at night the appliance may be away.
fn network(install: &Install<'_>) -> String {
    let node = install.node;
    let network = install.rack.networks.get(&node.network);
    let gateway = network.and_then(|network| network.gateway);
    let gateway = gateway
        .map(|gateway| gateway.to_string())
        .unwrap_or_default();
    let mask = network.and_then(|network| network.subnet);
    let mask = mask.map_or(Ipv4Addr::BROADCAST, |subnet| subnet.netmask());
    let mut arguments = "rd.neednet=1".to_owned();
    let mac = node.mac.to_string().replace(':', "-");
    let _ = write!(
        arguments,
        " ip={}::{gateway}:{mask}:{}::none BOOTIF=01-{mac}",
        node.address, node.name
    );
    arguments
}

/// Packages that an encrypted layout needs.
pub(super) fn lock_packages(layout: &DiskLayout) -> impl Iterator<Item = &'static str> {
    let locks = layout.encryption.iter().flat_map(|it| &it.locks);
    let tools = locks.filter_map(|lock| match lock {
        Lock::Tpm2 => Some("tpm2-tools"),
        Lock::Tang { .. } => None,
    });
    let always = layout
        .encryption
        .iter()
        .flat_map(|_| ["clevis-dracut", "cryptsetup"]);
    always.chain(iter::Iterator::take(tools, 1))
}
