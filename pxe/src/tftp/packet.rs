//! TFTP packets (RFC 1350, options of RFC 2347): bytes to values and back. Pure.

/// Bytes in front of a block in its DATA packet.
pub const DATA_HEAD: u64 = 4;

/// What a client can ask for in the mode field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Bytes as they are.
    Octet,
    /// With line ends changed on the way (or `mail`): not for boot files.
    Other,
}

/// A read request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// File name as sent.
    pub name: String,
    /// How to transfer.
    pub mode: Mode,
    /// Option names, lower case, and values, in order; the first of a name counts.
    pub options: Vec<(String, String)>,
}

/// What arrives at the well-known port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// A read request.
    Read(Request),
    /// A write request: nobody writes here.
    Write,
    /// A read request that cannot be understood.
    Malformed,
    /// Anything else; it is not answered, or two servers could answer each other for ever.
    Noise,
}

/// What arrives in a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The block (modulo 65536) up to which the client has everything.
    Ack(u16),
    /// The client ends the transfer.
    Error(u16),
    /// Anything else.
    Noise,
}

/// Error codes of RFC 1350.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 0: see the message.
    Undefined = 0,
    /// 1.
    NotFound = 1,
    /// 2.
    Denied = 2,
    /// 4.
    Illegal = 4,
}

/// Reads what arrived at the well-known port.
pub fn opening(bytes: &[u8]) -> Opening {
    match opcode(bytes) {
        Some((1, body)) => request(body).map_or(Opening::Malformed, Opening::Read),
        Some((2, _)) => Opening::Write,
        Some(_) | None => Opening::Noise,
    }
}

/// Reads what arrived in a transfer.
pub fn reply(bytes: &[u8]) -> Reply {
    match opcode(bytes) {
        Some((4, [high, low, ..])) => Reply::Ack(u16::from_be_bytes([*high, *low])),
        Some((5, [high, low, ..])) => Reply::Error(u16::from_be_bytes([*high, *low])),
        Some(_) | None => Reply::Noise,
    }
}

fn opcode(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (code, body) = bytes.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*code), body))
}

/// Texts, each ended by a NUL; some ROMs pad the packet with further NULs, which are empty names here.
fn request(body: &[u8]) -> Option<Request> {
    let (texts, rest) = body.split_at(body.iter().rposition(|byte| *byte == 0)?);
    if rest.len() != 1 {
        return None;
    }
    let texts = str::from_utf8(texts).ok()?;
    let mut texts = texts.split('\0');
    let name = texts.next()?.to_owned();
    let mode = match texts.next()? {
        mode if mode.eq_ignore_ascii_case("octet") => Mode::Octet,
        _ => Mode::Other,
    };
    let mut options = Vec::new();
    while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
        options.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    Some(Request {
        name,
        mode,
        options,
    })
}

/// A DATA packet of `block` (modulo 65536).
pub fn data(block: u64, bytes: &[u8]) -> Vec<u8> {
    let [.., high, low] = block.to_be_bytes();
    [&[0, 3, high, low], bytes].concat()
}

/// An OACK packet (RFC 2347): what of the client's options is granted.
pub fn oack(options: &[(&'static str, u64)]) -> Vec<u8> {
    let mut packet = vec![0, 6];
    for (name, value) in options {
        packet.extend_from_slice(name.as_bytes());
        packet.push(0);
        packet.extend_from_slice(value.to_string().as_bytes());
        packet.push(0);
    }
    packet
}

/// An ERROR packet.
pub fn error(fault: Fault, words: &str) -> Vec<u8> {
    let mut packet = vec![0, 5, 0, fault as u8];
    packet.extend_from_slice(words.as_bytes());
    packet.push(0);
    packet
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Opening {
        opening(&[b"\0\x01", bytes].concat())
    }

    #[test]
    fn requests_as_firmware_sends_them() {
        let Opening::Read(request) = read(b"/a.efi\0OCTET\0TSize\x000\0blksize\x001468\0") else {
            panic!("refused");
        };
        assert_eq!(
            (request.name.as_str(), request.mode),
            ("/a.efi", Mode::Octet)
        );
        let options = [("tsize", "0"), ("blksize", "1468")];
        let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(request.options, options);
        for padded in [&b"a\0octet\0\0\0\0"[..], b"a\0octet\0"] {
            assert!(matches!(read(padded), Opening::Read(_)), "{padded:?}");
        }
    }

    #[test]
    fn what_is_no_request_is_told_apart() {
        assert_eq!(read(b""), Opening::Malformed);
        assert_eq!(
            read(b"name\0octet"),
            Opening::Malformed,
            "no NUL at the end"
        );
        assert_eq!(read(b"name\0"), Opening::Malformed, "no mode");
        assert_eq!(read(b"\xff\0octet\0"), Opening::Malformed, "not text");
        assert_eq!(opening(b"\0\x02x\0octet\0"), Opening::Write);
        for noise in [
            &b""[..],
            b"\0",
            b"\0\x03\0\x01",
            b"\0\x04\0\x01",
            b"\0\x05\0\0x\0",
        ] {
            assert_eq!(opening(noise), Opening::Noise, "{noise:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes: Vec<u8>) {
            opening(&bytes);
            reply(&bytes);
        }
    }
}
