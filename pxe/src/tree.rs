//! Files below a folder (an install tree, the loaders), opened so that no name leads out of it, and files of an image, where
//! its index says. Both are read in blocks.
//!
//! The kernel keeps the walk inside a tree (openat2, RESOLVE_BENEATH): neither `..` nor a symbolic link leads out, a link
//! that is absolute is refused even if it points back in. Read-only; a power cut means nothing to it.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::World;
use crate::shelf::Image;
use bytes::Bytes;
use inventory::id::MediumId;
use inventory::rack::{self, Os, Rack};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2, sendfile};
use rustix::io::{Errno, ReadWriteFlags, preadv2};

/// How much is read at once of a file that is not in the page cache.
const AHEAD: usize = 64 * 1024;

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
pub(crate) enum Place {
    /// Below a folder.
    Folder(InFolder),
    /// In the image of a medium.
    Image(Arc<Image>, Below),
}

/// A file below a folder.
#[derive(Debug, Clone)]
pub(crate) struct InFolder {
    folder: PathBuf,
    path: Below,
    links: Links,
}

impl Place {
    /// The last part of its path.
    pub(crate) fn file_name(&self) -> &str {
        match self {
            Self::Folder(InFolder { path, .. }) | Self::Image(_, path) => path.file_name(),
        }
    }
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

/// An opened regular file, or a file in an opened image.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    file: Arc<File>,
    /// Where it begins, bytes.
    base: u64,
    /// Its length when it was opened, bytes.
    pub(crate) len: u64,
    /// Changes when the file is replaced: length and time of last change, as an entity tag. In an image: where it lies.
    pub(crate) tag: String,
}

/// A loader.
pub(crate) fn loader(rack: &Rack, path: Below) -> Place {
    Place::Folder(InFolder {
        folder: rack.appliance.loaders.clone(),
        path,
        links: Links::All,
    })
}

/// A file of an OS's tree; `None` if its medium is not on the shelf.
pub(crate) fn of_os(world: &World, os: &Os, path: Below) -> Option<Place> {
    match &os.source {
        rack::Source::Tree(folder) => Some(in_folder(folder, path)),
        rack::Source::Media(id) => of_medium(world, id, path),
    }
}

/// A file below a folder.
pub(crate) fn in_folder(folder: &Path, path: Below) -> Place {
    Place::Folder(InFolder {
        folder: folder.to_owned(),
        path,
        links: Links::Inside,
    })
}

/// A file of a medium; `None` if that is not on the shelf.
pub(crate) fn of_medium(world: &World, id: &MediumId, path: Below) -> Option<Place> {
    Some(Place::Image(world.shelf.get(id)?, path))
}

/// Opens the file of a place. What the kernel has at hand is opened at once; else a thread waits for the disk.
pub(crate) async fn open(place: Place) -> Result<Opened, Lack> {
    let place = match place {
        Place::Folder(place) => place,
        Place::Image(image, path) => return in_image(&image, &path),
    };
    if let Some(known) = open_now(&place, ResolveFlags::CACHED) {
        return known;
    }
    let open = move || open_now(&place, ResolveFlags::empty());
    match tokio::task::spawn_blocking(open).await {
        Ok(known) => known.unwrap_or(Err(Lack::NotFound)),
        Err(error) => Err(Lack::Failed(error.into())),
    }
}

fn in_image(image: &Image, path: &Below) -> Result<Opened, Lack> {
    let extent = image.index.get(path.as_str()).ok_or(Lack::NotFound)?;
    Ok(Opened {
        file: image.file.clone(),
        base: extent.offset,
        len: extent.length,
        tag: format!("\"{:x}-{:x}\"", extent.offset, extent.length),
    })
}

/// The file; `None` if `how` says that only what is at hand counts, and the disk would have to be asked.
fn open_now(place: &InFolder, how: ResolveFlags) -> Option<Result<Opened, Lack>> {
    // EINVAL is the answer of kernels before 5.12, which do not know RESOLVE_CACHED.
    let is_unknown =
        |errno| how == ResolveFlags::CACHED && matches!(errno, Errno::AGAIN | Errno::INVAL);
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = match openat2(CWD, &place.folder, flags, Mode::empty(), how) {
        Ok(folder) => folder,
        Err(errno) if is_unknown(errno) => return None,
        Err(errno) => return Some(Err(Lack::NoFolder(place.folder.clone(), errno.into()))),
    };
    let links = match place.links {
        Links::Inside => ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS,
        Links::All => ResolveFlags::NO_MAGICLINKS,
    };
    // Not blocking: opening a pipe that somebody left there would wait for its writer.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    match openat2(
        folder,
        place.path.as_str(),
        flags,
        Mode::empty(),
        how | links,
    ) {
        Ok(file) => Some(opened(file.into())),
        Err(errno) if is_unknown(errno) => None,
        Err(errno) => Some(Err(lack(errno))),
    }
}

