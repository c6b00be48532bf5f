//! Where a repository is read from: a folder, or a tar that is read where it lies. Names come from metadata, which nobody
//! signed: in a folder the kernel keeps them inside it, and follows no link.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use inventory::media::{Extent, Index};
use media::{repodata, tar};
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};

use super::Fault;
use crate::media::MediaError;
use crate::media::library::{io_of, open_regular};

/// A folder or a tar.
pub(super) enum Source {
    Folder(PathBuf, OwnedFd),
    Tar(PathBuf, Arc<File>, Index),
}

/// A file of it.
pub(super) struct Piece {
    file: Arc<File>,
    extent: Extent,
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self, MediaError> {
        if path.is_dir() {
            let folder = File::open(path).map_err(io_of(path))?;
            return Ok(Self::Folder(path.to_owned(), folder.into()));
        }
        let file = open_regular(path)?;
        let index = tar::read(&file).map_err(Fault::from)?;
        Ok(Self::Tar(path.to_owned(), Arc::new(file), index))
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Folder(path, _) | Self::Tar(path, _, _) => path,
        }
    }

    /// The file at `path`, if there is one.
    pub(super) fn get(&self, path: &str) -> Result<Option<Piece>, MediaError> {
        match self {
            Self::Tar(_, file, index) => Ok(index.get(path).map(|extent| Piece {
                file: file.clone(),
                extent,
            })),
            Self::Folder(folder, opened) => inside(opened, path).map_err(|error| match error {
                Errno::ELOOP | Errno::EXDEV => Fault::NotPlain {
                    path: path.to_owned(),
                }
                .into(),
                error => io_of(&folder.join(path))(error.into()),
            }),
        }
    }

    /// The file that `by` names, as long as it says.
    pub(super) fn of(&self, file: &repodata::File, by: &str) -> Result<Piece, MediaError> {
        let path = || file.path.clone();
        let piece = self.get(&file.path)?.ok_or_else(|| Fault::Missing {
            path: path(),
            by: by.to_owned(),
        })?;
        match piece.length() == file.size {
            true => Ok(piece),
            false => Err(Fault::Size {
                path: path(),
                found: piece.length(),
                said: file.size,
                by: by.to_owned(),
            }
            .into()),
        }
    }
}

/// Opens a regular file below a folder; `None` if there is none.
fn inside(folder: &OwnedFd, path: &str) -> Result<Option<Piece>, Errno> {
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    let within = ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS;
    let how = OpenHow::new().flags(flags).resolve(within);
    let file = match openat2(folder, path, how) {
        Ok(file) => File::from(file),
        Err(Errno::ENOENT | Errno::ENOTDIR) => return Ok(None),
        Err(error) => return Err(error),
    };
    let about = file.metadata().map_err(errno)?;
    match about.is_file() {
        true => Ok(Some(Piece {
            file: Arc::new(file),
            extent: Extent {
                offset: 0,
                length: about.len(),
            },
        })),
        // As a link would be.
        false => Err(Errno::ELOOP),
    }
}

fn errno(error: io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or_default())
}

impl Piece {
    /// Bytes.
    pub(super) fn length(&self) -> u64 {
        self.extent.length
    }

    pub(super) fn reader(&self) -> PieceReader<'_> {
        PieceReader {
            file: &self.file,
            left: self.extent,
        }
    }
}

/// Reads a piece from its beginning to its end, wherever anybody else reads the file.
pub(super) struct PieceReader<'a> {
    file: &'a File,
    left: Extent,
}

impl Read for PieceReader<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left.length).unwrap_or(usize::MAX);
        let most = most.min(bytes.len());
        let read = self.file.read_at(&mut bytes[..most], self.left.offset)?;
        if read == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left.offset += read as u64;
        self.left.length -= read as u64;
        Ok(read)
    }
}
