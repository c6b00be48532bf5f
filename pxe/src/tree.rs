//! Files below a folder (an install tree, the loaders), opened so that no name leads out of it, and read in blocks.
//!
//! The kernel keeps the walk inside a tree (openat2, RESOLVE_BENEATH): neither `..` nor a symbolic link leads out, a link
//! that is absolute is refused even if it points back in. Read-only; a power cut means nothing to it.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSliceMut};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use inventory::rack::{Os, Rack};
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use rustix::io::{ReadWriteFlags, preadv2};

/// A path below a folder: at least one part, no empty part, no `.` or `..`, no NUL, no slash inside a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Below(String);

impl Below {
    /// From the parts between the slashes. Empty parts are dropped: loaders double slashes.
    pub(crate) fn new<'a>(parts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        let is_bad = |part: &&str| matches!(*part, "." | "..") || part.contains(['/', '\0']);
        if parts.is_empty() || parts.iter().any(is_bad) {
            return None;
        }
        Some(Self(parts.join("/")))
    }

    /// As text, without a slash in front.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    pub(crate) fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

/// A file to open.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// Where in it.
    pub(crate) path: Below,
    /// Which symbolic links count.
    pub(crate) links: Links,
}

/// Which symbolic links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    /// Those that stay in the folder: install trees come from elsewhere.
    Inside,
    /// All: the names of loaders are ours, and Debian links `ipxe.efi` to `/boot`.
    All,
}

/// Why a file is not served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lack {
    /// No regular file there, or the name leads out of the folder.
    #[error("no such file")]
    NotFound,
    /// The folder itself cannot be opened.
    #[error("folder {0} cannot be opened ({1}); check the path in the rack file")]
    NoFolder(PathBuf, io::Error),
    /// The disk or the process is in trouble.
    #[error("{0}; check disk and open file limit of the appliance")]
    Failed(io::Error),
}

/// An opened regular file.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    file: Arc<File>,
    /// Its length when it was opened, bytes.
    pub(crate) len: u64,
    /// Changes when the file is replaced: length and time of last change, as an entity tag.
    pub(crate) tag: String,
}

/// A loader.
pub(crate) fn loader(rack: &Rack, path: Below) -> Place {
    Place {
        folder: rack.appliance.loaders.clone(),
        path,
        links: Links::All,
    }
}

/// A file of an OS's tree.
pub(crate) fn of_os(os: &Os, path: Below) -> Place {
    Place {
        folder: os.tree.clone(),
        path,
        links: Links::Inside,
    }
}

/// Opens the file of a place.
pub(crate) async fn open(place: Place) -> Result<Opened, Lack> {
    let opened = tokio::task::spawn_blocking(move || open_now(place)).await;
    opened.unwrap_or_else(|error| Err(Lack::Failed(error.into())))
}

fn open_now(place: Place) -> Result<Opened, Lack> {
    let Place {
        folder,
        path,
        links,
    } = place;
    let inside = OpenOptions::new()
        .read(true)
        .custom_flags((OFlag::O_PATH | OFlag::O_DIRECTORY).bits())
        .open(&folder)
        .map_err(|error| Lack::NoFolder(folder, error))?;
    // Not blocking: opening a pipe that somebody left there would wait for its writer.
    let how = OpenHow::new()
        .flags(OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)
        .resolve(match links {
            Links::Inside => ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_MAGICLINKS,
            Links::All => ResolveFlag::RESOLVE_NO_MAGICLINKS,
        });
    let file = File::from(openat2(&inside, path.as_str(), how).map_err(lack)?);
    let about = file.metadata().map_err(Lack::Failed)?;
    if !about.is_file() {
        return Err(Lack::NotFound);
    }
    let (len, changed) = (about.len(), (about.mtime(), about.mtime_nsec()));
    Ok(Opened {
        file: Arc::new(file),
        len,
        tag: format!("\"{len:x}-{:x}.{:x}\"", changed.0, changed.1),
    })
}

