//! Storage clients: mounted as asked, an initiator's name of its own, a session to each portal, every path of every LUN,
//! and no LUN that another host writes to.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use inventory::rack::{Iscsi, Lun, Nfs, Portal, SharedMount, Storage};
use inventory::verification::{Check, What};
use inventory::word::Target;

use super::check::{judged, list, skipped};
use super::{Found, Wanted};

pub(super) fn checks(wanted: &Wanted<'_>, found: &Found) -> Vec<Check> {
    let mut checks = Vec::new();
    for (_, storage) in wanted.rack.storages_of(wanted.node) {
        match storage {
            Storage::Nfs(nfs) => checks.extend(nfs_checks(wanted, nfs, found)),
            Storage::Iscsi(iscsi) => checks.extend(iscsi_checks(wanted, iscsi, found)),
            Storage::SharedMountPoint(shared) => checks.push(shared_mount(wanted, shared, found)),
        }
    }
    checks.extend(initiator(wanted, found));
    checks.push(strange_luns(wanted, found));
    checks
}

/// Where anything must be mounted.
pub(super) fn mounts(wanted: &Wanted<'_>) -> Vec<String> {
    let storages = wanted.rack.storages_of(wanted.node).into_iter();
    let mounts = storages.filter_map(|(_, storage)| match storage {
        Storage::Nfs(nfs) => Some(nfs.mount.to_string()),
        Storage::SharedMountPoint(shared) => Some(shared.path.to_string()),
        Storage::Iscsi(_) => None,
    });
    mounts.collect()
}

