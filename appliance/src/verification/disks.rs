//! Disks: `/` lies where the rack file says, and arrays are whole.

use inventory::verification::{Check, What};

use super::check::{judged, list, skipped};
use super::{Found, Wanted};

pub(super) fn checks(wanted: &Wanted<'_>, found: &Found) -> Vec<Check> {
    let disks = wanted.node.disks.all().iter();
    let mut checks: Vec<Check> = disks.map(|disk| root(disk.as_str(), found)).collect();
    let arrays = found.all("array");
    checks.extend(arrays.iter().map(|line| array(line)));
    if wanted
        .profile()
        .is_some_and(|profile| profile.disk.mirrored)
    {
        if arrays.is_empty() {
            checks.push(judged(What::Array, "", ("clean", "no array"), false));
        }
        checks.push(boot_copy(found));
    }
    checks
}

/// The root file system lies on each disk that the rack file names.
fn root(name: &str, found: &Found) -> Check {
    let roots = found.all("rootdisk");
    match found.of("disk", name) {
        None => judged(What::RootDisk, name, (name, "no such disk"), false),
        Some(path) => {
            let is_good = roots.iter().any(|root| root == path);
            judged(What::RootDisk, name, (path, &list(roots)), is_good)
        }
    }
}

/// Either disk starts the machine.
fn boot_copy(found: &Found) -> Check {
    let asked = "as the first";
    match found.one("esp") {
        "bios" => {
            let why = "it was started by a BIOS, which needs no EFI system partition";
            skipped(What::BootCopy, "", (asked, ""), why)
        }
        "same" => judged(What::BootCopy, "", (asked, "as the first"), true),
        "differs" => judged(What::BootCopy, "", (asked, "differs"), false),
        _ => judged(What::BootCopy, "", (asked, "not there"), false),
    }
}

/// `NAME LEVEL STATE DEGRADED`, as the kernel has it (Documentation/admin-guide/md.rst): states in which an array takes
/// writes or waits for them, and no member missing. One that is still copied to its second member is whole.
fn array(line: &str) -> Check {
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    let mut words = rest.split_whitespace().skip(1);
    let state = words.next().unwrap_or_default();
    let missing = words.next().unwrap_or("0");
    let is_running = matches!(state, "clean" | "active" | "active-idle" | "write-pending");
    let found = format!("{state}, {missing} missing");
    let is_good = is_running && missing == "0";
    judged(What::Array, name, ("clean, 0 missing", &found), is_good)
}
