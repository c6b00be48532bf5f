//! What a packet node did and how it ended: what stories assert on.

use std::net::Ipv4Addr;

use super::fault::Step;

/// One life, from power-on to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// Everything it asked, in order.
    pub asked: Vec<Asked>,
    /// How often its firmware started.
    pub starts: usize,
    /// How often its disk was written to.
    pub writes: usize,
    /// Answers to others who asked the same from another address.
    pub thefts: Vec<Asked>,
    /// The addresses it was given.
    pub addresses: Vec<Ipv4Addr>,
}

/// A question and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// At this step.
    pub step: Step,
    /// What for: a URL, a file, a kind of DHCP client.
    pub what: String,
    /// HTTP status, or the outcome in a word.
    pub got: String,
}

/// How a life ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The installed system runs.
    Up,
    /// It found nothing to boot.
    NothingToBoot,
    /// `%pre` refused and switched it off.
    PoweredOff(String),
    /// It died.
    Died(Step),
    /// It waits for a person, or for ever.
    Stuck(Step, String),
    /// It restarted again and again.
    Looping,
}

impl Trace {
    /// What came of the questions of a step.
    pub fn got(&self, step: Step) -> Vec<&str> {
        let of_step = self.asked.iter().filter(|asked| asked.step == step);
        of_step.map(|asked| asked.got.as_str()).collect()
    }
}
