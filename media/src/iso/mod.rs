//! ISO 9660 (ECMA-119) with Rock Ridge (IEEE P1282) or Joliet names: from the bytes of an image to an [`Index`] of its files.
//!
//! Only what installation media use: one session, 2048-byte blocks, files in one run of bytes (pieces of one file must follow
//! each other, as those of files over 4 GiB do). Everything else is a fault that names the entry; nothing is guessed, and
//! nothing is read outside the image. How much is believed of a hostile image: [`Limits`].

mod name;
mod overlap;
mod record;
mod volume;
mod walk;

use std::io::{Read, Seek, SeekFrom};

use inventory::media::Index;
use volume::Names;

/// Bytes of a logical block. Others are allowed by ECMA-119 and made by nobody.
pub(crate) const BLOCK: u64 = 2048;

/// How large a directory tree may be. Far above what distributions ship (Rocky 9 DVD: about 8,000 files in 60 folders).
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Files and folders.
    pub entries: usize,
    /// Bytes of all directories together.
    pub directories: u64,
    /// Folders in folders.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 1_000_000,
            directories: 256 * 1024 * 1024,
            depth: 32,
        }
    }
}

/// Why an image is refused.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It cannot be read.
    #[error("the image cannot be read at byte {at}: {error}")]
    Io {
        /// Bytes from its beginning.
        at: u64,
        /// What the system said.
        error: std::io::Error,
    },
    /// It ends before something that it says it holds.
    #[error(
        "{what} ends at byte {end}, but the image has only {size}; it was cut off: get it again"
    )]
    CutOff {
        /// What does not fit.
        what: String,
        /// Where that ends, bytes.
        end: u64,
        /// Bytes of the image.
        size: u64,
    },
    /// No volume descriptor of ISO 9660 where it must be.
    #[error("this is no ISO 9660 image: no volume descriptor at byte 32768")]
    NotIso,
    /// A structure contradicts the standard.
    #[error("{what}: {why}; the image is damaged or was made to deceive")]
    Broken {
        /// Where.
        what: String,
        /// How.
        why: &'static str,
    },
    /// A name that no file of ours may have.
    #[error("{folder} has an entry named {name:?}; the image was made to deceive")]
    BadName {
        /// The folder.
        folder: String,
        /// What it has, escaped.
        name: String,
    },
    /// Two files share bytes and are not the same file.
    #[error("{one} and {other} overlap at byte {at}; the image is damaged or was made to deceive")]
    Overlap {
        /// A file, or what describes the files.
        one: String,
        /// Another.
        other: String,
        /// Bytes from the beginning.
        at: u64,
    },
    /// Larger than any installation medium.
    #[error("{what} is more than {limit}; this is no installation medium")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
}

/// An image and its size.
struct Image<R> {
    reader: R,
    size: u64,
}

impl<R: Read + Seek> Image<R> {
    /// Bytes of the image; `what` is named if they are not there.
    fn read(&mut self, (at, length): (u64, usize), what: &str) -> Result<Vec<u8>, Fault> {
        self.holds((at, length as u64), what)?;
        let mut bytes = vec![0; length];
        self.reader
            .seek(SeekFrom::Start(at))
            .and_then(|_| self.reader.read_exact(&mut bytes))
            .map_err(|error| Fault::Io { at, error })?;
        Ok(bytes)
    }

    fn holds(&self, (at, length): (u64, u64), what: &str) -> Result<(), Fault> {
        match at.checked_add(length) {
            Some(end) if end <= self.size => Ok(()),
            end => Err(Fault::CutOff {
                what: what.to_owned(),
                end: end.unwrap_or(u64::MAX),
                size: self.size,
            }),
        }
    }
}

/// What an image says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Its label, as `Rocky-9-8-x86_64-dvd`. It does not tell the variant: Rocky's boot image has the DVD's.
    pub label: String,
    /// Its files.
    pub index: Index,
}

/// Reads the directories of an image. Rock Ridge names are preferred over Joliet's, which are cut at 64 characters, and
/// those over plain ones.
pub fn read<R: Read + Seek>(mut reader: R, limits: Limits) -> Result<Contents, Fault> {
    let size = reader
        .seek(SeekFrom::End(0))
        .map_err(|error| Fault::Io { at: 0, error })?;
    let mut image = Image { reader, size };
    let volumes = volume::read(&mut image)?;
    image.holds((0, volumes.primary.size), "its volume")?;
    let primary = walk::start(&mut image, &volumes.primary, Names::Plain)?;
    let index = match (primary.names, &volumes.joliet) {
        (Names::Plain, Some(joliet)) => {
            let joliet = walk::start(&mut image, joliet, Names::Joliet)?;
            walk::all(&mut image, joliet, limits)?
        }
        (Names::Plain | Names::RockRidge { .. } | Names::Joliet, _) => {
            walk::all(&mut image, primary, limits)?
        }
    };
    Ok(Contents {
        label: volumes.primary.label,
        index,
    })
}

#[cfg(test)]
mod tests;
