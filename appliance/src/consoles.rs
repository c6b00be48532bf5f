//! What the consoles of nodes said last, in memory, for evidence: made harmless, bounded, each line with its time of day.
//! Begun anew by every job. Lost in a power cut, and nobody minds.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use devices::bmc::Lines;
use inventory::id::NodeName;
use jiff::Timestamp;

/// Lines kept of a node: the last words of an installer, and the firmware that came after them.
const LINES_KEPT: usize = 200;
/// Bytes kept of a node.
const BYTES_KEPT: usize = 16 * 1024;
/// Of those, the lines that go into the record of a failure, which is kept for ever.
const TAIL_LINES: usize = 40;
/// Bytes of them.
const TAIL_BYTES: usize = 8 * 1024;

/// What was kept of each console.
#[derive(Debug, Default)]
pub struct Consoles(Mutex<HashMap<NodeName, Kept>>);

#[derive(Debug, Default)]
struct Kept {
    parser: Lines,
    lines: VecDeque<String>,
    bytes: usize,
    /// When something was heard last.
    heard: Timestamp,
}

impl Consoles {
    /// Forgets what `node` said before.
    pub fn begin(&self, node: &NodeName) {
        self.with(node, |kept| *kept = Kept::default());
    }

    /// Keeps what `node` says now.
    pub fn hear(&self, node: &NodeName, at: Timestamp, bytes: &[u8]) {
        self.with(node, |kept| kept.hear(at, bytes));
    }

    /// Notes that `node` was not listened to for a while.
    pub fn lost(&self, node: &NodeName, at: Timestamp) {
        self.with(node, |kept| {
            kept.hear(at, b"\n");
            kept.keep(stamped(
                at,
                "-- the console was not read for a while after this line --",
            ));
        });
    }

    /// Everything kept of `node`, newest last.
    pub fn all(&self, node: &NodeName) -> Vec<String> {
        self.with(node, |kept| kept.all())
    }

    /// The end of it, as much as goes into a record.
    pub fn tail(&self, node: &NodeName) -> Vec<String> {
        let mut all = self.all(node);
        let mut bytes = 0;
        let fits = |line: &&String| {
            bytes += line.len();
            bytes <= TAIL_BYTES
        };
        let count = all.iter().rev().take(TAIL_LINES).take_while(fits).count();
        all.split_off(all.len() - count)
    }

    fn with<T>(&self, node: &NodeName, deed: impl FnOnce(&mut Kept) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        deed(all.entry(node.clone()).or_default())
    }
}

impl Kept {
    fn hear(&mut self, at: Timestamp, bytes: &[u8]) {
        self.heard = at;
        for line in self.parser.push(bytes) {
            self.keep(stamped(at, &line));
        }
    }

    fn keep(&mut self, line: String) {
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > LINES_KEPT || self.bytes > BYTES_KEPT {
            self.bytes -= self.lines.pop_front().map_or(0, |line| line.len());
        }
    }

    fn all(&self) -> Vec<String> {
        let rest = self.parser.rest().map(|line| stamped(self.heard, &line));
        self.lines.iter().cloned().chain(rest).collect()
    }
}

fn stamped(at: Timestamp, line: &str) -> String {
    format!("{} {line}", at.strftime("%H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str) -> NodeName {
        name.parse().unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn lines_have_the_time_at_which_they_ended_and_a_new_job_begins_without_them() {
        let (consoles, kvm) = (Consoles::default(), node("kvm-01"));
        consoles.hear(&kvm, at(1), b"\x1b[31mfirst\x1b[0m\r\nsec");
        consoles.hear(&kvm, at(62), b"ond\r\nKernel panic");
        let wanted = ["00:00:01 first", "00:01:02 second", "00:01:02 Kernel panic"];
        assert_eq!(consoles.all(&kvm), wanted);
        assert_eq!(consoles.tail(&kvm), wanted);
        assert!(consoles.tail(&node("kvm-02")).is_empty());
        consoles.begin(&kvm);
        assert!(consoles.all(&kvm).is_empty());
    }

    #[test]
    fn a_gap_is_told() {
        let (consoles, kvm) = (Consoles::default(), node("kvm-01"));
        consoles.hear(&kvm, at(1), b"half a li");
        consoles.lost(&kvm, at(2));
        consoles.hear(&kvm, at(3), b"next\n");
        let all = consoles.all(&kvm);
        assert_eq!(all.len(), 3, "{all:?}");
        assert_eq!(
            (all[0].as_str(), all[2].as_str()),
            ("00:00:02 half a li", "00:00:03 next")
        );
    }

    #[test]
    fn a_console_that_never_stops_is_kept_in_bounds_and_its_last_line_is_there() {
        let (consoles, kvm) = (Consoles::default(), node("kvm-01"));
        for number in 0..5_000 {
            let long = "x".repeat(number % 300);
            consoles.hear(&kvm, at(1), format!("{number} {long}\n").as_bytes());
        }
        let size = |lines: &[String]| lines.iter().map(String::len).sum::<usize>();
        let (all, tail) = (consoles.all(&kvm), consoles.tail(&kvm));
        assert!(all.len() <= LINES_KEPT && size(&all) <= BYTES_KEPT);
        assert!(tail.len() <= TAIL_LINES && size(&tail) <= TAIL_BYTES && tail.len() > 20);
        assert!(all.ends_with(&tail) && tail.iter().any(|line| line.starts_with("00:00:01 4999 ")));
    }
}
