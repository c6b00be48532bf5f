//! Making checks.

use inventory::verification::{Check, TEXT_MAX, Verdict, What};

/// Asked and found, compared by whoever calls.
pub(super) fn judged(what: What, of: &str, sides: (&str, &str), is_good: bool) -> Check {
    let verdict = match is_good {
        true => Verdict::Good,
        false => Verdict::Wrong,
    };
    made((what, of), sides, verdict)
}

/// Both sides must be the same, whatever the case of their letters.
pub(super) fn same(what: What, asked: &str, found: &str) -> Check {
    judged(what, "", (asked, found), found.eq_ignore_ascii_case(asked))
}

/// Not asked of this node.
pub(super) fn skipped(what: What, of: &str, sides: (&str, &str), why: &str) -> Check {
    let why = why.to_owned();
    made((what, of), sides, Verdict::Skipped { why })
}

fn made((what, of): (What, &str), (asked, found): (&str, &str), verdict: Verdict) -> Check {
    Check {
        what,
        of: short(of),
        asked: short(asked),
        found: short(found),
        verdict,
    }
}

/// Nothing that a node says makes a report long, or moves a terminal.
fn short(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = plain.take(TEXT_MAX).collect();
    if text.chars().count() > TEXT_MAX {
        short.push_str("...");
    }
    short
}

/// A list for people.
pub(super) fn list(items: &[impl AsRef<str>]) -> String {
    match items {
        [] => "none".to_owned(),
        items => items
            .iter()
            .map(AsRef::as_ref)
            .collect::<Vec<_>>()
            .join(", "),
    }
}
