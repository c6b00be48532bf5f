//! RPM packages (format 4 of rpm 4.14 and later): lead, signatures and header, from the bytes of one. Who signed it is
//! `signature`'s affair; what is read here is the header's bytes, the signatures over them, and the digest of the payload
//! that the header holds. A signature over the header thus vouches for the whole package.
//!
//! Packages of rpm before 4.14 have no such digest: they are refused, since nothing signed says what their payload is.

use std::io::Read;

use inventory::id::Sha256;

/// Bytes of the lead (obsolete, and still there).
const LEAD: usize = 96;
/// What each header begins with: magic and version.
const MAGIC: [u8; 4] = [0x8e, 0xad, 0xe8, 0x01];
/// Entries of a header; rpm's own limit.
const ENTRIES_MAX: usize = 0xffff;
/// Bytes of what the entries hold. rpm allows 256 MiB; the largest header of a distribution has about 10.
const HOLDS_MAX: usize = 24 * 1024 * 1024;

/// Signatures over the header: with RSA, and with every other algorithm.
const SIGNATURES: [u32; 2] = [268, 267];
const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const ARCH: u32 = 1022;
const SOURCE_RPM: u32 = 1044;
const PAYLOAD_DIGEST: u32 = 5092;
const PAYLOAD_ALGORITHM: u32 = 5093;
/// SHA-256, as OpenPGP numbers it.
const SHA256: u32 = 8;

const INT32: u32 = 4;
const STRING: u32 = 6;
const BIN: u32 = 7;
const STRINGS: u32 = 8;

/// Name, epoch, version, release and architecture: what tells one package from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nevra {
    /// `qemu-kvm`.
    pub name: String,
    /// 0 where none is given.
    pub epoch: u32,
    /// `9.1.0`.
    pub version: String,
    /// `15.el9`.
    pub release: String,
    /// `x86_64`, or `src`.
    pub arch: String,
}

impl std::fmt::Display for Nevra {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            name,
            epoch,
            version,
            release,
            arch,
        } = self;
        write!(formatter, "{name}-{epoch}:{version}-{release}.{arch}")
    }
}

/// What a package says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// What it is.
    pub nevra: Nevra,
    /// OpenPGP signatures over [`Self::header`].
    pub signatures: Vec<Vec<u8>>,
    /// The bytes that were signed.
    pub header: Vec<u8>,
    /// The digest of everything behind the header.
    pub payload: Sha256,
}

/// Why a package is refused.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It cannot be read to the end of its header.
    #[error("it cannot be read ({0}); get it again")]
    Io(#[from] std::io::Error),
    /// No package.
    #[error("it is no RPM package of format 3 or 4")]
    NotRpm,
    /// A structure contradicts the format.
    #[error("its {part} {why}; it is damaged or was made to deceive")]
    Broken {
        /// Which.
        part: &'static str,
        /// How.
        why: &'static str,
    },
    /// Nothing says what the payload is.
    #[error(
        "its header has no SHA-256 of the payload (rpm before 4.14 made it), so a signature proves nothing; have it built anew"
    )]
    NoDigest,
}

/// Reads a package up to its payload.
pub fn read(reader: &mut impl Read) -> Result<Package, Fault> {
    let mut lead = [0; LEAD];
    reader.read_exact(&mut lead)?;
    if !matches!(lead, [0xed, 0xab, 0xee, 0xdb, 3 | 4, ..]) {
        return Err(Fault::NotRpm);
    }
    let signatures = Header::read(reader, "signature")?;
    let mut padding = [0; 8];
    let over = signatures.bytes.len() % padding.len();
    if let Some(rest) = padding.get_mut(..(8 - over) % 8) {
        reader.read_exact(rest)?;
    }
    let header = Header::read(reader, "header")?;
    Ok(Package {
        nevra: nevra(&header)?,
        payload: payload(&header)?,
        signatures: SIGNATURES
            .iter()
            .filter_map(|tag| signatures.find(*tag, BIN))
            .filter_map(|entry| signatures.binary(entry))
            .map(<[u8]>::to_vec)
            .collect(),
        header: header.bytes,
    })
}

