//! The Range header (RFC 9110 §14.2), one range: dnf resumes downloads with it.

/// What part of a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// All of it: no header, or one we may ignore (another unit, several ranges, malformed).
    Whole,
    /// Bytes `first` to `last`, both included, both inside the file.
    Part {
        /// First byte.
        first: u64,
        /// Last byte.
        last: u64,
    },
    /// Nothing of it lies inside the file.
    Beyond,
}

/// Reads a Range header for a file of `len` bytes.
pub(super) fn ask(header: Option<&str>, len: u64) -> Ask {
    header
        .and_then(|text| text.trim().strip_prefix("bytes="))
        .and_then(|spec| spec.trim().split_once('-'))
        .and_then(|(first, last)| part(first.trim(), last.trim(), len))
        .unwrap_or(Ask::Whole)
}

fn part(first: &str, last: &str, len: u64) -> Option<Ask> {
    let range = match (first, last) {
        ("", "") => return None,
        ("", suffix) => (len.saturating_sub(number(suffix)?), len.checked_sub(1)),
        (first, "") => (number(first)?, len.checked_sub(1)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            (first, len.checked_sub(1).map(|end| end.min(last)))
        }
    };
    Some(match range {
        (first, Some(last)) if first <= last => Ask::Part { first, last },
        _ => Ask::Beyond,
    })
}

/// Digits only (a sign is malformed). What does not fit in 64 bits lies beyond any file.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Ask, ask};

    fn part(first: u64, last: u64) -> Ask {
        Ask::Part { first, last }
    }

    #[test]
    fn ranges_of_a_file_of_ten_bytes() {
        let table = [
            ("bytes=0-3", part(0, 3)),
            ("bytes=3-", part(3, 9)),
            ("bytes=-4", part(6, 9)),
            ("bytes=-40", part(0, 9)),
            ("bytes=9-9", part(9, 9)),
            ("bytes=5-99", part(5, 9)),
            ("bytes=0-99999999999999999999999", part(0, 9)),
            ("bytes=10-", Ask::Beyond),
            ("bytes=99999999999999999999999-", Ask::Beyond),
            ("bytes=-0", Ask::Beyond),
            ("bytes=5-3", Ask::Whole),
            ("bytes=0-1,4-5", Ask::Whole),
            ("bytes=-", Ask::Whole),
            ("bytes=+1-3", Ask::Whole),
            ("lines=0-3", Ask::Whole),
            ("", Ask::Whole),
        ];
        for (header, expected) in table {
            assert_eq!(ask(Some(header), 10), expected, "{header}");
        }
        assert_eq!(ask(None, 10), Ask::Whole);
    }

    #[test]
    fn an_empty_file_has_no_range() {
        for header in ["bytes=0-", "bytes=0-0", "bytes=-5"] {
            assert_eq!(ask(Some(header), 0), Ask::Beyond, "{header}");
        }
    }
}
