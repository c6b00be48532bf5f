//! `disk` of a profile: the volumes of the system disk.

use std::ops::RangeInclusive;

use serde_spanned::Spanned;

use super::encrypt;
use crate::config::problem::Shape;
use crate::config::section::Section;
use crate::config::what::What;
use crate::rack::{DiskLayout, Volumes};

/// Volumes where the file does not say, MiB: kernels of three updates, a system with its tools, swap for a burst, a year
/// of logs, and room for the system VMs of the cloud controller.
pub(super) const LAYOUT: DiskLayout = DiskLayout {
    boot_mib: 1024,
    root_mib: 30 * 1024,
    swap_mib: 8 * 1024,
    log_mib: 10 * 1024,
    images_mib: 20 * 1024,
    volumes: Volumes::Lvm,
    mirrored: false,
    encryption: None,
};

/// mkfs.xfs makes no file system below 300 MB (xfsprogs 5.19).
const XFS_MIN: u32 = 300;
/// Less swap than this helps nobody.
const SWAP_MIN: u32 = 64;
/// The smallest `/` that holds a system.
const ROOT_MIN: u32 = 2048;
/// 64 TiB: more than one disk holds.
const VOLUME_MAX: u32 = 64 * 1024 * 1024;

const VOLUMES: [(&str, Volumes); 2] = [("lvm", Volumes::Lvm), ("plain", Volumes::Plain)];

pub(super) fn layout(mut section: Section<'_>) -> DiskLayout {
    let volumes = section.choice("volumes", What::Volumes, &VOLUMES);
    let volumes = volumes.map_or(LAYOUT.volumes, Spanned::into_inner);
    let mirrored = section.flag("mirrored");
    let encryption = section.section("encrypt");
    let encryption = encryption.and_then(|section| encrypt::encryption(section, volumes));
    let mut must = |key, usual, least| size(&mut section, key, least).unwrap_or(usual);
    let (boot_mib, root_mib) = (
        must("boot", LAYOUT.boot_mib, XFS_MIN..=VOLUME_MAX),
        must("root", LAYOUT.root_mib, ROOT_MIN..=VOLUME_MAX),
    );
    let mut may = |key, usual, least| optional_size(&mut section, key, least).unwrap_or(usual);
    DiskLayout {
        boot_mib,
        root_mib,
        swap_mib: may("swap", LAYOUT.swap_mib, SWAP_MIN..=VOLUME_MAX),
        log_mib: may("log", LAYOUT.log_mib, XFS_MIN..=VOLUME_MAX),
        images_mib: may("images", LAYOUT.images_mib, XFS_MIN..=VOLUME_MAX),
        volumes,
        mirrored: mirrored.is_some_and(Spanned::into_inner),
        encryption,
    }
}

/// The size of a volume that may be left out with 0, in MiB.
fn optional_size(
    section: &mut Section<'_>,
    key: &'static str,
    range: RangeInclusive<u32>,
) -> Option<u32> {
    let none = section.value(key).is_some_and(|value| {
        let number = value.get_ref().as_integer();
        number.is_some_and(|number| number.as_str() == "0")
    });
    if none {
        return Some(0);
    }
    size(section, key, range)
}

/// A size in MiB.
fn size(section: &mut Section<'_>, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
    let value = section.value(key)?;
    let size = match (value.get_ref().is_str(), value.get_ref().is_integer()) {
        (true, _) => section.parse(key, What::Size, mebibytes),
        (false, true) => section.integer(key, What::Size),
        (false, false) => {
            section.wrong_type(key, Shape::Size, value);
            None
        }
    }?;
    section.in_range(What::Size, &size, range);
    Some(size.into_inner())
}

/// `20 GiB` as MiB.
fn mebibytes(text: &str) -> Option<u32> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text[digits.len()..].trim() {
        "MiB" => 1,
        "GiB" => 1024,
        "TiB" => 1024 * 1024,
        _ => return None,
    };
    digits.parse::<u32>().ok()?.checked_mul(unit)
}
