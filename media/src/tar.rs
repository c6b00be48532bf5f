//! Tar archives (POSIX ustar and pax, and GNU's long names): from the bytes of one to an [`Index`] of its files, and the
//! headers to write one. Nothing is unpacked: files are read, and served, where they lie.
//!
//! Links, devices, sparse files and names that lead elsewhere are faults: whoever made such an archive wanted something of an
//! unpacker, and there is none here.

mod write;

use std::io::{Read, Seek, SeekFrom};

use inventory::media::{Extent, Index};

pub use write::{header, padding};

/// Everything in an archive begins at a multiple of this, bytes.
pub const BLOCK: usize = 512;

/// What stands behind the last file.
pub const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// Files and folders; EPEL whole has 20,000.
const ENTRIES_MAX: usize = 200_000;
/// Bytes of all names together.
const NAMES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of one name (Linux `PATH_MAX`).
const NAME_MAX: usize = 4096;
/// Bytes of one pax header.
const PAX_MAX: u64 = 64 * 1024;

/// Why an archive is refused.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It cannot be read.
    #[error("the archive cannot be read at byte {at}: {error}")]
    Io {
        /// Bytes from its beginning.
        at: u64,
        /// What the system said.
        error: std::io::Error,
    },
    /// It ends before something that it says it holds.
    #[error("{what} goes on behind the end of the archive; it was cut off: get it again")]
    CutOff {
        /// What does not fit.
        what: String,
    },
    /// No header where one must be.
    #[error(
        "at byte {at} there is no tar header (its sum is wrong); give an uncompressed tar, or the folder itself"
    )]
    NoHeader {
        /// Bytes from the beginning.
        at: u64,
    },
    /// A header contradicts the standard.
    #[error("the tar header at byte {at} has {why}; the archive is damaged or was made to deceive")]
    Broken {
        /// Bytes from the beginning.
        at: u64,
        /// What is wrong.
        why: &'static str,
    },
    /// A name that no file of ours may have.
    #[error(
        "the archive has an entry named {name:?}, which leads elsewhere; it was made to deceive"
    )]
    BadName {
        /// As found.
        name: String,
    },
    /// Neither a file nor a folder.
    #[error(
        "{name} in the archive is {what}; only files and folders are taken (tar --dereference)"
    )]
    Kind {
        /// Its name.
        name: String,
        /// What it is.
        what: &'static str,
    },
    /// Two of a name: which of them counts depends on the reader.
    #[error("the archive has {name} twice; make it anew")]
    Twice {
        /// The name.
        name: String,
    },
    /// Larger than any repository.
    #[error("the archive has more than {limit} {what}; this is no repository")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}

/// What pax and GNU headers say of the entry behind them.
#[derive(Default)]
struct Said {
    path: Option<String>,
    size: Option<u64>,
}

struct Walk<R> {
    reader: R,
    size: u64,
    at: u64,
    index: Index,
    entries: usize,
    names: usize,
    said: Said,
}

/// Reads all headers of an archive.
pub fn read<R: Read + Seek>(mut reader: R) -> Result<Index, Fault> {
    let size = reader
        .seek(SeekFrom::End(0))
        .map_err(|error| Fault::Io { at: 0, error })?;
    let mut walk = Walk {
        reader,
        size,
        at: 0,
        index: Index::default(),
        entries: 0,
        names: 0,
        said: Said::default(),
    };
    while walk.step()? {}
    Ok(walk.index)
}

