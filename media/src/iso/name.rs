//! Names of entries, and what kind of thing they are: Rock Ridge fields (IEEE P1281, P1282), Joliet, or the plain identifier.

use std::io::{Read, Seek};

use super::record::{Record, both_u32};
use super::volume::Names;
use super::{BLOCK, Fault, Image};

/// Continuations of one entry's fields. mkisofs and xorriso make one; a chain that does not end is an attack.
const CONTINUATIONS: usize = 8;
/// What a file name may have, bytes: no system takes more.
const LONGEST: usize = 255;

/// An entry as a POSIX system sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) kind: Kind,
}

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file or a directory: the record says which.
    Ordinary,
    /// A symbolic link, a device, a pipe or a socket.
    Special,
    /// Moved elsewhere, because ECMA-119 wants eight levels at most (CL, RE).
    Moved,
    /// Compressed by zisofs: its bytes are not those of the file (ZF).
    Compressed,
}

/// Type bits of a POSIX mode.
const TYPE: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const DIRECTORY: u32 = 0o040_000;

/// How many bytes to skip before each record's fields, if this record (the root's own) says that there are any.
pub(super) fn rock_ridge(root: &Record) -> Option<u8> {
    match root.system.as_slice() {
        [b'S', b'P', 7, 1, 0xbe, 0xef, skip, ..] => Some(*skip),
        _ => None,
    }
}

/// The entry that a record describes; `folder` is named in faults.
pub(super) fn of<R: Read + Seek>(
    image: &mut Image<R>,
    record: &Record,
    (names, folder): (Names, &str),
) -> Result<Entry, Fault> {
    let plain = |name| Entry {
        name,
        kind: Kind::Ordinary,
    };
    match names {
        Names::Plain => Ok(plain(without_version(&record.name))),
        Names::Joliet => joliet(&record.name, folder).map(plain),
        Names::RockRidge { skip } => {
            let fields = record.system.get(usize::from(skip)..).unwrap_or_default();
            let fields = all_fields(image, fields, folder)?;
            let named = fields.iter().any(|field| &field.tag == b"NM");
            let name = if named {
                long_name(&fields)
            } else {
                without_version(&record.name)
            };
            Ok(Entry {
                name,
                kind: kind(&fields),
            })
        }
    }
}

/// The name as text, if a file of ours may have it: nothing that leads elsewhere or that a person could not read.
pub(super) fn checked(name: Vec<u8>, folder: &str) -> Result<String, Fault> {
    let is_plain = |name: &str| {
        !matches!(name, "" | "." | "..")
            && name.len() <= LONGEST
            && !name.contains(|letter: char| letter == '/' || letter.is_control())
    };
    match String::from_utf8(name) {
        Ok(name) if is_plain(&name) => Ok(name),
        name => Err(Fault::BadName {
            folder: folder.to_owned(),
            name: match name {
                Ok(name) => name,
                Err(error) => error.as_bytes().escape_ascii().to_string(),
            },
        }),
    }
}

/// A field behind a record.
struct Field {
    tag: [u8; 2],
    data: Vec<u8>,
}

fn all_fields<R: Read + Seek>(
    image: &mut Image<R>,
    first: &[u8],
    folder: &str,
) -> Result<Vec<Field>, Fault> {
    let mut fields = Vec::new();
    let mut more = some_fields(first, &mut fields);
    for _ in 0..CONTINUATIONS {
        let Some(place) = more else {
            return Ok(fields);
        };
        let bytes = image.read(place, &format!("the continuation of an entry of {folder}"))?;
        more = some_fields(&bytes, &mut fields);
    }
    Err(Fault::Broken {
        what: folder.to_owned(),
        why: "the fields of an entry go on and on",
    })
}

/// Takes the fields of one area; where they go on, if they do (CE). What is no field any more ends them: the area is padded.
fn some_fields(mut area: &[u8], fields: &mut Vec<Field>) -> Option<(u64, usize)> {
    let mut more = None;
    while let [a, b, length, _version, ..] = *area {
        let (Some(field), Some(rest)) = (
            area.get(4..usize::from(length)),
            area.get(usize::from(length)..),
        ) else {
            break;
        };
        match &[a, b] {
            b"ST" => break,
            b"CE" => more = continuation(field),
            tag => fields.push(Field {
                tag: *tag,
                data: field.to_vec(),
            }),
        }
        area = rest;
    }
    more
}

fn continuation(field: &[u8]) -> Option<(u64, usize)> {
    let number = |at: usize| both_u32(field.get(at..at + 8)?);
    let (block, offset, length) = (number(0)?, number(8)?, number(16)?);
    // One block at most (IEEE P1281 §5.1); a longer one would only be more to read.
    let length = usize::try_from(length).ok()?.min(2048);
    Some((u64::from(block) * BLOCK + u64::from(offset), length))
}

/// NM fields one behind the other.
fn long_name(fields: &[Field]) -> Vec<u8> {
    let names = fields.iter().filter(|field| &field.tag == b"NM");
    let parts = names.filter_map(|field| field.data.get(1..));
    parts.flatten().copied().collect()
}

fn kind(fields: &[Field]) -> Kind {
    let has = |tag: &[u8; 2]| fields.iter().any(|field| &field.tag == tag);
    let modes = fields.iter().filter(|field| &field.tag == b"PX");
    let mode = modes
        .filter_map(|field| both_u32(field.data.get(..8)?))
        .next();
    let is_special = mode.is_some_and(|mode| !matches!(mode & TYPE, REGULAR | DIRECTORY));
    if has(b"CL") || has(b"RE") {
        Kind::Moved
    } else if has(b"ZF") {
        Kind::Compressed
    } else if has(b"SL") || is_special {
        Kind::Special
    } else {
        Kind::Ordinary
    }
}

/// Without the version (`;1`), and without the dot of a name that has no extension.
fn without_version(name: &[u8]) -> Vec<u8> {
    let name = name.split(|byte| *byte == b';').next().unwrap_or_default();
    name.strip_suffix(b".").unwrap_or(name).to_vec()
}

fn joliet(name: &[u8], folder: &str) -> Result<Vec<u8>, Fault> {
    let units = name
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let units: Vec<u16> = units.take_while(|unit| *unit != u16::from(b';')).collect();
    let name = String::from_utf16(&units).map_err(|_| Fault::BadName {
        folder: folder.to_owned(),
        name: name.escape_ascii().to_string(),
    })?;
    Ok(name.into_bytes())
}
