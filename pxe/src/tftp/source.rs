//! Where a transfer's bytes come from: a text made for this client, or a file read ahead in blocks.

use std::io;

use bytes::Bytes;

use crate::tree::Opened;

/// How much of a file is read at once: many small blocks then cost one read.
const AHEAD: u64 = 64 * 1024;

/// What is sent.
#[derive(Debug)]
pub(super) enum Source {
    /// A text, whole.
    Text(Bytes),
    /// A file, with the stretch of it that was read last.
    File {
        /// The file.
        file: Opened,
        /// Where `held` begins in the file.
        at: u64,
        /// Bytes at hand.
        held: Bytes,
    },
}

impl Source {
    /// A text.
    pub(super) fn text(text: String) -> Self {
        Self::Text(text.into())
    }

    /// A file.
    pub(super) fn file(file: Opened) -> Self {
        Self::File {
            file,
            at: 0,
            held: Bytes::new(),
        }
    }

    /// Length, bytes.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::File { file, .. } => file.len,
        }
    }

    /// `size` bytes from `from`, fewer at the end, none behind it.
    pub(super) async fn read(&mut self, from: u64, size: u64) -> io::Result<Bytes> {
        let end = self.len().min(from + size);
        let from = from.min(end);
        match self {
            Self::Text(text) => Ok(slice(text, from, end)),
            Self::File { file, at, held } => {
                if from < *at || end > *at + held.len() as u64 {
                    let size = AHEAD.max(size).min(file.len - from);
                    *held = file
                        .read(from, usize::try_from(size).unwrap_or_default())
                        .await?;
                    *at = from;
                }
                Ok(slice(held, from - *at, end - *at))
            }
        }
    }
}

fn slice(bytes: &Bytes, from: u64, end: u64) -> Bytes {
    let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(index(from)..index(end))
}
