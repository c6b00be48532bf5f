//! Form bodies (`application/x-www-form-urlencoded`), as curl's `--data-urlencode` writes them, cleaned and bounded.

use std::collections::BTreeMap;

use super::percent;

/// The longest value kept, bytes of UTF-8: the tail of a log, not the log.
const VALUE_MAX: usize = 4096;
/// The longest name kept.
const NAME_MAX: usize = 64;
/// The most fields kept: a trial reports one a disk and one a port.
const FIELDS_MAX: usize = 128;

/// Name and value of each field; the last of a name counts, what is over the bounds is left out or cut.
pub(super) fn fields(body: &[u8]) -> BTreeMap<String, String> {
    let body = String::from_utf8_lossy(body);
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (text(name), text(value)))
        .filter(|(name, _)| !name.is_empty() && name.len() <= NAME_MAX)
        .take(FIELDS_MAX)
        .collect()
}

/// Decoded; a stray `%` stands for itself: better a report with a scar than none.
fn text(encoded: &str) -> String {
    let spaced = encoded.replace('+', " ");
    let bytes = percent::decode(&spaced).unwrap_or_else(|| spaced.into_bytes());
    printable(&String::from_utf8_lossy(&bytes))
}

/// Without control characters (a terminal will show it), cut to [`VALUE_MAX`], without space around it.
fn printable(text: &str) -> String {
    let is_shown = |c: &char| *c == '\n' || !c.is_control();
    let clean: String = text.chars().filter(is_shown).collect();
    let clean = clean.trim();
    let mut end = clean.len().min(VALUE_MAX);
    while !clean.is_char_boundary(end) {
        end -= 1;
    }
    clean[..end].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_cleaned() {
        let found =
            fields(b"phase=pre&detail=a+b%0Ac%1b[31m%C3%A9&x&=y&serial=HN%2b1&serial=HN2&bad=%zz");
        let expected = [
            ("phase", "pre"),
            ("detail", "a b\nc[31m\u{e9}"),
            ("serial", "HN2"),
            ("bad", "%zz"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(found, BTreeMap::from(expected));
    }

    #[test]
    fn what_is_too_much_is_cut() {
        let long = format!("detail={}&{}=1", "\u{3042}".repeat(4000), "n".repeat(100));
        let found = fields(long.as_bytes());
        assert_eq!(found.len(), 1);
        assert_eq!(
            found["detail"].len(),
            VALUE_MAX - 1,
            "cut between characters"
        );
        let many: String = (0..1000).map(|n| format!("f{n}=1&")).collect();
        assert_eq!(fields(many.as_bytes()).len(), FIELDS_MAX);
    }
}