fn opened(file: File) -> Result<Opened, Lack> {
    let about = file.metadata().map_err(Lack::Failed)?;
    if !about.is_file() {
        return Err(Lack::NotFound);
    }
    let (len, changed) = (about.len(), (about.mtime(), about.mtime_nsec()));
    Ok(Opened {
        file: Arc::new(file),
        base: 0,
        len,
        tag: format!("\"{len:x}-{:x}.{:x}\"", changed.0, changed.1),
    })
}

fn lack(errno: Errno) -> Lack {
    match errno {
        Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::IO | Errno::NOSYS => {
            Lack::Failed(errno.into())
        }
        // Missing, not a folder, leading out (EXDEV), a loop, too long, not permitted: to a client all the same.
        _ => Lack::NotFound,
    }
}

impl Opened {
    /// `size` bytes from `at`. Fails if the file has become shorter than that.
    pub(crate) async fn read(&self, at: u64, size: usize) -> io::Result<Bytes> {
        let mut block = vec![0; size];
        if self.read_at_hand(at, &mut block) {
            return Ok(block.into());
        }
        self.inside(at, size as u64)?;
        let (file, at) = (self.file.clone(), self.base + at);
        let read = tokio::task::spawn_blocking(move || {
            file.read_exact_at(&mut block, at)?;
            Ok(Bytes::from(block))
        });
        read.await.unwrap_or_else(|error| Err(error.into()))
    }

    /// Fills `block` if the page cache can: nobody waits for the disk.
    fn read_at_hand(&self, at: u64, block: &mut [u8]) -> bool {
        let size = block.len();
        self.read_cached(at, &mut [IoSliceMut::new(block)]) == size
    }

    /// Has `size` bytes from `at` in the page cache, or as many as there are; a thread waits for the disk.
    pub(crate) async fn warm(&self, at: u64, size: usize) -> io::Result<()> {
        let last = (at + size as u64).min(self.len).saturating_sub(1);
        // Readahead goes in order, so first and last tell enough.
        if [at, last]
            .into_iter()
            .all(|at| self.read_at_hand(at, &mut [0]))
        {
            return Ok(());
        }
        let (file, base) = (self.file.clone(), self.base);
        let read = tokio::task::spawn_blocking(move || {
            let (mut at, last, mut block) = (base + at, base + last, vec![0; AHEAD]);
            while at <= last {
                match file.read_at(&mut block, at)? {
                    0 => break,
                    read => at += read as u64,
                }
            }
            Ok(())
        });
        read.await.unwrap_or_else(|error| Err(error.into()))
    }

    /// Sends up to `most` bytes from `at` to a socket, from the page cache without a copy; 0 if the file ends before.
    pub(crate) fn send(&self, socket: impl AsFd, at: u64, most: usize) -> io::Result<usize> {
        let mut at = self.base + at;
        Ok(sendfile(socket, &*self.file, Some(&mut at), most)?)
    }

    /// Fills `parts` from `at`, as far as the kernel has the bytes in memory; tells how many. Never waits for a disk. None on
    /// a file system that cannot tell (overlayfs, NFS).
    pub(crate) fn read_cached(&self, at: u64, parts: &mut [IoSliceMut<'_>]) -> usize {
        preadv2(&*self.file, parts, self.base + at, ReadWriteFlags::NOWAIT).unwrap_or(0)
    }

    /// Whoever asks beyond the end of a file in an image would get the next one's bytes.
    fn inside(&self, at: u64, size: u64) -> io::Result<()> {
        let end = at.checked_add(size);
        match end.is_some_and(|end| end <= self.len) {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

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
        open(Place::Folder(InFolder {
            folder,
            path,
            links,
        }))
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

    /// A file that is on the platter and not in the page cache, or nothing on file systems without a platter.
    fn cold(dir: &Path, size: usize) -> Option<Opened> {
        let path = dir.join("cold");
        std::fs::write(&path, vec![7; size]).unwrap();
        let file = File::open(&path).unwrap();
        file.sync_all().unwrap();
        let all = nix::fcntl::PosixFadviseAdvice::POSIX_FADV_DONTNEED;
        nix::fcntl::posix_fadvise(&file, 0, 0, all).unwrap();
        let file = opened(file).unwrap();
        (!file.read_at_hand(0, &mut [0])).then_some(file)
    }

    #[tokio::test]
    async fn a_file_is_fetched_from_the_disk_before_it_is_sent() {
        let dir = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let Some(file) = cold(dir.path(), 3 << 20) else {
            return println!("skipped: this file system keeps all in memory");
        };
        file.warm(1 << 20, 1 << 20).await.unwrap();
        assert!(file.read_at_hand(1 << 20, &mut vec![0; 1 << 20]));
        file.warm(2 << 20, 5 << 20).await.unwrap();
        assert!(file.read_at_hand((3 << 20) - 1, &mut [0]));
        let read = file.read(0, 100).await.unwrap();
        assert_eq!(&read[..], [7; 100]);
    }
}