fn lack(errno: Errno) -> Lack {
    match errno {
        Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM | Errno::EIO | Errno::ENOSYS => {
            Lack::Failed(errno.into())
        }
        // Missing, not a folder, leading out (EXDEV), a loop, too long, not permitted: to a client all the same.
        _ => Lack::NotFound,
    }
}

impl Opened {
    /// `size` bytes from `at`. Fails if the file has become shorter than that.
    pub(crate) async fn read(&self, at: u64, size: usize) -> io::Result<Bytes> {
        let file = self.file.clone();
        let block = tokio::task::spawn_blocking(move || {
            let mut block = vec![0; size];
            file.read_exact_at(&mut block, at)?;
            Ok(Bytes::from(block))
        });
        block.await.unwrap_or_else(|error| Err(error.into()))
    }

    /// Fills `parts` from `at`, as far as the kernel has the bytes in memory; tells how many. Never waits for a disk. None on
    /// a file system that cannot tell (overlayfs, NFS).
    pub(crate) fn read_cached(&self, at: u64, parts: &mut [IoSliceMut<'_>]) -> usize {
        preadv2(&*self.file, parts, at, ReadWriteFlags::NOWAIT).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    fn below(path: &str) -> Option<Below> {
        Below::new(path.split('/'))
    }

    #[test]
    fn a_path_that_points_upwards_is_none() {
        for path in ["", "/", "..", "a/../b", "./a", "a/..", "a\0b", "//"] {
            assert_eq!(below(path), None, "{path:?}");
        }
        assert_eq!(below("//a//.treeinfo").unwrap().as_str(), "a/.treeinfo");
    }

    async fn try_open(folder: &Path, path: &str, links: Links) -> Result<Opened, Lack> {
        let (folder, path) = (folder.to_owned(), below(path).unwrap());
        open(Place {
            folder,
            path,
            links,
        })
        .await
    }

    fn tree(dir: &Path) -> PathBuf {
        let tree = dir.join("tree");
        std::fs::create_dir_all(tree.join("sub")).unwrap();
        std::fs::write(dir.join("secret"), "no").unwrap();
        std::fs::write(tree.join(".treeinfo"), "yes").unwrap();
        symlink("../secret", tree.join("out")).unwrap();
        symlink(dir.join("secret"), tree.join("absolute")).unwrap();
        symlink("../.treeinfo", tree.join("sub/inside")).unwrap();
        symlink("loop", tree.join("loop")).unwrap();
        nix::unistd::mkfifo(&tree.join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        tree
    }

    #[tokio::test]
    async fn only_regular_files_inside_the_folder_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        let tree = tree(dir.path());
        let outside = ["out", "absolute"];
        let nothing = ["loop", "sub", "pipe", "missing", ".treeinfo/x"];
        for name in outside.into_iter().chain(nothing) {
            let found = try_open(&tree, name, Links::Inside).await;
            assert!(matches!(found, Err(Lack::NotFound)), "{name}: {found:?}");
        }
        for name in nothing {
            let found = try_open(&tree, name, Links::All).await;
            assert!(matches!(found, Err(Lack::NotFound)), "{name}: {found:?}");
        }
        for name in outside {
            assert!(try_open(&tree, name, Links::All).await.is_ok(), "{name}");
        }
        let nowhere = try_open(&dir.path().join("none"), "x", Links::Inside).await;
        assert!(matches!(nowhere, Err(Lack::NoFolder(..))));
    }

    #[tokio::test]
    async fn a_file_is_read_in_parts_and_not_past_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let tree = tree(dir.path());
        for name in [".treeinfo", "sub/inside"] {
            let found = try_open(&tree, name, Links::Inside).await.unwrap();
            assert_eq!(&found.read(1, 2).await.unwrap()[..], b"es");
            assert!(found.read(1, 3).await.is_err());
        }
    }
}
