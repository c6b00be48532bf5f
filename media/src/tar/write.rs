//! The headers of an archive that is written.

use super::{BLOCK, sum};

/// How many bytes stand behind a file of `size` bytes.
pub fn padding(size: u64) -> usize {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or_default();
    (BLOCK - over) % BLOCK
}

/// The header of a file. It says nothing but name and size, so that the same files give the same archive.
pub fn header(path: &str, size: u64) -> Vec<u8> {
    let (name, mut headers) = match path.len() {
        0..=100 => (path, Vec::new()),
        _ => ("", pax_path(path)),
    };
    headers.extend(block(name.as_bytes(), size, b'0'));
    headers
}

pub(super) fn pax_path(path: &str) -> Vec<u8> {
    let rest = format!(" path={path}\n");
    // The length counts its own digits.
    let mut length = rest.len();
    while length != rest.len() + length.to_string().len() {
        length = rest.len() + length.to_string().len();
    }
    let record = format!("{length}{rest}");
    let mut bytes = block(b"pax", record.len() as u64, b'x').to_vec();
    bytes.extend(record.as_bytes());
    bytes.resize(bytes.len() + padding(record.len() as u64), 0);
    bytes
}

pub(super) fn block(name: &[u8], size: u64, kind: u8) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name);
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    match size >> 33 {
        0 => put(124, format!("{size:011o}\0").as_bytes()),
        _ => {
            put(124, &[0x80, 0, 0, 0]);
            put(128, &size.to_be_bytes());
        }
    }
    put(136, b"00000000000\0");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    let text = format!("{:06o}\0 ", sum(&block));
    block[148..156].copy_from_slice(text.as_bytes());
    block
}
