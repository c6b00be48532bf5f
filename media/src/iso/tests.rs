//! Images written here byte by byte, so that they can be wrong in one place; what real makers write is tried in
//! `tests/stories/media`.

use std::io::Cursor;

use super::*;
use inventory::media::Extent;

/// Where the root directory lies; further ones follow, then files.
const ROOT: u32 = 20;

/// One record of a directory.
#[derive(Clone)]
struct Line {
    block: u32,
    length: u32,
    flags: u8,
    name: Vec<u8>,
    system: Vec<u8>,
}

fn file(name: &str, block: u32, length: u32) -> Line {
    Line {
        block,
        length,
        flags: 0,
        name: format!("F{block};1").into_bytes(),
        system: rock_ridge(name),
    }
}

fn folder(name: &str, block: u32) -> Line {
    Line {
        flags: 2,
        ..file(name, block, 2048)
    }
}

fn rock_ridge(name: &str) -> Vec<u8> {
    let mut field = vec![b'N', b'M', u8::try_from(name.len() + 5).unwrap(), 1, 0];
    field.extend(name.bytes());
    field
}

fn both(number: u32) -> Vec<u8> {
    [number.to_le_bytes(), number.to_be_bytes()].concat()
}

fn record(line: &Line) -> Vec<u8> {
    let mut bytes = vec![0, 0];
    bytes.extend(both(line.block));
    bytes.extend(both(line.length));
    bytes.extend([0; 7]);
    bytes.extend([line.flags, 0, 0, 1, 0, 0, 1]);
    bytes.push(u8::try_from(line.name.len()).unwrap());
    bytes.extend(&line.name);
    if line.name.len().is_multiple_of(2) {
        bytes.push(0);
    }
    bytes.extend(&line.system);
    bytes[0] = u8::try_from(bytes.len()).unwrap();
    bytes
}

/// An image: directories by block, each with `.` and `..` in front, and 64 blocks in all.
fn image(directories: &[(u32, Vec<Line>)]) -> Vec<u8> {
    let mut bytes = vec![0; 64 * 2048];
    let dot = |name: u8, system: &[u8]| Line {
        block: ROOT,
        length: 2048,
        flags: 2,
        name: vec![name],
        system: system.to_vec(),
    };
    let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
    put(16 * 2048, b"\x01CD001\x01");
    put(16 * 2048 + 40, b"LABEL ");
    put(16 * 2048 + 80, &both(64));
    put(16 * 2048 + 128, &[0, 8, 8, 0]);
    put(16 * 2048 + 156, &record(&dot(0, b"")));
    put(17 * 2048, b"\xffCD001\x01");
    for (block, lines) in directories {
        let own = dot(0, b"SP\x07\x01\xbe\xef\x00");
        let all: Vec<u8> = [own, dot(1, b"")]
            .iter()
            .chain(lines)
            .flat_map(record)
            .collect();
        put(usize::try_from(*block).unwrap() * 2048, &all);
    }
    bytes
}

fn read_all(bytes: &[u8]) -> Result<Contents, Fault> {
    read(Cursor::new(bytes), Limits::default())
}

fn fault(directories: &[(u32, Vec<Line>)]) -> String {
    read_all(&image(directories)).unwrap_err().to_string()
}

#[test]
fn files_are_found_where_they_lie() {
    let bytes = image(&[
        (ROOT, vec![file(".treeinfo", 30, 5), folder("images", 21)]),
        (21, vec![file("install.img", 31, 4096)]),
    ]);
    let contents = read_all(&bytes).unwrap();
    let at = |offset, length| Extent { offset, length };
    let found: Vec<_> = contents
        .index
        .0
        .iter()
        .map(|(path, at)| (path.as_str(), *at))
        .collect();
    let wanted = [
        (".treeinfo", at(30 * 2048, 5)),
        ("images/install.img", at(31 * 2048, 4096)),
    ];
    assert_eq!(
        (contents.label.as_str(), found.as_slice()),
        ("LABEL", &wanted[..])
    );
}

#[test]
fn pieces_of_a_large_file_are_one() {
    let piece = |block, length, flags| Line {
        flags,
        name: b"BIG".to_vec(),
        ..file("big", block, length)
    };
    let two = vec![piece(30, 4096, 0x80), piece(32, 7, 0)];
    let contents = read_all(&image(&[(ROOT, two)])).unwrap();
    assert_eq!(contents.index.get("big").unwrap().length, 4103);
    let apart = vec![piece(30, 4096, 0x80), piece(33, 7, 0)];
    assert!(fault(&[(ROOT, apart)]).contains("do not follow each other"));
    let lost = vec![piece(30, 4096, 0x80)];
    assert!(fault(&[(ROOT, lost)]).contains("the last pieces of a file are missing"));
}

