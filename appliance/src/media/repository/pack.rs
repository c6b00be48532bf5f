//! Writing the tar of a repository. What goes through is digested on its way: the tar as a whole, each file, and the payload
//! of a package. What is checked is thus what is kept, and everything is read once.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::atomic::Ordering;

use inventory::id::Sha256;
use media::{repodata, tar};
use ring::digest::{Context, SHA256};

use super::Fault;
use super::source::{PieceReader, Source};
use crate::media::MediaError;
use crate::media::library::io_of;
use crate::media::pass::{Progress, sum};

/// Read, digested and written at once, bytes.
const BLOCK: usize = 256 * 1024;

/// A tar that is being written.
pub(super) struct Pack<'a> {
    out: File,
    whole: Context,
    progress: &'a Progress,
    block: Vec<u8>,
}

impl<'a> Pack<'a> {
    pub(super) fn of(out: File, progress: &'a Progress) -> Self {
        Self {
            out,
            whole: Context::new(&SHA256),
            progress,
            block: vec![0; BLOCK],
        }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.whole.update(bytes);
        self.out.write_all(bytes)
    }

    /// Adds a file of ours.
    pub(super) fn add(&mut self, path: &str, bytes: &[u8]) -> Result<(), MediaError> {
        let size = bytes.len() as u64;
        let parts = [
            &tar::header(path, size)[..],
            bytes,
            &tar::END[..tar::padding(size)],
        ];
        let put = parts.into_iter().try_for_each(|part| self.put(part));
        put.map_err(io_of(path.as_ref()))
    }

    /// Copies a file as it is; `said` is what is said of it, and where. With `None` nothing is.
    pub(super) fn copy(
        &mut self,
        source: &Source,
        path: &str,
        said: Option<(&repodata::File, &str)>,
    ) -> Result<(), MediaError> {
        let piece = match said {
            Some((file, by)) => source.of(file, by)?,
            None => source.get(path)?.ok_or_else(|| Fault::Missing {
                path: path.to_owned(),
                by: source.path().display().to_string(),
            })?,
        };
        let mut through = self.begin(path, (piece.length(), piece.reader()))?;
        let digest = through.finish(path)?;
        match said {
            Some((file, by)) => is_said(file, digest, by),
            None => Ok(()),
        }
    }

    /// Begins a file: whoever reads the rest of it has it written.
    pub(super) fn begin<'p>(
        &'p mut self,
        path: &str,
        (size, reader): (u64, PieceReader<'p>),
    ) -> Result<Through<'p, 'a>, MediaError> {
        let head = self.put(&tar::header(path, size));
        head.map_err(io_of(path.as_ref()))?;
        Ok(Through {
            pack: self,
            reader,
            size,
            file: Context::new(&SHA256),
            payload: None,
        })
    }

    /// Ends it, durably; the digest of all of it.
    pub(super) fn finish(mut self) -> io::Result<Sha256> {
        self.put(&tar::END)?;
        self.out.sync_all()?;
        Ok(sum(self.whole))
    }
}

/// A file on its way into the tar.
pub(super) struct Through<'p, 'a> {
    pack: &'p mut Pack<'a>,
    reader: PieceReader<'p>,
    size: u64,
    file: Context,
    payload: Option<Context>,
}

impl Through<'_, '_> {
    /// What comes from now on is the payload.
    pub(super) fn begin_payload(&mut self) {
        self.payload = Some(Context::new(&SHA256));
    }

    /// Takes the rest; the digest of the file.
    pub(super) fn finish(&mut self, path: &str) -> Result<Sha256, MediaError> {
        let mut block = std::mem::take(&mut self.pack.block);
        let mut rest = || -> io::Result<bool> {
            while self.read(&mut block)? > 0 {
                if self.pack.progress.stop.load(Ordering::Relaxed) {
                    return Ok(false);
                }
            }
            self.pack.put(&tar::END[..tar::padding(self.size)])?;
            Ok(true)
        };
        let is_whole = rest().map_err(io_of(path.as_ref()))?;
        self.pack.block = block;
        match is_whole {
            true => Ok(sum(std::mem::replace(
                &mut self.file,
                Context::new(&SHA256),
            ))),
            false => Err(MediaError::Stopped),
        }
    }

    /// The digest of the payload.
    pub(super) fn payload(self) -> Option<Sha256> {
        self.payload.map(sum)
    }
}

impl Read for Through<'_, '_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(bytes)?;
        let bytes = &bytes[..read];
        self.pack.put(bytes)?;
        self.file.update(bytes);
        if let Some(payload) = &mut self.payload {
            payload.update(bytes);
        }
        let done = &self.pack.progress.done;
        done.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Whether a file is what is said of it.
pub(super) fn is_said(file: &repodata::File, found: Sha256, by: &str) -> Result<(), MediaError> {
    match found == file.sha256 {
        true => Ok(()),
        false => Err(Fault::Digest {
            path: file.path.clone(),
            found,
            said: file.sha256,
            by: by.to_owned(),
        }
        .into()),
    }
}
