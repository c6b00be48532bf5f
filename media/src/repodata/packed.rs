//! Unpacking, with a limit on what comes out in all, and on what is read for one piece of XML.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

/// Bytes that may come out; EPEL whole has 60 million.
const UNPACKED_MAX: u64 = 2 << 30;
/// Bytes between two places where [`Fed::feed`] is called: a tag, or the text between two.
const PIECE_MAX: usize = 1 << 20;
/// What zstd may keep to refer back to, bytes; createrepo_c's levels need 8 MiB.
const WINDOW_MAX: u64 = 16 << 20;

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    None,
    /// gzip (RFC 1952).
    Gzip,
    /// Zstandard (RFC 8878).
    Zstd,
}

impl Packing {
    /// As the file's name says.
    pub fn of(path: &str) -> Option<Self> {
        match path.rsplit('.').next()? {
            "xml" => Some(Self::None),
            "gz" => Some(Self::Gzip),
            "zst" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Unpacks `bytes` while it is read.
pub(super) fn unpack<'r>(
    packing: Packing,
    bytes: impl BufRead + 'r,
) -> io::Result<Fed<Box<dyn BufRead + 'r>>> {
    let unpacked: Box<dyn Read + 'r> = match packing {
        Packing::None => Box::new(bytes),
        Packing::Gzip => Box::new(MultiGzDecoder::new(bytes)),
        Packing::Zstd => Box::new(
            StreamingDecoder::new_with_max_window_size(bytes, WINDOW_MAX)
                .map_err(io::Error::other)?,
        ),
    };
    Ok(Fed::of(Box::new(BufReader::new(unpacked))))
}

/// A reader that ends with an error where too much is read without [`Fed::feed`].
pub(super) struct Fed<R> {
    reader: R,
    piece: usize,
    all: u64,
}

impl<R> Fed<R> {
    pub(super) fn of(reader: R) -> Self {
        Self {
            reader,
            piece: PIECE_MAX,
            all: UNPACKED_MAX,
        }
    }

    /// The next piece may be read.
    pub(super) fn feed(&mut self) {
        self.piece = PIECE_MAX;
    }
}

impl<R: BufRead> BufRead for Fed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match (self.piece, self.all) {
            (0, _) => Err(io::Error::other("a tag or text of more than a MiB")),
            (_, 0) => Err(io::Error::other("more than 2 GiB of it")),
            _ => self.reader.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        self.piece = self.piece.saturating_sub(amount);
        self.all = self.all.saturating_sub(amount as u64);
        self.reader.consume(amount);
    }
}

impl<R: BufRead> Read for Fed<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let held = self.fill_buf()?;
        let length = held.len().min(bytes.len());
        bytes[..length].copy_from_slice(&held[..length]);
        self.consume(length);
        Ok(length)
    }
}
