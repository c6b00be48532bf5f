//! Where a transfer's bytes come from: a text made for this client, or a file. What the kernel has in memory is read on the
//! spot; the rest is read elsewhere, since a disk must not hold up other transfers.

use std::io;

use bytes::Bytes;

use super::window::Window;
use crate::tree::Opened;

/// How much of a file is read at once when it is not in memory: many small blocks then cost one read. Small, for there may
/// be thousands of transfers; the kernel reads further ahead by itself.
const AHEAD: u64 = 16 * 1024;

/// What is sent.
#[derive(Debug)]
pub(super) enum Source {
    /// A text, whole.
    Text(Bytes),
    /// A file, with the stretch of it that had to be read.
    File(Opened, Option<Stretch>),
}

/// Bytes of a file.
#[derive(Debug)]
pub(super) struct Stretch {
    at: u64,
    bytes: Bytes,
}

/// Bytes of a file that are not in memory.
#[derive(Debug)]
pub(super) struct Unread {
    file: Opened,
    at: u64,
    size: u64,
}

impl Unread {
    /// Reads them, however long it takes.
    pub(super) async fn read(self) -> io::Result<Stretch> {
        let size = usize::try_from(self.size).unwrap_or_default();
        let bytes = self.file.read(self.at, size).await?;
        Ok(Stretch { at: self.at, bytes })
    }
}

impl Stretch {
    fn part(&self, from: u64, size: usize) -> Option<&[u8]> {
        let from = usize::try_from(from.checked_sub(self.at)?).ok()?;
        self.bytes.get(from..from.checked_add(size)?)
    }
}

impl Source {
    /// A text.
    pub(super) fn text(text: String) -> Self {
        Self::Text(text.into())
    }

    /// A file.
    pub(super) fn file(file: Opened) -> Self {
        Self::File(file, None)
    }

    /// Length, bytes.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::File(file, _) => file.len,
        }
    }

    /// Keeps what was read, until the transfer has left it behind.
    pub(super) fn hold(&mut self, stretch: Stretch) {
        match self {
            Self::Text(_) => {}
            Self::File(_, held) => *held = Some(stretch),
        }
    }

    /// Fills the blocks of `window`, the first of which begins at `from`, or says what must be read first.
    pub(super) fn fill(&mut self, from: u64, window: &mut Window) -> Result<(), Unread> {
        let size = window.payload();
        match self {
            Self::Text(text) => {
                let from = usize::try_from(from).unwrap_or(usize::MAX);
                window.copy(text.get(from..).unwrap_or_default());
                Ok(())
            }
            Self::File(file, held) => {
                if let Some(part) = held.as_ref().and_then(|held| held.part(from, size)) {
                    window.copy(part);
                    return Ok(());
                }
                *held = None;
                if size == 0 || window.fill(|parts| file.read_cached(from, parts)) == size {
                    return Ok(());
                }
                Err(Unread {
                    file: file.clone(),
                    at: from,
                    size: AHEAD.max(size as u64).min(file.len - from),
                })
            }
        }
    }
}
