//! Packets as text in which every byte can be seen, for the files of answers.

use std::fmt::Write;

/// Bytes before a DHCP packet's options.
const FIXED: usize = 240;

/// A DHCP request in a line: its kind and what tells its sender.
pub(super) fn dhcp_words(bytes: &[u8]) -> String {
    let mut words = "? dhcp".to_owned();
    for (code, value) in options(bytes).0 {
        if matches!(code, 53 | 60 | 77 | 93) {
            write!(words, " {code}={}", value.escape_ascii()).unwrap();
        }
    }
    words
}

/// An option in a line.
fn option(code: impl std::fmt::Display, value: &[u8]) -> String {
    format!("option {code} {} {}\n", hex(value), value.escape_ascii())
}

/// A DHCP reply: the fixed fields, then an option a line, then how many zeros fill it up.
pub(super) fn dhcp(bytes: &[u8]) -> String {
    let mut text = format!("fixed {}\n", hex(&bytes[..FIXED]));
    let (options, rest) = options(bytes);
    for (code, value) in options {
        text += &option(code, value);
    }
    let zeros = rest.iter().rev().take_while(|byte| **byte == 0).count();
    let end = &rest[..rest.len() - zeros];
    writeln!(text, "end {} and {zeros} zeros", hex(end)).unwrap();
    text
}

/// The options, and what stands behind the last of them, from the end mark on.
pub(super) fn options(bytes: &[u8]) -> (Vec<(u8, &[u8])>, &[u8]) {
    let (mut found, mut rest) = (Vec::new(), bytes.get(FIXED..).unwrap_or_default());
    while let [code @ 1..=254, length, behind @ ..] = rest {
        let Some((value, next)) = behind.split_at_checked(usize::from(*length)) else {
            break;
        };
        found.push((*code, value));
        rest = next;
    }
    (found, rest)
}

/// A DHCPv6 request in a line: its type and the codes of its options.
pub(super) fn dhcp6_words(bytes: &[u8]) -> String {
    let kind = bytes.first().copied().unwrap_or_default();
    let codes = options6(&bytes[4.min(bytes.len())..]);
    let codes = codes.iter().map(|(code, _)| code.to_string());
    format!(
        "? dhcp6 {kind} with {}",
        codes.collect::<Vec<_>>().join(" ")
    )
}

/// A DHCPv6 reply: type and transaction, then an option a line.
pub(super) fn dhcp6(bytes: &[u8]) -> String {
    let mut text = format!("fixed {}\n", hex(&bytes[..4]));
    for (code, value) in options6(&bytes[4..]) {
        text += &option(code, value);
    }
    text
}

/// The options of a DHCPv6 message, as far as they are whole.
pub(super) fn options6(mut rest: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    while let [a, b, c, d, behind @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*c, *d]));
        let Some((value, next)) = behind.split_at_checked(length) else {
            break;
        };
        found.push((u16::from_be_bytes([*a, *b]), value));
        rest = next;
    }
    found
}

/// A TFTP packet in a line.
pub(super) fn words(bytes: &[u8]) -> String {
    format!("? tftp {}", bytes.escape_ascii())
}

/// The request line.
pub(super) fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    format!("? http {}", text.lines().next().unwrap_or_default())
}

/// A text a line each, so that its line ends can be seen.
pub(super) fn lines(bytes: &[u8]) -> String {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    lines
        .map(|line| format!("| {}\n", line.escape_ascii()))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
