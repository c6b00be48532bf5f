//! What is granted of a client's options: blksize (RFC 2348), tsize and timeout (RFC 2349), windowsize (RFC 7440). Pure.

use std::time::Duration;

/// The largest block sent: an Ethernet frame holds it with IP, UDP and TFTP headers (1500 - 20 - 8 - 4). A larger one would
/// be fragmented, and firmware often does not put fragments together.
pub const BLOCK_MAX: u64 = 1468;
/// The block of a client that asks for nothing (RFC 1350).
const BLOCK_PLAIN: u64 = 512;
/// The most blocks sent without an acknowledgement: 47 KiB, which a switch port's buffer takes.
pub const WINDOW_MAX: u64 = 32;
/// How long to wait for an acknowledgement at first, if the client does not say.
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest wait a client may ask for; with the retries it bounds how long a dead client holds its place.
const TIMEOUT_MAX: u64 = 10;

/// How a transfer is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Bytes in a block, 8 to [`BLOCK_MAX`].
    pub block: u64,
    /// Blocks in a window, 1 to 32.
    pub window: u64,
    /// How long to wait before sending again, the first time.
    pub patience: Duration,
    /// What to say in the OACK; empty if no OACK is due.
    pub granted: Vec<(&'static str, u64)>,
}

/// What a file of `len` bytes is sent by. An option that is unknown or out of its range is left out of the OACK, as RFC 2347
/// wants it; a larger wish than ours is answered by ours.
pub fn terms(options: &[(String, String)], len: u64) -> Terms {
    let mut terms = Terms {
        block: BLOCK_PLAIN,
        window: 1,
        patience: PATIENCE,
        granted: Vec::new(),
    };
    for (name, value) in options {
        if let Some((name, value)) = grant(name, value, len) {
            terms.take(name, value);
        }
    }
    terms
}

fn grant(name: &str, value: &str, len: u64) -> Option<(&'static str, u64)> {
    let wish: u64 = value.parse().ok()?;
    match name {
        "blksize" => (8..=65464)
            .contains(&wish)
            .then(|| ("blksize", wish.min(BLOCK_MAX))),
        "tsize" => Some(("tsize", len)),
        "timeout" => (1..=TIMEOUT_MAX)
            .contains(&wish)
            .then_some(("timeout", wish)),
        "windowsize" => (1..=65535)
            .contains(&wish)
            .then(|| ("windowsize", wish.min(WINDOW_MAX))),
        _ => None,
    }
}

impl Terms {
    fn take(&mut self, name: &'static str, value: u64) {
        if self.granted.iter().any(|(given, _)| *given == name) {
            return;
        }
        self.granted.push((name, value));
        match name {
            "blksize" => self.block = value,
            "windowsize" => self.window = value,
            "timeout" => self.patience = Duration::from_secs(value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(options: &[(&str, &str)]) -> Vec<(&'static str, u64)> {
        let options: Vec<_> = options
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        terms(&options, 70_000).granted
    }

    #[test]
    fn options_are_granted_within_our_bounds() {
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a [(&'a str, u64)]);
        let table: [Case<'_>; 8] = [
            (&[], &[]),
            (
                &[("tsize", "0"), ("blksize", "512")],
                &[("tsize", 70_000), ("blksize", 512)],
            ),
            (&[("blksize", "65464")], &[("blksize", 1468)]),
            (
                &[("blksize", "7"), ("windowsize", "0"), ("timeout", "0")],
                &[],
            ),
            (&[("blksize", "x"), ("multicast", ""), ("tsize", "-1")], &[]),
            (
                &[("windowsize", "64"), ("timeout", "3")],
                &[("windowsize", 32), ("timeout", 3)],
            ),
            (&[("timeout", "255")], &[]),
            (
                &[("blksize", "1024"), ("blksize", "8")],
                &[("blksize", 1024)],
            ),
        ];
        for (options, expected) in table {
            assert_eq!(granted(options), expected, "{options:?}");
        }
    }
}
