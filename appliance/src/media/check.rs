//! What an image must be: what its maker says of it, and what it says of itself. Everything that can be known before its
//! bytes are read through.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use inventory::id::{MediumId, Sha256};
use inventory::media::{Extent, Index, Voucher};
use media::signature::Key;
use media::treeinfo::{self, TreeInfo};
use media::{checksum, iso, signature};

use super::MediaError;
use super::pass::Digests;

/// What every install takes from its tree.
pub const IMAGES: [&str; 3] = [
    "images/pxeboot/vmlinuz",
    "images/pxeboot/initrd.img",
    "images/install.img",
];

/// Packages that say which minor release a system is: `rocky-release-9.8-1.2.el9.noarch.rpm`.
pub const RELEASE_PACKAGES: [&str; 3] = ["rocky-release", "almalinux-release", "redhat-release"];

/// A `.treeinfo` is a few KiB.
const TREEINFO_MAX: u64 = 1024 * 1024;

/// What a person gave along with an image.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The maker's list.
    pub list: Option<String>,
    /// The signature beside it.
    pub signature: Option<Vec<u8>>,
    /// A digest that the person has from elsewhere.
    pub digest: Option<Sha256>,
}

/// What the bytes must have, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// The digest.
    pub sha256: Sha256,
    /// The size, if it is said.
    pub size: Option<u64>,
    /// Who says it.
    pub voucher: Voucher,
}

/// What somebody vouches for, of the image called `name`.
pub fn promise(evidence: &Evidence, name: &str, keys: &[Key]) -> Result<Promise, MediaError> {
    if let Some(list) = &evidence.list {
        let signed = signature::verify(list, evidence.signature.as_deref(), keys)?;
        let sum = checksum::of(&signed.text, name)?;
        return Ok(Promise {
            sha256: sum.sha256,
            size: sum.size,
            voucher: Voucher::Signature {
                maker: signed.by.maker().map(str::to_owned),
                key: signed.by.to_string(),
            },
        });
    }
    let sha256 = evidence.digest.ok_or(MediaError::NoVoucher)?;
    Ok(Promise {
        sha256,
        size: None,
        voucher: Voucher::Person,
    })
}

/// What an image says of itself.
#[derive(Debug, Clone)]
pub struct Tree {
    /// Its label.
    pub label: String,
    /// Its files.
    pub index: Index,
    /// What it says it is.
    pub info: TreeInfo,
}

/// Reads directories and `.treeinfo` of an image.
pub fn tree(file: &File, path: &Path) -> Result<Tree, MediaError> {
    let contents = iso::read(file, iso::Limits::default())?;
    let missing = |path: &str| MediaError::NoTree {
        path: path.to_owned(),
    };
    let at = contents
        .index
        .get(treeinfo::PATH)
        .filter(|at| at.length <= TREEINFO_MAX);
    let at = at.ok_or_else(|| missing(treeinfo::PATH))?;
    let mut text = vec![0; usize::try_from(at.length).unwrap_or_default()];
    file.read_exact_at(&mut text, at.offset)
        .map_err(|source| MediaError::Io {
            path: path.to_owned(),
            source,
        })?;
    let info = treeinfo::parse(&String::from_utf8_lossy(&text))?;
    if !matches!(info.arch.as_str(), "x86_64" | "aarch64") {
        return Err(MediaError::Arch { found: info.arch });
    }
    let sums = info.sums.keys().map(String::as_str);
    for path in IMAGES.into_iter().chain(sums) {
        contents.index.get(path).ok_or_else(|| missing(path))?;
    }
    same_release(&contents.index, &info)?;
    Ok(Tree {
        label: contents.label,
        index: contents.index,
        info,
    })
}

/// Whether the packages are of the installer's own minor release, where one of them says so: a newer installer calls what an
/// older release does not have.
fn same_release(index: &Index, info: &TreeInfo) -> Result<(), MediaError> {
    let files = index.0.keys().filter_map(|path| path.rsplit('/').next());
    let said = files.filter_map(|file| {
        let (name, version) = RELEASE_PACKAGES
            .iter()
            .find_map(|name| Some((name, file.strip_prefix(name)?.strip_prefix('-')?)))?;
        Some((name, version.split('-').next()?))
    });
    for (name, version) in said {
        if version.starts_with(|letter: char| letter.is_ascii_digit()) && version != info.version {
            return Err(MediaError::OtherMinor {
                package: format!("{name}-{version}"),
                version: info.version.clone(),
            });
        }
    }
    Ok(())
}

impl Tree {
    /// The files that `.treeinfo` has sums of.
    pub fn parts(&self) -> Vec<(String, Extent)> {
        let paths = self.info.sums.keys();
        paths
            .filter_map(|path| Some((path.clone(), self.index.get(path)?)))
            .collect()
    }

    /// Its id: release, version, architecture, and the beginning of its digest.
    pub fn id(&self, sha256: &Sha256) -> Option<MediumId> {
        let TreeInfo {
            short,
            version,
            arch,
            ..
        } = &self.info;
        let digest: String = sha256.to_string().chars().take(8).collect();
        let plain = format!("{short}-{version}-{arch}").to_ascii_lowercase();
        let plain = plain.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
        let plain: String = plain.chars().take(48).collect();
        format!("{}-{digest}", plain.trim_matches('-')).parse().ok()
    }
}

/// Whether the bytes are what was promised, and the files what `.treeinfo` says.
pub fn holds(
    found: &Digests,
    promised: Sha256,
    sums: &BTreeMap<String, Sha256>,
) -> Result<(), MediaError> {
    if found.whole != promised {
        return Err(MediaError::Digest {
            found: found.whole,
            said: promised,
        });
    }
    for (path, said) in sums {
        match found.parts.get(path) {
            Some(found) if found != said => {
                return Err(MediaError::Part {
                    path: path.clone(),
                    found: *found,
                    said: *said,
                });
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}