/// What others are compared with: the initiator's name, and the LUNs and disks that are seen.
pub(super) fn traits(found: &Found) -> [(&'static str, String); 2] {
    let seen: Vec<&str> = seen(found).into_iter().collect();
    [
        ("initiator", found.one("initiator").to_owned()),
        ("luns", seen.join(" ")),
    ]
}

/// `POINT TYPE SOURCE OPTIONS`. The kernel names its client of NFS 4 so, and `nconnect` only where there are several.
fn nfs_checks(wanted: &Wanted<'_>, nfs: &Nfs, found: &Found) -> Vec<Check> {
    let mut asked = vec![format!("vers={}", nfs.version.number()), "hard".to_owned()];
    if nfs.nconnect > 1 {
        asked.push(format!("nconnect={}", nfs.nconnect));
    }
    asked.extend(nfs.options.iter().map(|option| option.name().to_owned()));
    let begin = format!("nfs4 {} ", nfs.source());
    let seen = found.of("mount", &nfs.mount).unwrap_or("not mounted");
    let options: BTreeSet<&str> = seen
        .strip_prefix(&begin)
        .into_iter()
        .flat_map(|options| options.split(','))
        .collect();
    let is_good = asked.iter().all(|option| options.contains(option.as_str()));
    let asked = format!("{begin}{}", asked.join(","));
    let mut checks = vec![judged(What::Mount, &nfs.mount, (&asked, seen), is_good)];
    if wanted.installed().el.is_some() {
        let seen = found.one("virt_use_nfs");
        let sides = ("on", seen);
        checks.push(judged(What::Selinux, "virt_use_nfs", sides, seen == "on"));
    }
    checks
}

/// Somebody else mounts it: until the host is registered it may be missing.
fn shared_mount(wanted: &Wanted<'_>, shared: &SharedMount, found: &Found) -> Check {
    let asked = shared.file_system.kernel_name();
    let seen = found.of("mount", &shared.path);
    let is_registered = wanted.changes.is_some() || wanted.node.cloud.is_none();
    let (what, point) = (What::Mount, shared.path.as_str());
    match seen {
        None if !is_registered => {
            let why =
                "the cluster's own set-up mounts it, and has time until the host is registered";
            skipped(what, point, (asked, "not mounted"), why)
        }
        None => judged(what, point, (asked, "not mounted"), false),
        Some(seen) => {
            let is_good = seen.split(' ').next() == Some(asked);
            judged(what, point, (asked, seen), is_good)
        }
    }
}

fn iscsi_checks(wanted: &Wanted<'_>, iscsi: &Iscsi, found: &Found) -> Vec<Check> {
    let portals = iscsi.portals.iter();
    let mut checks: Vec<Check> = portals
        .map(|portal| session(&iscsi.target, portal, found))
        .collect();
    let luns = iscsi.luns.iter();
    let own = luns.filter(|lun| wanted.rack.is_given(lun, wanted.node));
    checks.extend(own.map(|its| lun(iscsi, its, found)));
    checks
}

/// `TARGET ADDRESS PORT STATE`, as the kernel's iSCSI has it.
fn session(target: &Target, portal: &Portal, found: &Found) -> Check {
    let is_its = |line: &&String| {
        let words: Vec<&str> = line.split(' ').collect();
        let [its, address, port, _] = words[..] else {
            return false;
        };
        let address: Option<IpAddr> = address.parse().ok();
        its == target.as_str()
            && address == Some(portal.0.ip())
            && port.parse() == Ok(portal.0.port())
    };
    let lines = found.all("session").iter().filter(is_its);
    let states: Vec<&str> = lines.filter_map(|line| line.rsplit(' ').next()).collect();
    let is_good = states == ["LOGGED_IN"];
    let sides = ("LOGGED_IN", &*list(&states));
    judged(What::Session, &format!("{portal}"), sides, is_good)
}

/// One path for each portal, all of them under multipath if there are two.
fn lun(iscsi: &Iscsi, lun: &Lun, found: &Found) -> Check {
    let wanted = iscsi.portals.len();
    let wwid = lun.wwid.as_str();
    let is_its = |line: &&String| line.split(' ').next() == Some(wwid);
    let seen = found.all("lun").iter().filter(is_its).count();
    let map = found.of("multipath", wwid);
    let (asked, is_mapped) = match iscsi.is_multipath() {
        true => {
            let asked = format!("{wanted} paths under multipath, none failed");
            (asked, map == Some(&format!("{wanted} 0")))
        }
        false => ("one path".to_owned(), true),
    };
    let map = match map.and_then(|map| map.split_once(' ')) {
        Some((active, failed)) => format!("; under multipath {active} active, {failed} failed"),
        None => String::new(),
    };
    let found = format!("{seen} paths{map}");
    judged(
        What::Lun,
        wwid,
        (&asked, &found),
        seen == wanted && is_mapped,
    )
}

/// The array lets in by this name: as asked, and nobody else's.
fn initiator(wanted: &Wanted<'_>, found: &Found) -> Option<Check> {
    let asked = wanted.rack.initiator(wanted.node)?;
    let seen = found.one("initiator");
    let mut others = wanted.others.iter();
    let twin = others.find(|other| other.traits.get("initiator").is_some_and(|its| its == seen));
    let shown = match twin {
        Some(other) => format!("{seen}, as {}", other.node),
        None => seen.to_owned(),
    };
    let is_good = seen == asked && twin.is_none();
    Some(judged(What::Initiator, "", (&asked, &shown), is_good))
}

/// LUNs that are seen here and are another host's by the rack file, or are seen by another host too without a lock manager
/// between them. Disks of its own are among what is seen; no other host sees those.
fn strange_luns(wanted: &Wanted<'_>, found: &Found) -> Check {
    let luns: BTreeMap<&str, &Lun> = wanted
        .rack
        .luns()
        .map(|lun| (lun.wwid.as_str(), lun))
        .collect();
    let strange = |wwid: &&str| -> Option<String> {
        let lun = luns.get(wwid);
        if lun.is_some_and(|lun| !wanted.rack.is_given(lun, wanted.node)) {
            return Some(format!("{wwid}, which it is not given"));
        }
        let may_share = |other: &inventory::id::NodeName| {
            let other = wanted.rack.nodes.get(other);
            let both = lun.zip(other);
            both.is_some_and(|(lun, other)| wanted.rack.is_given(lun, other))
        };
        let sees = |traits: &BTreeMap<String, String>| {
            let luns = traits.get("luns").map_or("", String::as_str);
            luns.split(' ').any(|its| its == *wwid)
        };
        let mut others = wanted.others.iter();
        let other = others.find(|other| sees(&other.traits) && !may_share(&other.node))?;
        Some(format!("{wwid}, which {} sees too", other.node))
    };
    let strange: Vec<String> = seen(found).iter().filter_map(strange).collect();
    let is_good = strange.is_empty();
    judged(What::StrangeLuns, "", ("none", &list(&strange)), is_good)
}

fn seen(found: &Found) -> BTreeSet<&str> {
    let lines = found.all("lun").iter();
    lines.filter_map(|line| line.split(' ').next()).collect()
}
