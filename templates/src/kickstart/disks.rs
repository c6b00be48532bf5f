//! The disks of a kickstart: which, and the volumes on them.

use inventory::rack::{DiskLayout, Disks};
use inventory::word::DiskId;

/// Where names of disks that outlive a reboot are.
const BY_ID: &str = "/dev/disk/by-id";

/// What the templates say of disks.
pub(super) struct KickstartDisks {
    /// The one that is booted first, as a path.
    pub(super) first: String,
    /// Its mirror, if there is one.
    pub(super) second: Option<String>,
    /// What is on them besides `/boot`.
    pub(super) volumes: Vec<Volume>,
    /// Each must have at least this, MiB.
    pub(super) least_mib: u64,
}

/// A file system or swap.
pub(super) struct Volume {
    /// Mount point, or `swap`.
    pub(super) mount: &'static str,
    /// Name of its logical volume or array.
    pub(super) name: &'static str,
    pub(super) fstype: &'static str,
    /// At least this.
    pub(super) mib: u32,
    /// Takes the rest. Exactly one does.
    pub(super) grows: bool,
}

impl KickstartDisks {
    pub(super) fn of(disks: &Disks, layout: &DiskLayout) -> Self {
        let path = |disk: &DiskId| format!("{BY_ID}/{disk}");
        let (first, second) = match disks {
            Disks::One(disk) => (path(disk), None),
            Disks::Mirror([first, second]) => (path(first), Some(path(second))),
        };
        Self {
            first,
            second,
            volumes: volumes(layout),
            least_mib: layout.least_mib(),
        }
    }

    /// All of them in one text.
    pub(super) fn list(&self, separator: &str) -> String {
        match &self.second {
            None => self.first.clone(),
            Some(second) => format!("{}{separator}{second}", self.first),
        }
    }
}

fn volumes(layout: &DiskLayout) -> Vec<Volume> {
    let volume = |mount, name, mib| Volume {
        mount,
        name,
        fstype: if mount == "swap" { "swap" } else { "xfs" },
        mib,
        grows: false,
    };
    let mut volumes = vec![
        volume("/", "root", layout.root_mib),
        volume("swap", "swap", layout.swap_mib),
        volume("/var/log", "log", layout.log_mib),
        volume("/var/lib/libvirt/images", "images", layout.images_mib),
    ];
    volumes.retain(|volume| volume.mib > 0);
    let rest = if layout.images_mib > 0 {
        "images"
    } else {
        "root"
    };
    for volume in &mut volumes {
        volume.grows = volume.name == rest;
    }
    volumes
}
