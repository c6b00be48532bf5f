//! Archives written here, right and wrong in one place; those of GNU tar are tried in `tests/stories/media`.

use std::io::Cursor;

use super::write::{block, pax_path};
use super::*;

/// An archive of entries: header and bytes of each.
fn archive(entries: &[(Vec<u8>, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (header, bytes) in entries {
        archive.extend(header);
        archive.extend(*bytes);
        archive.resize(archive.len() + padding(bytes.len() as u64), 0);
    }
    archive.extend(END);
    archive
}

fn index(bytes: &[u8]) -> Result<Index, Fault> {
    read(Cursor::new(bytes))
}

#[test]
fn what_is_written_is_read_back() {
    let long = format!("Packages/{}.rpm", "long".repeat(60));
    let paths = ["repodata/repomd.xml", &"x".repeat(100), &long];
    let entries: Vec<_> = paths
        .iter()
        .map(|path| (header(path, 700), &[7; 700][..]))
        .collect();
    let bytes = archive(&entries);
    let index = index(&bytes).unwrap();
    assert_eq!(index.0.len(), 3);
    for path in paths {
        let at = index.get(path).unwrap();
        let from = usize::try_from(at.offset).unwrap();
        assert_eq!((at.length, &bytes[from..from + 700]), (700, &[7; 700][..]));
    }
    let large = header("x", 9 << 30);
    assert_eq!(Head(large.first_chunk().unwrap()).size(), Some(9 << 30));
}

#[test]
fn the_ways_to_write_one_name_are_the_same() {
    let mut prefixed = block(b"b", 1, b'0');
    prefixed[345] = b'a';
    put_sum(&mut prefixed);
    let mut long = block(b"././@LongLink", 4, b'L').to_vec();
    long.extend(b"a/b\0");
    long.resize(2 * BLOCK, 0);
    long.extend(header("cut", 1));
    let mut pax = pax_path("a/b");
    pax.extend(header("cut", 1));
    for head in [prefixed.to_vec(), long, pax, header("././a/b", 1)] {
        let index = index(&archive(&[(head, b"x")])).unwrap();
        assert_eq!(index.0.keys().collect::<Vec<_>>(), ["a/b"]);
    }
}

fn put_sum(block: &mut [u8; BLOCK]) {
    let text = format!("{:06o}\0 ", sum(block));
    block[148..156].copy_from_slice(text.as_bytes());
}

#[test]
fn what_wants_an_unpacker_is_refused() {
    let of_kind = |kind| block(b"x", 0, kind).to_vec();
    let mut sparse = block(b"pax", 22, b'x').to_vec();
    sparse.extend(b"22 GNU.sparse.major=1\n");
    sparse.resize(2 * BLOCK, 0);
    let mut global = pax_path("y");
    global[156] = b'g';
    put_sum(global.first_chunk_mut().unwrap());
    let table = [
        (header("../x", 0), "named \"../x\""),
        (header("a/../../x", 0), "leads elsewhere"),
        (header("/etc/passwd", 0), "leads elsewhere"),
        (header("a//x", 0), "leads elsewhere"),
        (pax_path("../x"), "cut off"),
        (
            [pax_path("../x"), header("x", 0)].concat(),
            "named \"../x\"",
        ),
        (of_kind(b'1'), "x in the archive is a hard link"),
        (of_kind(b'2'), "x in the archive is a symbolic link"),
        (of_kind(b'3'), "a device"),
        (of_kind(b'6'), "a pipe"),
        (of_kind(b'S'), "a sparse file"),
        (of_kind(b'Q'), "not known"),
        (sparse, "sparse"),
        (global, "a name or size for every file"),
        ([header("x", 0), header("./x", 0)].concat(), "x twice"),
        (header("x", 2000), "cut off"),
        (header("x", u64::MAX), "cut off"),
        (block(b"x", 1 << 40, b'x').to_vec(), "far too long"),
        (vec![1; BLOCK], "no tar header"),
    ];
    for (head, says) in table {
        // Without the end where the entry itself is the last thing.
        let end = if says == "cut off" { 0 } else { END.len() };
        let mut bytes = head;
        bytes.resize(bytes.len() + end, 0);
        let said = index(&bytes).unwrap_err().to_string();
        assert!(said.contains(says), "{says}: {said}");
    }
    assert!(matches!(index(b""), Err(Fault::CutOff { .. })));
    let folder = [block(b"./", 0, b'5'), block(b"a/", 0, b'5')].concat();
    assert_eq!(index(&archive(&[(folder, b"")])).unwrap(), Index::default());
}