#[test]
fn a_name_goes_on_where_its_continuation_says() {
    let mut long = file("Packages-", 30, 1);
    long.system.extend([b'C', b'E', 28, 1]);
    long.system.extend([both(40), both(100), both(14)].concat());
    let mut bytes = image(&[(ROOT, vec![long])]);
    bytes[40 * 2048 + 100..][..14].copy_from_slice(&rock_ridge("libvirt.x"));
    let index = read_all(&bytes).unwrap().index;
    assert_eq!(index.0.first_key_value().unwrap().0, "Packages-libvirt.x");
    // One that continues in itself.
    let mut again = vec![b'C', b'E', 28, 1];
    again.extend([both(40), both(100), both(28)].concat());
    bytes[40 * 2048 + 100..][..28].copy_from_slice(&again);
    let endless = read(Cursor::new(&bytes[..]), Limits::default());
    // The record still names 14 bytes, so make it name them all.
    assert!(endless.is_ok());
    let at = bytes.windows(2).position(|pair| pair == b"CE").unwrap();
    bytes[at + 20..at + 28].copy_from_slice(&both(28));
    assert!(
        read_all(&bytes)
            .unwrap_err()
            .to_string()
            .contains("go on and on")
    );
}

#[test]
fn what_deceives_is_refused_by_name() {
    let of_root = |lines| vec![(ROOT, lines)];
    let table = [
        (of_root(vec![file("..", 30, 1)]), "entry named \"..\""),
        (of_root(vec![file("a/b", 30, 1)]), "entry named \"a/b\""),
        (of_root(vec![file("a\nb", 30, 1)]), "entry named \"a\\nb\""),
        (of_root(vec![file("", 30, 1)]), "entry named \"\""),
        (of_root(vec![folder("a", ROOT)]), "holds itself"),
        (of_root(vec![folder("a", 21), folder("b", 21)]), "twice"),
        (
            of_root(vec![file("a", 30, 1), file("a", 31, 1)]),
            "one name",
        ),
        (
            of_root(vec![file("a", 30, 4096), file("b", 31, 1)]),
            "overlap at byte 63488",
        ),
        (of_root(vec![file("a", ROOT, 2048)]), "overlap"),
        (of_root(vec![file("a", 16, 1)]), "overlap"),
        (
            of_root(vec![file("a", 63, 2049)]),
            "file /a ends at byte 131073, but the image has only 131072",
        ),
        (of_root(vec![folder("a", 64)]), "folder /a/ ends at byte"),
        (of_root(vec![file("a", u32::MAX, u32::MAX)]), "was cut off"),
    ];
    for (directories, wanted) in table {
        let said = fault(&directories);
        assert!(said.contains(wanted), "{said} instead of {wanted}");
    }
}

#[test]
fn two_names_of_one_file_are_allowed() {
    let linked = vec![file("a", 30, 9), file("b", 30, 9), file("empty", 30, 0)];
    assert_eq!(
        read_all(&image(&[(ROOT, linked)])).unwrap().index.0.len(),
        3
    );
}

#[test]
fn limits_hold() {
    let many = (0..30).map(|n| file(&format!("f{n}"), 30, 1)).collect();
    let bytes = image(&[(ROOT, many)]);
    let few = Limits {
        entries: 29,
        ..Limits::default()
    };
    let fault = read(Cursor::new(&bytes[..]), few).unwrap_err();
    assert!(
        fault.to_string().contains("files is more than 29"),
        "{fault}"
    );
}

#[test]
fn a_damaged_volume_is_told_from_none() {
    let good = image(&[(ROOT, vec![])]);
    assert!(matches!(read_all(&good[..16 * 2048]), Err(Fault::NotIso)));
    assert!(matches!(read_all(&[0; 64 * 2048]), Err(Fault::NotIso)));
    assert!(matches!(
        read_all(&good[..63 * 2048]),
        Err(Fault::CutOff { .. })
    ));
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[16 * 2048 + at] = byte;
        read_all(&bytes).unwrap_err().to_string()
    };
    assert!(changed(80, 63).contains("its size contradicts itself"));
    assert!(changed(129, 4).contains("block size contradicts itself"));
    assert!(changed(156 + 25, 0).contains("root is not a directory"));
}
