//! ISO 9660: a volume descriptor that holds, and any bytes as what stands behind it: the root's record, then directories
//! from block 18 on.
//!
//! What is checked beside panics: every file found lies inside the image and behind the descriptors, and its path has no
//! part that leads elsewhere.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use media::iso::{Limits, read};

const BLOCK: usize = 2048;
/// Blocks of the image.
const BLOCKS: u8 = 40;
/// Where the input goes, but for its beginning.
const DIRECTORIES: usize = 18 * BLOCK;
/// The root's record in the descriptor.
const ROOT: usize = 16 * BLOCK + 156;
const RECORD: usize = 34;
/// Small ones, so that they are met.
const LIMITS: Limits = Limits {
    entries: 200,
    directories: 64 * 1024,
    depth: 6,
};

/// An empty image of one volume.
fn empty() -> Vec<u8> {
    let mut image = vec![0; usize::from(BLOCKS) * BLOCK];
    let mut put = |at: usize, bytes: &[u8]| image[at..at + bytes.len()].copy_from_slice(bytes);
    put(16 * BLOCK, b"\x01CD001\x01");
    put(16 * BLOCK + 80, &[BLOCKS, 0, 0, 0, 0, 0, 0, BLOCKS]);
    put(16 * BLOCK + 128, &[0, 8, 8, 0]);
    put(17 * BLOCK, b"\xffCD001\x01");
    image
}

fuzz_target!(|bytes: &[u8]| {
    let mut image = empty();
    let (root, rest) = bytes.split_at(bytes.len().min(RECORD));
    image[ROOT..ROOT + root.len()].copy_from_slice(root);
    let room = image.len() - DIRECTORIES;
    let rest = &rest[..rest.len().min(room)];
    image[DIRECTORIES..DIRECTORIES + rest.len()].copy_from_slice(rest);
    let Ok(contents) = read(Cursor::new(&image), LIMITS) else {
        return;
    };
    for (path, extent) in &contents.index.0 {
        let is_plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains('\0');
        assert!(path.split('/').all(is_plain), "{path:?}");
        assert!(extent.end() <= image.len() as u64, "{path:?}: {extent:?}");
        let is_behind = extent.length == 0 || extent.offset >= 17 * BLOCK as u64;
        assert!(is_behind, "{path:?}: {extent:?}");
    }
});
