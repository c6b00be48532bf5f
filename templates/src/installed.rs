//! What the kickstart asks for, for whoever looks afterwards whether it is so.

use inventory::rack::{Node, Os, Profile, Rack, Selinux};

use crate::kickstart::storage::HostStorage;
use crate::kickstart::{self, system};

/// What an installed system must have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Installed {
    /// Packages by name, without groups.
    pub packages: Vec<String>,
    /// Units that must run.
    pub enabled: Vec<String>,
    /// Units that must not.
    pub disabled: Vec<String>,
    /// Kernel arguments.
    pub kernel_args: Vec<String>,
    /// Kernel settings, `KEY=VALUE`; of two for one key the last holds.
    pub sysctl: Vec<String>,
    /// What only an Enterprise Linux has; the stand-in has none of it.
    pub el: Option<El>,
}

/// Settings of an Enterprise Linux.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct El {
    /// SELinux.
    pub selinux: Selinux,
    /// Profile of tuned.
    pub tuned: String,
    /// Whether a crashed kernel leaves a dump.
    pub kdump: bool,
    /// Ports of TCP that firewalld lets in besides SSH; without any it is off.
    pub open_ports: Option<Vec<String>>,
}

/// What `node` must have; nothing if the rack does not know its profile or OS.
pub fn installed(rack: &Rack, node: &Node) -> Installed {
    let profile = rack.profiles.get(&node.profile);
    let os = profile.and_then(|profile| rack.oses.get(&profile.os));
    let (Some(profile), Some(os)) = (profile, os) else {
        return Installed::default();
    };
    let storage = HostStorage::of(rack, node);
    let uses = (node.cloud.is_some(), &storage);
    let mut packages = kickstart::packages(os, profile, uses);
    packages.retain(|package| !package.starts_with('@'));
    let services = kickstart::services(os, profile, uses);
    let mut enabled = option(&services, "--enabled=");
    enabled.extend(storage.own_units());
    Installed {
        packages,
        enabled,
        disabled: option(&services, "--disabled="),
        kernel_args: kickstart::kernel_args(profile),
        sysctl: system::sysctl(&profile.system, node.cloud.is_some()),
        el: el(os, profile, node.cloud.is_some()),
    }
}

fn el(os: &Os, profile: &Profile, has_cloud: bool) -> Option<El> {
    let open_ports = || system::OPEN_PORTS.map(str::to_owned).to_vec();
    kickstart::is_el(os.family).then(|| El {
        selinux: profile.system.selinux,
        tuned: system::tuned(&profile.system).to_owned(),
        kdump: profile.system.kdump,
        open_ports: (!has_cloud).then(open_ports),
    })
}

/// The units of one option of the kickstart's `services` command.
fn option(services: &str, name: &str) -> Vec<String> {
    let mut words = services.split_whitespace();
    let units = words.find_map(|word| word.strip_prefix(name));
    let units = units.into_iter().flat_map(|units| units.split(','));
    units.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kickstart_says_is_wanted() {
        let rack = include_str!("../../docs/examples/rack-16.toml");
        let rack = inventory::config::check(rack).unwrap();
        let node = rack.nodes.values().next().unwrap();
        let wanted = installed(&rack, node);
        assert!(wanted.packages.iter().any(|package| package == "libvirt"));
        assert!(!wanted.packages.iter().any(|name| name.starts_with('@')));
        assert!(wanted.enabled.iter().any(|unit| unit == "chronyd"));
        assert_eq!(wanted.disabled, ["firewalld"]);
    }
}