fn nevra(header: &Header) -> Result<Nevra, Fault> {
    let text = |tag| {
        let found = header
            .find(tag, STRING)
            .and_then(|entry| header.text(entry));
        found.ok_or(Fault::Broken {
            part: "header",
            why: "lacks name, version, release or architecture",
        })
    };
    let is_source = header.find(SOURCE_RPM, STRING).is_none();
    Ok(Nevra {
        name: text(NAME)?,
        epoch: header.number(EPOCH).unwrap_or(0),
        version: text(VERSION)?,
        release: text(RELEASE)?,
        arch: match is_source {
            true => "src".to_owned(),
            false => text(ARCH)?,
        },
    })
}

fn payload(header: &Header) -> Result<Sha256, Fault> {
    if header.number(PAYLOAD_ALGORITHM) != Some(SHA256) {
        return Err(Fault::NoDigest);
    }
    let entry = header.find(PAYLOAD_DIGEST, STRINGS);
    let text = entry.and_then(|entry| header.text(entry));
    text.and_then(|text| text.parse().ok())
        .ok_or(Fault::NoDigest)
}

/// One of the two headers, with the bytes it is made of.
struct Header {
    /// Of its part of the file: introduction, entries, and what they hold.
    bytes: Vec<u8>,
    entries: usize,
}

/// Where an entry's value is.
#[derive(Clone, Copy)]
struct Entry {
    offset: usize,
    count: usize,
}

const INTRODUCTION: usize = 16;
const ENTRY: usize = 16;

impl Header {
    fn read(reader: &mut impl Read, part: &'static str) -> Result<Self, Fault> {
        let mut bytes = vec![0; INTRODUCTION];
        reader.read_exact(&mut bytes)?;
        let broken = |why| Fault::Broken { part, why };
        if !bytes.starts_with(&MAGIC) {
            return Err(broken("does not begin as one"));
        }
        let (entries, holds) = (word(&bytes, 8), word(&bytes, 12));
        let (Some(entries), Some(holds)) = (entries, holds) else {
            return Err(broken("does not begin as one"));
        };
        if entries > ENTRIES_MAX || holds > HOLDS_MAX {
            return Err(broken("is larger than any"));
        }
        let length = entries * ENTRY + holds;
        // Grown by what is there, not by what is said.
        let read = reader.take(length as u64).read_to_end(&mut bytes)?;
        if read < length {
            return Err(broken("goes on behind the end of the file"));
        }
        Ok(Self { bytes, entries })
    }

    /// The entry of a tag, if it is of that type.
    fn find(&self, tag: u32, kind: u32) -> Option<Entry> {
        let wanted = [tag.to_be_bytes(), kind.to_be_bytes()].concat();
        let entries = self.bytes.get(INTRODUCTION..)?.chunks_exact(ENTRY);
        let entry = entries
            .take(self.entries)
            .find(|entry| entry.starts_with(&wanted))?;
        Some(Entry {
            offset: word(entry, 8)?,
            count: word(entry, 12)?,
        })
    }

    /// What an entry holds, and everything behind it.
    fn from(&self, entry: Entry) -> Option<&[u8]> {
        let holds = INTRODUCTION + self.entries * ENTRY;
        self.bytes.get(holds.checked_add(entry.offset)?..)
    }

    fn binary(&self, entry: Entry) -> Option<&[u8]> {
        self.from(entry)?.get(..entry.count)
    }

    /// A text, or the first of several.
    fn text(&self, entry: Entry) -> Option<String> {
        let bytes = self.from(entry)?;
        let end = bytes.iter().position(|byte| *byte == 0)?;
        String::from_utf8(bytes.get(..end)?.to_vec()).ok()
    }

    fn number(&self, tag: u32) -> Option<u32> {
        let bytes = self.from(self.find(tag, INT32)?)?;
        Some(u32::from_be_bytes(bytes.first_chunk().copied()?))
    }
}

/// A length of four bytes.
fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let four: [u8; 4] = bytes.get(at..)?.first_chunk().copied()?;
    usize::try_from(u32::from_be_bytes(four)).ok()
}

#[cfg(test)]
mod tests;
