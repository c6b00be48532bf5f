//! Volume descriptors (ECMA-119 §8): from block 16 on, one a block, until the terminator.

use std::io::{Read, Seek};

use super::record::{Record, both_u16, both_u32};
use super::{BLOCK, Fault, Image};

/// Where they begin.
const FIRST: u64 = 16;
/// Nobody writes more; a row without terminator ends here.
const MOST: u64 = 32;

/// How the names of a directory tree are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// ECMA-119 alone.
    Plain,
    /// Rock Ridge fields behind each record, after so many bytes that the SP field says to skip (IEEE P1281 §5.3).
    RockRidge { skip: u8 },
    /// UCS-2, big-endian.
    Joliet,
}

/// A tree of directories.
#[derive(Debug, Clone)]
pub(super) struct Volume {
    pub(super) root: Record,
    pub(super) label: String,
    /// Bytes that it says it has.
    pub(super) size: u64,
}

/// Those that count.
pub(super) struct Volumes {
    pub(super) primary: Volume,
    pub(super) joliet: Option<Volume>,
}

/// Reads them all. The first of a kind counts.
pub(super) fn read<R: Read + Seek>(image: &mut Image<R>) -> Result<Volumes, Fault> {
    let (mut primary, mut joliet) = (None, None);
    for number in FIRST..FIRST + MOST {
        let at = number * BLOCK;
        if number == FIRST && image.holds((at, BLOCK), "").is_err() {
            return Err(Fault::NotIso);
        }
        let block = image.read((at, 2048), "the row of volume descriptors")?;
        if &block[1..6] != b"CD001" {
            break;
        }
        match block[0] {
            1 if primary.is_none() => primary = Some(volume(&block, "the primary volume")?),
            2 if joliet.is_none() && is_joliet(&block) => {
                joliet = Some(volume(&block, "the Joliet volume")?);
            }
            255 => break,
            _ => {}
        }
    }
    let primary = primary.ok_or(Fault::NotIso)?;
    Ok(Volumes { primary, joliet })
}

/// UCS-2 levels 1 to 3 (Joliet §2).
fn is_joliet(block: &[u8]) -> bool {
    [b"%/@", b"%/C", b"%/E"]
        .iter()
        .any(|level| &block[88..91] == *level)
}

fn volume(block: &[u8], what: &str) -> Result<Volume, Fault> {
    let broken = |why| Fault::Broken {
        what: what.to_owned(),
        why,
    };
    let block_size =
        both_u16(&block[128..132]).ok_or(broken("its block size contradicts itself"))?;
    if u64::from(block_size) != BLOCK {
        return Err(broken("its blocks are not of 2048 bytes"));
    }
    let blocks = both_u32(&block[80..88]).ok_or(broken("its size contradicts itself"))?;
    let root = Record::parse(&block[156..190]).map_err(broken)?;
    if !root.is_directory {
        return Err(broken("its root is not a directory"));
    }
    let label = String::from_utf8_lossy(&block[40..72]);
    Ok(Volume {
        root,
        label: label.trim_end_matches([' ', '\0']).to_owned(),
        size: u64::from(blocks) * BLOCK,
    })
}
