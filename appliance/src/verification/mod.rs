//! Verification of an installed system: one look over SSH, and what was asked against what was found, check by check.
//!
//! The checks are pure, a file a topic; [`look`] is the only part that talks. Nothing on the node is changed by it.

mod check;
mod cluster;
mod disks;
mod found;
mod libvirt;
mod locks;
pub mod look;
pub mod manifest;
mod network;
mod packages;
mod people;
mod routes;
mod services;
mod settings;
mod storage;
mod system;
#[cfg(test)]
mod tests;
mod time;
mod wanted;

use inventory::verification::{CHECKS_MAX, Check};

pub use found::Found;
pub use wanted::{Other, Wanted};

/// Every check of a node, in the order of their topics.
pub fn checks(wanted: &Wanted<'_>, found: &Found) -> Vec<Check> {
    let mut checks = system::checks(wanted, found);
    checks.extend(settings::checks(wanted, found));
    checks.extend(people::checks(wanted, found));
    checks.extend(disks::checks(wanted, found));
    checks.extend(locks::checks(wanted, found));
    checks.extend(network::checks(wanted, found));
    checks.extend(routes::checks(wanted, found));
    checks.extend(storage::checks(wanted, found));
    checks.push(time::check(found));
    checks.push(libvirt::check(wanted, found));
    checks.extend(packages::checks(wanted, found));
    checks.extend(services::checks(wanted, found));
    checks.extend(cluster::checks(wanted, found));
    checks.truncate(CHECKS_MAX);
    checks
}
