//! How the system is set up: SELinux, the kernel's arguments and settings, tuned, kdump, the packet filter.

use std::collections::{BTreeMap, BTreeSet};

use inventory::rack::Selinux;
use inventory::verification::{Check, What};
use templates::installed::{El, Installed};

use super::check::{judged, list, same, skipped};
use super::{Found, Wanted};

pub(super) fn checks(wanted: &Wanted<'_>, found: &Found) -> Vec<Check> {
    let installed = wanted.installed();
    let mut checks = vec![kernel_args(&installed, found)];
    checks.extend(sysctl(&installed, found));
    match &installed.el {
        Some(el) => checks.extend([
            selinux(wanted, el, found),
            same(What::Tuned, &el.tuned, found.one("tuned")),
            kdump(el, found),
            firewall(el, found),
        ]),
        None => checks.extend(
            [What::Selinux, What::Tuned, What::Kdump, What::Firewall]
                .map(|what| skipped(what, "", ("", ""), "the stand-in has none")),
        ),
    }
    checks
}

/// `NOW CONFIGURED`. A controller that makes it permissive need not: newer ones leave it.
fn selinux(wanted: &Wanted<'_>, el: &El, found: &Found) -> Check {
    let own = match el.selinux {
        Selinux::Enforcing => "enforcing",
        Selinux::Permissive => "permissive",
    };
    let changes = wanted.changes.as_ref();
    let may_relax = changes.is_some_and(|changes| changes.may_relax_selinux);
    let seen = found.one("selinux").to_ascii_lowercase();
    let is_all = |mode: &str| seen == format!("{mode} {mode}");
    let is_good = is_all(own) || (may_relax && is_all("permissive"));
    let asked = match may_relax && own != "permissive" {
        true => "enforcing or permissive, now and when it starts".to_owned(),
        false => format!("{own}, now and when it starts"),
    };
    judged(What::Selinux, "", (&asked, &seen), is_good)
}

fn kernel_args(installed: &Installed, found: &Found) -> Check {
    let runs: BTreeSet<&str> = found.one("cmdline").split_whitespace().collect();
    let asked = &installed.kernel_args;
    let lacks: Vec<&str> = asked
        .iter()
        .map(String::as_str)
        .filter(|argument| !runs.contains(argument))
        .collect();
    let seen = match lacks.as_slice() {
        [] if runs.is_empty() => "no arguments at all".to_owned(),
        [] => "all of them".to_owned(),
        lacks => format!("lacks {}", lacks.join(" ")),
    };
    let is_good = lacks.is_empty() && !runs.is_empty();
    judged(What::KernelArgs, "", (&list(asked), &seen), is_good)
}

fn sysctl(installed: &Installed, found: &Found) -> Vec<Check> {
    let pairs = installed.sysctl.iter();
    let last: BTreeMap<&str, &str> = pairs.filter_map(|pair| pair.split_once('=')).collect();
    let check = |(key, asked): (&str, &str)| {
        let seen = found.of("sysctl", key).unwrap_or_default();
        let seen: Vec<&str> = seen.split_whitespace().collect();
        let seen = seen.join(" ");
        judged(What::Sysctl, key, (asked, &seen), seen == asked)
    };
    last.into_iter().map(check).collect()
}

/// Whether the kernel that takes over has been loaded.
fn kdump(el: &El, found: &Found) -> Check {
    let name = |is_loaded| match is_loaded {
        true => "a kernel for it is loaded",
        false => "none is loaded",
    };
    let seen = match found.one("kdump") {
        "1" => name(true),
        "0" => name(false),
        _ => "the kernel does not say",
    };
    let asked = name(el.kdump);
    judged(What::Kdump, "", (asked, seen), asked == seen)
}

/// firewalld: off, or these ports and no others. Of services, those that its zone has from the start do no harm.
fn firewall(el: &El, found: &Found) -> Check {
    let state = found.one("firewall");
    let Some(ports) = &el.open_ports else {
        return same(What::Firewall, "not running", state);
    };
    let asked: BTreeSet<String> = ports.iter().map(|port| format!("{port}/tcp")).collect();
    let opened = found.all("opened").iter();
    let (seen, services): (BTreeSet<String>, BTreeSet<String>) =
        opened.cloned().partition(|opened| opened.contains('/'));
    let has_ssh = services.contains("ssh");
    let is_good = state == "running" && has_ssh && seen == asked;
    let of = |names: &BTreeSet<String>| list(&names.iter().collect::<Vec<_>>());
    let asked = format!("running; ports {}, and ssh", of(&asked));
    let seen = format!("{state}; ports {}; services {}", of(&seen), of(&services));
    judged(What::Firewall, "", (&asked, &seen), is_good)
}