impl<R: Read + Seek> Walk<R> {
    /// Reads one header and what belongs to it; false at the end.
    fn step(&mut self) -> Result<bool, Fault> {
        let mut block = [0; BLOCK];
        self.bytes(self.at, &mut block, || "the list of its files".to_owned())?;
        if block == [0; BLOCK] {
            return Ok(false);
        }
        let head = Head(&block);
        if !head.is_summed() {
            return Err(Fault::NoHeader { at: self.at });
        }
        let at = self.at;
        let is_entry = !matches!(head.kind(), b'x' | b'L' | b'g');
        let said = self.said.size.filter(|_| is_entry).or(head.size());
        let size = said.ok_or(Fault::Broken {
            at,
            why: "a size that is none",
        })?;
        self.entries += 1;
        if self.entries > ENTRIES_MAX {
            return Err(Fault::TooMuch {
                what: "entries",
                limit: ENTRIES_MAX,
            });
        }
        let body = Extent {
            offset: at + BLOCK as u64,
            length: size,
        };
        let end = size
            .checked_next_multiple_of(BLOCK as u64)
            .and_then(|padded| body.offset.checked_add(padded))
            .filter(|end| *end <= self.size);
        match head.kind() {
            b'x' => self.pax(body)?,
            b'L' => self.said.path = Some(self.text(body, NAME_MAX as u64)?),
            b'g' => self.global(body)?,
            kind => self.entry(kind, head.name(), body)?,
        }
        self.at = end.ok_or_else(|| Fault::CutOff {
            what: format!("what begins at byte {at}"),
        })?;
        Ok(true)
    }

    fn entry(&mut self, kind: u8, name: Vec<u8>, body: Extent) -> Result<(), Fault> {
        let said = std::mem::take(&mut self.said).path.map(String::into_bytes);
        let name = plain(said.unwrap_or(name), kind == b'5')?;
        self.names += name.len();
        if self.names > NAMES_MAX {
            return Err(Fault::TooMuch {
                what: "bytes of names",
                limit: NAMES_MAX,
            });
        }
        let what = match kind {
            b'0' | 0 | b'7' => {
                if self.index.0.contains_key(&name) {
                    return Err(Fault::Twice { name });
                }
                self.index.0.insert(name, body);
                return Ok(());
            }
            b'5' if body.length == 0 => return Ok(()),
            b'5' => "a folder with bytes of its own",
            b'1' => "a hard link",
            b'2' => "a symbolic link",
            b'3' | b'4' => "a device",
            b'6' => "a pipe",
            b'S' => "a sparse file",
            _ => "of a kind that is not known",
        };
        Err(Fault::Kind { name, what })
    }

    /// A pax header: what it says of the entry behind it.
    fn pax(&mut self, body: Extent) -> Result<(), Fault> {
        let at = body.offset - BLOCK as u64;
        let text = self.text(body, PAX_MAX)?;
        for (key, value) in records(&text).ok_or(Fault::Broken {
            at,
            why: "a pax header that is none",
        })? {
            match key {
                "path" => self.said.path = Some(value.to_owned()),
                "size" => {
                    let size = value.parse().map_err(|_| Fault::Broken {
                        at,
                        why: "a pax size that is none",
                    })?;
                    self.said.size = Some(size);
                }
                key if key.starts_with("GNU.sparse") => {
                    let (name, what) = (key.to_owned(), "part of a sparse file");
                    return Err(Fault::Kind { name, what });
                }
                // Times, owners, attributes: nothing of theirs is kept.
                _ => {}
            }
        }
        Ok(())
    }

    /// A pax header for all entries behind it: git's has a comment; names and sizes for all of them make no sense.
    fn global(&mut self, body: Extent) -> Result<(), Fault> {
        let at = body.offset - BLOCK as u64;
        let text = self.text(body, PAX_MAX)?;
        let records = records(&text).unwrap_or_default();
        let is_odd = |key: &str| matches!(key, "path" | "size") || key.starts_with("GNU.sparse");
        match records.iter().any(|(key, _)| is_odd(key)) {
            true => Err(Fault::Broken {
                at,
                why: "a name or size for every file",
            }),
            false => Ok(()),
        }
    }

    fn text(&mut self, body: Extent, most: u64) -> Result<String, Fault> {
        let at = body.offset - BLOCK as u64;
        if body.length > most {
            return Err(Fault::Broken {
                at,
                why: "a header far too long",
            });
        }
        let mut bytes = vec![0; usize::try_from(body.length).unwrap_or_default()];
        self.bytes(body.offset, &mut bytes, || "a header".to_owned())?;
        let text = String::from_utf8(bytes).map_err(|_| Fault::Broken {
            at,
            why: "a name that is no UTF-8",
        })?;
        Ok(text)
    }

