//! Text to TOML, past lines that are none: so that one missing quote does not hide the faults of all other lines.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::fault::Place;

/// What could be made of a text.
pub(super) struct Readable {
    /// Where the text is not TOML, by line: the byte, and what the parser says. The parser's later complaints may follow
    /// from an earlier one, so a line is told once.
    pub(super) errors: BTreeMap<usize, (usize, String)>,
    /// The text with those lines blank, byte for byte as long; `None` if that is no TOML either, or if a table's header
    /// was among them and the lines after it would be taken for another table's.
    pub(super) text: Option<String>,
}

/// So often lines are blanked until the rest is TOML.
const ROUNDS: usize = 20;

pub(super) fn readable(text: &str) -> Readable {
    let mut readable = Readable {
        errors: errors(text),
        text: None,
    };
    let mut rest = text.to_owned();
    let mut found = readable.errors.clone();
    for _ in 0..ROUNDS {
        if found.is_empty() {
            readable.text = Some(rest);
            break;
        }
        for line in found.keys() {
            let Some(blanked) = blank(&rest, *line) else {
                return readable;
            };
            rest = blanked;
        }
        found = errors(&rest);
    }
    readable
}

fn errors(text: &str) -> BTreeMap<usize, (usize, String)> {
    let mut told = BTreeMap::new();
    for error in DeTable::parse_recoverable(text).1 {
        let at = error.span().map_or(0, |span| span.start);
        let line = Place::of(text, at).line;
        told.entry(line).or_insert((at, error.message().to_owned()));
    }
    under_bad_headers(text, &mut told);
    told
}

/// Takes out what is told of lines under a header that is told: they were read as another table's.
fn under_bad_headers(text: &str, told: &mut BTreeMap<usize, (usize, String)>) {
    let mut under = false;
    for (at, line) in text.lines().enumerate() {
        let line_number = at + 1;
        if is_header(line) {
            under = told.contains_key(&line_number);
        } else if under {
            told.remove(&line_number);
        }
    }
}

fn is_header(line: &str) -> bool {
    line.trim_start().starts_with('[')
}

/// `text` with `line` blank, if that changes anything and the line is no header.
fn blank(text: &str, line: usize) -> Option<String> {
    let lines = text.split_inclusive('\n').enumerate();
    let (before, this) = lines.fold((0, ""), |(before, this), (at, next)| {
        if at + 1 < line {
            (before + next.len(), this)
        } else {
            (before, if at + 1 == line { next } else { this })
        }
    });
    let content = this.trim_end_matches(['\n', '\r']);
    if content.trim().is_empty() || is_header(content) {
        return None;
    }
    let after = before + content.len();
    let spaces = " ".repeat(content.len());
    Some(format!("{}{spaces}{}", &text[..before], &text[after..]))
}
