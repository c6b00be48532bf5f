//! Install trees: how many bytes an install of an OS fetches. Learnt from the last one that ended well; before the first
//! one, what is sure to be fetched: kernel, initrd, second stage, and the packages asked for by name.

use std::net::IpAddr;
use std::path::Path;

use inventory::arm::Arm;
use inventory::id::OsName;
use inventory::media::Index;
use inventory::rack::{Node, Os, Source};
use inventory::store::{Change, Expect, Record, Store, StoreError, Table, read};
use inventory::word::Package;
use serde::{Deserialize, Serialize};

use super::check::IMAGES;
use crate::context::Context;

/// Bytes that the last finished install of an OS fetched: the "of N MiB" of the next one's progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched {
    /// The OS.
    pub os: OsName,
    /// Bytes.
    pub bytes: u64,
}

/// Folders below the tree that hold packages: `BaseOS/Packages/a`.
const DEPTH: u8 = 3;

/// The key of a [`Fetched`].
fn key_of(os: &OsName) -> String {
    format!("fetched/{os}")
}

impl Record for Fetched {
    const TABLE: Table = Table::Meta;
    type Key = String;
    fn key(&self) -> String {
        key_of(&self.os)
    }
}

/// Bytes that an install of `os` is expected to fetch.
pub fn expected(store: &dyn Store, os: &OsName) -> Result<Option<u64>, StoreError> {
    Ok(read::<Fetched>(store, &key_of(os))?.map(|found| found.value.bytes))
}

/// Remembers what an install of `os` is sure to fetch, unless more is known. Reads the folder of the tree, or the index of the
/// medium.
pub fn guess(
    context: &Context,
    name: &OsName,
    os: &Os,
    change: &mut Change,
) -> Result<(), StoreError> {
    if expected(context.store(), name)?.is_some() {
        return Ok(());
    }
    let bytes = match &os.source {
        Source::Tree(tree) => {
            let images = IMAGES.iter().map(|image| size(&tree.join(image)));
            images.sum::<u64>() + packages(tree, &os.packages, DEPTH)
        }
        Source::Media(id) => {
            let image = context.world.shelf.get(id);
            image.map_or(0, |image| in_index(&image.index, &os.packages))
        }
    };
    if bytes > 0 {
        change.put(
            Expect::Any,
            &Fetched {
                os: name.clone(),
                bytes,
            },
        )?;
    }
    Ok(())
}

/// Bytes of the images and of the RPMs that are named so.
fn in_index(index: &Index, names: &[Package]) -> u64 {
    let is_fetched = |path: &str| {
        let file = path.rsplit('/').next().unwrap_or(path);
        IMAGES.contains(&path) || is_one_of(file, names)
    };
    let fetched = index.0.iter().filter(|(path, _)| is_fetched(path));
    fetched.map(|(_, extent)| extent.length).sum()
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Bytes of the RPMs below `folder` that are named so (`NAME-VERSION-RELEASE.ARCH.rpm`).
fn packages(folder: &Path, names: &[Package], depth: u8) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let mut bytes = 0;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            bytes += if depth == 0 {
                0
            } else {
                packages(&path, names, depth - 1)
            };
        } else if is_one_of(&entry.file_name().to_string_lossy(), names) {
            bytes += size(&path);
        }
    }
    bytes
}

fn is_one_of(file: &str, names: &[Package]) -> bool {
    let Some(stem) = file.strip_suffix(".rpm") else {
        return false;
    };
    let name = stem.rsplitn(3, '-').nth(2).unwrap_or_default();
    names.iter().any(|wanted| wanted.as_str() == name)
}

/// Remembers what the install of `node`, which just ended well, fetched.
pub async fn learn(context: &Context, node: &Node) -> Result<(), StoreError> {
    let bytes = context.world.served.of(IpAddr::from(node.address));
    let Some(arm) = read::<Arm>(context.store(), &node.name)? else {
        return Ok(());
    };
    // After a restart in the middle of an install only its end was counted: such a number is worse than none.
    if expected(context.store(), &arm.value.os)?.is_some_and(|known| bytes <= known) {
        return Ok(());
    }
    let mut change = Change::default();
    change.put(
        Expect::Any,
        &Fetched {
            os: arm.value.os,
            bytes,
        },
    )?;
    context.store().submit(change).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_told_by_their_whole_name() {
        let names: Vec<Package> = vec!["kernel".parse().unwrap(), "qemu-img".parse().unwrap()];
        let table = [
            ("kernel-9.0-1.x86_64.rpm", true),
            ("qemu-img-9.1.0-15.el9.x86_64.rpm", true),
            ("kernel-core-9.0-1.x86_64.rpm", false),
            ("kernel-9.0-1.x86_64.txt", false),
            ("kernel.rpm", false),
        ];
        for (file, is_one) in table {
            assert_eq!(is_one_of(file, &names), is_one, "{file}");
        }
    }
}
