//! libvirt: runs, and answers over TLS once the controller has delivered the certificates.

use inventory::verification::{Check, What};

use super::check::{judged, list, skipped};
use super::{Found, Wanted};

/// Packages that bring libvirt's daemon.
pub(super) const DAEMONS: [&str; 3] = ["libvirt", "libvirt-daemon", "libvirt-daemon-kvm"];

/// Whether libvirt's daemon is wanted.
pub(super) fn is_wanted(wanted: &Wanted<'_>) -> bool {
    let packages = wanted.installed().packages;
    packages
        .iter()
        .any(|package| DAEMONS.contains(&package.as_str()))
}

pub(super) fn check(wanted: &Wanted<'_>, found: &Found) -> Check {
    let units = found.all("libvirt");
    let after = wanted.changes.as_ref().is_some_and(|new| new.libvirt_tls);
    let asked = match after {
        true => "answers over TLS",
        false => "runs",
    };
    if !is_wanted(wanted) {
        let why = "neither its OS nor its profile names libvirt among the packages";
        return skipped(What::Libvirt, "", (asked, &list(units)), why);
    }
    if after {
        let answers = found.one("libvirt_tls") == "yes";
        let seen = match answers {
            true => "answers over TLS".to_owned(),
            false => format!("no answer over TLS; units: {}", list(units)),
        };
        return judged(What::Libvirt, "", (asked, &seen), answers);
    }
    judged(What::Libvirt, "", (asked, &list(units)), !units.is_empty())
}
