//! Release, kernel, names, and whether the system runs at all from its disk.

use inventory::rack::Family;
use inventory::verification::{Check, What};

use super::check::{judged, list, same};
use super::{Found, Wanted};

pub(super) fn checks(wanted: &Wanted<'_>, found: &Found) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some(os) = wanted.os() {
        checks.push(same(What::Os, os_id(os.family), found.one("id")));
        checks.push(same(What::OsVersion, &os.version, found.one("version")));
    }
    checks.push(kernel(found));
    checks.push(own_system(wanted, found));
    if let Some(serial) = &wanted.serial {
        checks.push(same(What::Serial, serial.trim(), found.one("serial")));
    }
    checks.push(same(What::HostName, &wanted.fqdn(), found.one("fqdn")));
    checks.push(resolves(wanted, found));
    let kvm = found.one("kvm") == "yes";
    let seen = match kvm {
        true => "there",
        false => "not there: switch virtualisation on in the firmware",
    };
    checks.push(judged(What::Kvm, "", ("there", seen), kvm));
    checks
}

/// An update that was not booted, or a boot that fell back to an older kernel.
fn kernel(found: &Found) -> Check {
    let (runs, default) = (found.one("kernel"), found.one("kernel_default"));
    let is_good = !runs.is_empty() && runs == default;
    judged(What::Kernel, "", (default, runs), is_good)
}

fn own_system(wanted: &Wanted<'_>, found: &Found) -> Check {
    let boot = found.one("boot_id");
    let is_installer = boot.is_empty() || wanted.installer_boot.as_deref() == Some(boot);
    let seen = match is_installer {
        true => "the installer still runs",
        false => "the system on its disk",
    };
    let asked = "the system on its disk";
    judged(What::OwnSystem, "", (asked, seen), !is_installer)
}

/// libvirt and cloud agents ask for the host's own name, and an answer of 127.0.0.1 is of no use to others.
fn resolves(wanted: &Wanted<'_>, found: &Found) -> Check {
    let asked = wanted.node.address.to_string();
    let addresses = found.all("resolves");
    let is_good = addresses.contains(&asked);
    judged(What::NameResolves, "", (&asked, &list(addresses)), is_good)
}

/// `ID` of os-release.
fn os_id(family: Family) -> &'static str {
    match family {
        Family::Rocky => "rocky",
        Family::Alma => "almalinux",
        Family::Rhel => "rhel",
        Family::Standin => "hinode-standin",
    }
}
