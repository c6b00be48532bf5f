//! Percent-decoding (RFC 3986 §2.1), for paths and for form bodies.

/// The bytes behind `text`, or `None` if a `%` is not followed by two hex digits.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            bytes.push(digit(rest.next()?)? << 4 | digit(rest.next()?)?);
        } else {
            bytes.push(byte);
        }
    }
    Some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    let value = char::from(byte).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn a_percent_needs_two_digits() {
        assert_eq!(decode("a%2b%2Bc").unwrap(), b"a++c");
        for text in ["%", "%2", "%2g", "%+1", "a%zz"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
