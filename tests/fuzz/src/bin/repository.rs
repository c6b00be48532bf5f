//! What a package repository is read by: `repomd.xml`, the list of packages (plain, gzip, zstd), the headers of an RPM, and
//! the headers of a tar. The first byte of the input says which.
//!
//! What is checked beside panics: a path that comes out leads nowhere else, a file of a tar lies inside it, and what is written
//! as a tar is read back.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use media::{repodata, rpm, tar};

fn is_below(path: &str) -> bool {
    let is_plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains('\0');
    path.split('/').all(is_plain)
}

fn list(name: &str, bytes: &[u8]) {
    for listed in repodata::packages(name, bytes).unwrap_or_default() {
        assert!(is_below(&listed.file.path), "{listed:?}");
        assert!(listed.file.path.ends_with(".rpm"), "{listed:?}");
    }
}

/// Headers with their sums mended, or none would get further.
fn archive(bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    for block in bytes.chunks_exact_mut(tar::BLOCK) {
        let own = block[148..156].to_vec();
        block[148..156].fill(b' ');
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        match block[257] {
            b'u' => block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes()),
            _ => block[148..156].copy_from_slice(&own),
        }
    }
    let Ok(index) = tar::read(Cursor::new(&bytes)) else {
        return;
    };
    for (path, extent) in &index.0 {
        assert!(is_below(path), "{path:?}");
        assert!(extent.end() <= bytes.len() as u64, "{path:?}: {extent:?}");
        let mut written = tar::header(path, 0);
        written.extend(tar::END);
        let again = tar::read(Cursor::new(&written)).unwrap();
        assert!(again.get(path).is_some_and(|at| at.length == 0), "{path:?}");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    match which % 6 {
        0 => {
            for file in repodata::repomd(bytes).unwrap_or_default().values() {
                assert!(is_below(&file.path), "{file:?}");
                assert!(file.path.starts_with("repodata/"), "{file:?}");
            }
        }
        1 => list("primary.xml", bytes),
        2 => list("primary.xml.gz", bytes),
        3 => list("primary.xml.zst", bytes),
        4 => {
            let mut rest = bytes;
            if let Ok(package) = rpm::read(&mut rest) {
                assert!(package.header.len() <= bytes.len() - rest.len());
            }
        }
        _ => archive(bytes),
    }
});
