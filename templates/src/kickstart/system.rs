//! How the installed system is set up, as the kickstart says it: what comes from the profile, and what follows from the
//! node having a cloud controller or none.
//!
//! With `CloudStack` the controller's agent owns the packet filter and libvirt (monolithic, TLS on 16514), and both are made
//! here as its set-up would make them, so that it finds nothing to change (`cloud-controllers.md` B3). Without a controller
//! firewalld is on and libvirt is as the distribution has it.

use inventory::id::Sha256;
use inventory::rack::{Selinux, System};
use uuid::Uuid;

use super::storage::HostStorage;
use crate::facts::{Install, NotRenderable};

/// What tuned does where the profile does not say.
const TUNED: &str = "virtual-host";

/// What libvirt's modular daemons (EL 9 and 10) are called: their sockets would start them beside the monolithic one.
const MODULAR: [&str; 8] = [
    "virtqemud",
    "virtnetworkd",
    "virtnodedevd",
    "virtstoraged",
    "virtsecretd",
    "virtinterfaced",
    "virtnwfilterd",
    "virtproxyd",
];

pub(super) struct HostSystem<'a> {
    pub(super) system: &'a System,
    pub(super) selinux: &'static str,
    pub(super) firewall: String,
    pub(super) sysctl: Vec<String>,
    pub(super) services: String,
    pub(super) tuned: &'a str,
    /// See [`super::is_el`].
    pub(super) is_el: bool,
    pub(super) has_cloud: bool,
    /// Units that must never start beside libvirtd.
    pub(super) masked: Vec<String>,
    /// libvirt's own name of the host. Boards with a placeholder in place of their UUID, or one that another board has
    /// too, cannot migrate guests; this one is made of the serial number, so it is the machine's at every install.
    pub(super) host_uuid: Uuid,
}

impl<'a> HostSystem<'a> {
    pub(super) fn of(
        install: &Install<'a>,
        storage: &HostStorage<'_>,
    ) -> Result<Self, NotRenderable> {
        let (profile, os) = (install.profile()?, install.os()?);
        let (system, has_cloud) = (&profile.system, install.node.cloud.is_some());
        let is_el = super::is_el(os.family);
        Ok(Self {
            system,
            selinux: match system.selinux {
                Selinux::Enforcing => "--enforcing",
                Selinux::Permissive => "--permissive",
            },
            firewall: firewall(has_cloud),
            sysctl: sysctl(system, has_cloud),
            services: services(system, (is_el, has_cloud), storage),
            tuned: tuned(system),
            is_el,
            has_cloud,
            masked: masked(),
            host_uuid: host_uuid(install),
        })
    }
}

/// Ports of TCP without a controller: libvirt over TLS, migration, VNC.
pub(crate) const OPEN_PORTS: [&str; 3] = ["16514", "49152-49215", "5900-6100"];

fn firewall(has_cloud: bool) -> String {
    match has_cloud {
        true => "--disabled".to_owned(),
        false => {
            let ports = OPEN_PORTS.map(|port| format!("{port}:tcp"));
            format!("--enabled --ssh --port={}", ports.join(","))
        }
    }
}

/// What tuned does.
pub(crate) fn tuned(system: &System) -> &str {
    system.tuned.as_deref().unwrap_or(TUNED)
}

/// Kernel settings as `KEY=VALUE`; of two for one key the last holds.
pub(crate) fn sysctl(system: &System, has_cloud: bool) -> Vec<String> {
    let ours = has_cloud.then(|| "net.ipv4.ip_forward=1".to_owned());
    let theirs = system.sysctl.iter().map(ToString::to_string);
    ours.into_iter().chain(theirs).collect()
}

pub(super) fn services(
    system: &System,
    (is_el, has_cloud): (bool, bool),
    storage: &HostStorage<'_>,
) -> String {
    let mut enabled = vec!["chronyd", "sshd", "NetworkManager"];
    if is_el {
        enabled.extend(["tuned", "irqbalance"]);
        enabled.push(if has_cloud { "libvirtd" } else { "firewalld" });
    }
    let units = storage.units();
    enabled.extend(units.iter().map(String::as_str));
    enabled.extend(system.services.iter().map(|unit| unit.as_str()));
    let disabled = match (is_el, has_cloud) {
        (true, true) => " --disabled=firewalld",
        (true, false) | (false, _) => "",
    };
    format!("--enabled={}{disabled}", enabled.join(","))
}

fn masked() -> Vec<String> {
    let sockets = |daemon: &str| {
        let endings = [".socket", "-ro.socket", "-admin.socket"];
        endings.map(|ending| format!("{daemon}{ending}"))
    };
    let modular = MODULAR.iter().flat_map(|daemon| {
        let service = [format!("{daemon}.service")];
        service.into_iter().chain(sockets(daemon))
    });
    let others = ["-tls.socket", "-tcp.socket"];
    let proxy = others.map(|ending| format!("virtproxyd{ending}"));
    let own = others.map(|ending| format!("libvirtd{ending}"));
    modular
        .chain(proxy)
        .chain(sockets("libvirtd"))
        .chain(own)
        .collect()
}

fn host_uuid(install: &Install<'_>) -> Uuid {
    let machine = format!("libvirt host {}", install.identity.serial.trim());
    let sum = Sha256::of(machine.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sum.0[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
