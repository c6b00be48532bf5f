//! Packages written here, entry by entry, right and wrong in one place; those of rpmbuild and rpmsign are tried in
//! `tests/stories/media`.

use super::*;

const SUM: &str = "a3b1c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091";

type Value = (u32, u32, Vec<u8>);

fn text(tag: u32, text: &str) -> Value {
    (tag, STRING, [text.as_bytes(), b"\0"].concat())
}

fn number(tag: u32, number: u32) -> Value {
    (tag, INT32, number.to_be_bytes().to_vec())
}

fn header(values: &[Value]) -> Vec<u8> {
    let (mut entries, mut holds) = (Vec::new(), Vec::new());
    for (tag, kind, bytes) in values {
        let count = if *kind == BIN { bytes.len() } else { 1 };
        for word in [*tag, *kind, holds.len() as u32, count as u32] {
            entries.extend(word.to_be_bytes());
        }
        holds.extend(bytes);
        holds.resize(holds.len().next_multiple_of(4), 0);
    }
    let mut header = [&MAGIC[..], &[0; 4]].concat();
    header.extend((values.len() as u32).to_be_bytes());
    header.extend((holds.len() as u32).to_be_bytes());
    [header, entries, holds].concat()
}

fn said() -> Vec<Value> {
    vec![
        text(NAME, "qemu-kvm"),
        text(VERSION, "9.1.0"),
        text(RELEASE, "15.el9"),
        number(EPOCH, 17),
        text(ARCH, "x86_64"),
        text(SOURCE_RPM, "qemu-kvm-9.1.0-15.el9.src.rpm"),
        (PAYLOAD_DIGEST, STRINGS, [SUM.as_bytes(), b"\0"].concat()),
        number(PAYLOAD_ALGORITHM, 8),
    ]
}

fn package(values: &[Value]) -> Vec<u8> {
    let mut bytes = vec![0; LEAD];
    bytes[..5].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb, 3]);
    bytes.extend(header(&[(268, BIN, vec![1, 2, 3])]));
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes.extend(header(values));
    bytes.extend(b"payload");
    bytes
}

#[test]
fn a_package_is_read_up_to_its_payload() {
    let bytes = package(&said());
    let mut rest = &bytes[..];
    let found = read(&mut rest).unwrap();
    assert_eq!(rest, b"payload");
    assert_eq!(found.nevra.to_string(), "qemu-kvm-17:9.1.0-15.el9.x86_64");
    assert_eq!(found.signatures, [[1, 2, 3]]);
    assert_eq!(found.header, header(&said()));
    assert_eq!(found.payload.to_string(), SUM);
}

#[test]
fn a_package_without_source_is_one_and_no_epoch_is_zero() {
    let mut values = said();
    values.retain(|(tag, _, _)| !matches!(*tag, SOURCE_RPM | EPOCH));
    let found = read(&mut &package(&values)[..]).unwrap();
    assert_eq!(found.nevra.to_string(), "qemu-kvm-0:9.1.0-15.el9.src");
}

#[test]
fn what_is_no_package_is_refused() {
    let without = |tag: u32| {
        let mut values = said();
        values.retain(|(its, _, _)| *its != tag);
        package(&values)
    };
    let changed = |at: usize, byte: u8| {
        let mut bytes = package(&said());
        bytes[at] = byte;
        bytes
    };
    let (first, whole) = (LEAD, package(&said()));
    let second = whole.len() - 7 - header(&said()).len();
    let table = [
        (vec![0; 200], "no RPM package"),
        (changed(0, 0), "no RPM package"),
        (changed(4, 5), "no RPM package"),
        (whole[..50].to_vec(), "cannot be read"),
        (
            whole[..second - 9].to_vec(),
            "signature goes on behind the end",
        ),
        (
            whole[..whole.len() - 20].to_vec(),
            "header goes on behind the end",
        ),
        (changed(first, 0), "signature does not begin as one"),
        (changed(second, 0), "header does not begin as one"),
        (changed(second + 8, 0xff), "header is larger than any"),
        (changed(second + 12, 0x7f), "header is larger than any"),
        // Where the name lies, and the last of it.
        (changed(second + 16 + 8, 0x7f), "lacks name"),
        (without(RELEASE), "lacks name"),
        (without(PAYLOAD_DIGEST), "no SHA-256 of the payload"),
        (without(PAYLOAD_ALGORITHM), "no SHA-256 of the payload"),
    ];
    for (bytes, says) in table {
        let said = read(&mut &bytes[..]).unwrap_err().to_string();
        assert!(said.contains(says), "{says}: {said}");
    }
}