    fn bytes(&mut self, at: u64, bytes: &mut [u8], what: impl Fn() -> String) -> Result<(), Fault> {
        let end = at.checked_add(bytes.len() as u64);
        if end.is_none_or(|end| end > self.size) {
            return Err(Fault::CutOff { what: what() });
        }
        self.reader
            .seek(SeekFrom::Start(at))
            .and_then(|_| self.reader.read_exact(bytes))
            .map_err(|error| Fault::Io { at, error })
    }
}

/// The records of a pax header: `LENGTH KEY=VALUE`, each with a line break, which counts, as the length does.
fn records(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut rest = text;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (length, _) = rest.split_once(' ')?;
        let (record, behind) = rest.split_at_checked(length.parse().ok()?)?;
        let record = record.get(length.len() + 1..)?.strip_suffix('\n')?;
        found.push(record.split_once('=')?);
        rest = behind;
    }
    Some(found)
}

/// The name without `./` in front; that of a folder also without a slash behind, and empty for the top.
fn plain(mut name: Vec<u8>, is_folder: bool) -> Result<String, Fault> {
    // GNU's long names have a NUL behind.
    if name.last() == Some(&0) {
        name.pop();
    }
    let bad = |name: &[u8]| Fault::BadName {
        name: String::from_utf8_lossy(name).into_owned(),
    };
    let Ok(text) = std::str::from_utf8(&name) else {
        return Err(bad(&name));
    };
    let mut short = text;
    while let Some(behind) = short.strip_prefix("./") {
        short = behind;
    }
    if is_folder {
        short = short.strip_suffix('/').unwrap_or(short);
        if matches!(short, "" | ".") {
            return Ok(String::new());
        }
    }
    match is_below(short) {
        true => Ok(short.to_owned()),
        false => Err(bad(&name)),
    }
}

/// Whether a path stays below where it begins: no part of it is empty, `.` or `..`, none holds a NUL.
pub(crate) fn is_below(path: &str) -> bool {
    path.len() <= NAME_MAX
        && path
            .split('/')
            .all(|part| !matches!(part, "" | "." | "..") && !part.contains('\0'))
}

/// A header block.
struct Head<'a>(&'a [u8; BLOCK]);

impl Head<'_> {
    fn field(&self, at: usize, length: usize) -> &[u8] {
        self.0.get(at..at + length).unwrap_or_default()
    }

    fn until_nul(&self, at: usize, length: usize) -> &[u8] {
        let field = self.field(at, length);
        field.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    fn kind(&self) -> u8 {
        self.0[156]
    }

    /// All bytes added up, those of the sum as spaces.
    fn is_summed(&self) -> bool {
        octal(self.field(148, 8)) == Some(sum(self.0))
    }

    /// In octal, or binary where its first bit is set (GNU).
    fn size(&self) -> Option<u64> {
        let field = self.field(124, 12);
        match field {
            [0x80, 0, 0, 0, low @ ..] => Some(u64::from_be_bytes(low.try_into().ok()?)),
            [..] => octal(field),
        }
    }

    fn name(&self) -> Vec<u8> {
        let name = self.until_nul(0, 100);
        let prefix = match self.field(257, 6) == b"ustar\0" {
            true => self.until_nul(345, 155),
            false => &[],
        };
        match prefix {
            [] => name.to_vec(),
            [..] => [prefix, b"/", name].concat(),
        }
    }
}

fn sum(block: &[u8; BLOCK]) -> u64 {
    let all: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    let own: u64 = block[148..156].iter().map(|byte| u64::from(*byte)).sum();
    all - own + 8 * u64::from(b' ')
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    u64::from_str_radix(text.trim_matches(['\0', ' ']), 8).ok()
}

#[cfg(test)]
mod tests;
