//! Directory records (ECMA-119 §9.1).

use inventory::media::Extent;

use super::BLOCK;

/// One entry of a directory, or a piece of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) extent: Extent,
    pub(super) is_directory: bool,
    /// More pieces of the same file follow (files over 4 GiB).
    pub(super) goes_on: bool,
    /// The identifier, as it is written.
    pub(super) name: Vec<u8>,
    /// What stands behind it: the fields of Rock Ridge.
    pub(super) system: Vec<u8>,
}

/// Bytes before the identifier.
const HEAD: usize = 33;

const DIRECTORY: u8 = 0x02;
const ASSOCIATED: u8 = 0x04;
const GOES_ON: u8 = 0x80;

impl Record {
    /// From exactly the bytes of one record; else what is wrong with them.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let (Some(head), Some(rest)) = (bytes.get(..HEAD), bytes.get(HEAD..)) else {
            return Err("a record is too short");
        };
        let first = both_u32(&head[2..10]).ok_or("a place contradicts itself")?;
        let length = both_u32(&head[10..18]).ok_or("a length contradicts itself")?;
        let flags = head[25];
        if head[26] != 0 || head[27] != 0 {
            return Err("a file is interleaved");
        }
        if flags & ASSOCIATED != 0 {
            return Err("a file has a resource fork");
        }
        let named = usize::from(head[32]);
        let name = rest
            .get(..named)
            .ok_or("a name is longer than its record")?;
        // The identifier and what follows begin at even places.
        let system = rest.get(named + usize::from(named.is_multiple_of(2))..);
        Ok(Self {
            // An extended attribute record would stand before the data; `head[1]` blocks.
            extent: Extent {
                offset: (u64::from(first) + u64::from(head[1])) * BLOCK,
                length: u64::from(length),
            },
            is_directory: flags & DIRECTORY != 0,
            goes_on: flags & GOES_ON != 0,
            name: name.to_vec(),
            system: system.unwrap_or_default().to_vec(),
        })
    }

    /// Whether this is the directory itself, or the one above (ECMA-119 §7.6.2).
    pub(super) fn is_dot(&self) -> bool {
        matches!(self.name.as_slice(), [0 | 1])
    }
}

/// A number written in both byte orders (ECMA-119 §7.3.3).
pub(super) fn both_u32(bytes: &[u8]) -> Option<u32> {
    let (little, big) = bytes.split_at_checked(4)?;
    let little = u32::from_le_bytes(little.try_into().ok()?);
    let big = u32::from_be_bytes(big.try_into().ok()?);
    (little == big).then_some(little)
}

/// A number written in both byte orders (ECMA-119 §7.2.3).
pub(super) fn both_u16(bytes: &[u8]) -> Option<u16> {
    let (little, big) = bytes.split_at_checked(2)?;
    let little = u16::from_le_bytes(little.try_into().ok()?);
    let big = u16::from_be_bytes(big.try_into().ok()?);
    (little == big).then_some(little)
}
