//! Disks of the rack file: which ones of a machine its system goes to, and how they are laid out.

use serde::{Deserialize, Serialize};

use crate::word::{DiskId, Endpoint, Thumbprint};

/// Volumes of the system, xfs but for swap; sizes in MiB. `images` takes the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskLayout {
    /// `/boot`.
    pub boot_mib: u32,
    /// `/`.
    pub root_mib: u32,
    /// Swap; 0 for none.
    pub swap_mib: u32,
    /// `/var/log`; 0 for none.
    pub log_mib: u32,
    /// At least this much for `/var/lib/libvirt/images`; 0 for no such volume, and then `/` takes the rest.
    pub images_mib: u32,
    /// What the volumes are.
    #[serde(default)]
    pub volumes: Volumes,
    /// Whether everything is on two disks, as software RAID1 (md(4)), and the EFI system partition twice.
    #[serde(default)]
    pub mirrored: bool,
    /// How everything but `/boot` and what firmware starts from is encrypted; only what is on logical volumes can be.
    #[serde(default)]
    pub encryption: Option<Encryption>,
}

/// A volume group that is encrypted (LUKS2), opened at boot by locks that need nobody at the console (clevis).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// What opens it; at least one.
    pub locks: Vec<Lock>,
    /// How many of them must agree: 1 to all.
    pub need: u32,
}

/// Something that gives its part of a key away without a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Lock {
    /// The TPM 2.0 of the machine: a disk alone does not open.
    Tpm2,
    /// A Tang server: a machine that cannot reach it does not open.
    Tang {
        /// Its URL.
        url: Endpoint,
        /// The key it is known by (`tang-show-keys`): RFC 7638 thumbprint, SHA-256 or SHA-1, base64url.
        thumbprint: Thumbprint,
    },
}

/// What the volumes of a layout are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Volumes {
    /// Logical volumes of the group `vg_sys`.
    #[default]
    Lvm,
    /// Partitions, or arrays of partitions.
    Plain,
}

/// Which disks a system goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Disks {
    /// One.
    One(DiskId),
    /// Two, each a copy of the other.
    Mirror([DiskId; 2]),
}

impl Disks {
    /// Each of them, the one that is booted first at the front.
    pub fn all(&self) -> &[DiskId] {
        match self {
            Self::One(disk) => std::slice::from_ref(disk),
            Self::Mirror(disks) => disks,
        }
    }
}

/// An EFI system partition of a mirrored layout, MiB: Anaconda makes none above 600 (`rocky-install.md` B).
pub const ESP_MIB: u32 = 600;

impl DiskLayout {
    /// How many disks it is made of.
    pub fn disks(&self) -> usize {
        if self.mirrored { 2 } else { 1 }
    }

    /// Whether a reinstall can leave the images where they are: on a logical volume, whose group is on the one disk as it is.
    pub fn can_keep_images(&self) -> bool {
        let is_plain = !self.mirrored && self.encryption.is_none();
        self.images_mib > 0 && is_plain && self.volumes == Volumes::Lvm
    }

    /// The least that a disk must hold for it, MiB: all volumes, the boot loader's partition, and what md, LVM and GPT take.
    pub fn least_mib(&self) -> u64 {
        /// Ends of partitions and arrays, extents, metadata.
        const TAKEN: u64 = 64;
        let sizes = [
            self.boot_mib,
            self.root_mib,
            self.swap_mib,
            self.log_mib,
            self.images_mib,
        ];
        sizes.into_iter().map(u64::from).sum::<u64>() + u64::from(ESP_MIB) + TAKEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_can_be_kept_only_on_a_volume_of_one_disk() {
        let layout = DiskLayout {
            boot_mib: 1024,
            root_mib: 2048,
            swap_mib: 0,
            log_mib: 0,
            images_mib: 512,
            volumes: Volumes::Lvm,
            mirrored: false,
            encryption: None,
        };
        assert!(layout.can_keep_images());
        let no_images = DiskLayout {
            images_mib: 0,
            ..layout.clone()
        };
        let plain = DiskLayout {
            volumes: Volumes::Plain,
            ..layout.clone()
        };
        let mirrored = DiskLayout {
            mirrored: true,
            ..layout.clone()
        };
        let encrypted = DiskLayout {
            encryption: Some(Encryption {
                locks: vec![Lock::Tpm2],
                need: 1,
            }),
            ..layout
        };
        for layout in [no_images, plain, mirrored, encrypted] {
            assert!(!layout.can_keep_images(), "{layout:?}");
        }
    }
}
