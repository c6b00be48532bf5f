//! One transfer as a state machine without I/O: what to send next, given an acknowledgement or a silence.
//!
//! Blocks are counted without wrapping; on the wire they are taken modulo 65536, so files may have any length. A transfer
//! ends: each step forward needs a new acknowledgement, and silence is answered a bounded number of times.

/// How often the same is sent again before the client counts as gone.
pub const RETRIES: u32 = 5;

/// What happens to a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The client has everything up to this block (modulo 65536).
    Ack(u16),
    /// Nothing came in time.
    Silence,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Send the OACK, then wait.
    Oack,
    /// Send blocks `first` to `last`, then wait.
    Data {
        /// First block, from 1.
        first: u64,
        /// Last block.
        last: u64,
    },
    /// Go on waiting, no longer than before.
    Wait,
    /// The client has everything.
    Done,
    /// The client is gone.
    GiveUp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The OACK was sent.
    Agreeing,
    /// Blocks up to `acked` have arrived, those up to `sent` are on the way.
    Sending { acked: u64, sent: u64 },
}

/// A transfer under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Number of the last block; the file's end is a block that is not full, so there is always one.
    blocks: u64,
    window: u64,
    phase: Phase,
    /// How often was sent again since the last step forward.
    again: u32,
    /// What was sent twice, up to this block: a second copy brings second acknowledgements, which mean nothing.
    twice: Option<u64>,
}

impl Transfer {
    /// A transfer of `len` bytes in blocks of `block` bytes, `window` of them at a time, and the first thing to do.
    pub fn begin((len, block): (u64, u64), window: u64, with_oack: bool) -> (Self, Step) {
        let mut transfer = Self {
            blocks: len / block + 1,
            window,
            phase: Phase::Agreeing,
            again: 0,
            twice: None,
        };
        let step = if with_oack {
            Step::Oack
        } else {
            transfer.send_after(0)
        };
        (transfer, step)
    }

    /// How often the same was sent again by now; waits grow with it.
    pub fn again(&self) -> u32 {
        self.again
    }

    /// What to do about `input`.
    pub fn next(&mut self, input: Input) -> Step {
        match (input, self.phase) {
            (Input::Silence, _) if self.again >= RETRIES => Step::GiveUp,
            (Input::Silence, phase) => {
                self.again += 1;
                self.send_again(phase)
            }
            (Input::Ack(0), Phase::Agreeing) => self.send_after(0),
            (Input::Ack(_), Phase::Agreeing) => Step::Wait,
            (Input::Ack(block), Phase::Sending { acked, sent }) => {
                self.acknowledged(block, (acked, sent))
            }
        }
    }

    fn send_again(&mut self, phase: Phase) -> Step {
        match phase {
            Phase::Agreeing => Step::Oack,
            Phase::Sending { acked, sent } => {
                self.twice = Some(sent);
                Step::Data {
                    first: acked + 1,
                    last: sent,
                }
            }
        }
    }

    fn acknowledged(&mut self, block: u16, (acked, sent): (u64, u64)) -> Step {
        // The window is far smaller than 65536 blocks, so at most one number in it fits.
        let ahead = u64::from(block.wrapping_sub(low(acked)));
        if ahead > sent - acked {
            return Step::Wait;
        }
        if ahead > 0 {
            self.again = 0;
            return self.advanced(acked + ahead, sent);
        }
        // The last acknowledgement once more. With one block at a time it is a copy, and answering it would double every
        // packet from here on (the sorcerer's apprentice, RFC 1123 §4.2.3.1). In a window it says that the first block was
        // lost; that is believed once for each window, and not while acknowledgements of second copies may be about.
        if self.window > 1 && self.is_behind_copies(acked) {
            self.send_again(self.phase)
        } else {
            Step::Wait
        }
    }

    /// The client has all up to `acked`, of what was sent up to `sent`.
    fn advanced(&mut self, acked: u64, sent: u64) -> Step {
        if acked == sent {
            return self.send_after(acked);
        }
        if self.is_behind_copies(acked) {
            // Something was lost behind that part of the window: RFC 7440 §4 has us go on from there.
            self.twice = Some(sent);
            return self.send_after(acked);
        }
        // A copy was acknowledged: the rest of the window is on its way. To send that again as well would make copies
        // of copies to the end of the file; only what was never sent is due.
        let first = sent + 1;
        let last = self.blocks.min(acked + self.window);
        self.phase = Phase::Sending { acked, sent: last };
        if first > last {
            Step::Wait
        } else {
            Step::Data { first, last }
        }
    }

    /// Whether no acknowledgement of a second copy can be about any more.
    fn is_behind_copies(&self, acked: u64) -> bool {
        self.twice.is_none_or(|twice| acked > twice)
    }

    fn send_after(&mut self, acked: u64) -> Step {
        if acked == self.blocks {
            return Step::Done;
        }
        let sent = self.blocks.min(acked + self.window);
        self.phase = Phase::Sending { acked, sent };
        Step::Data {
            first: acked + 1,
            last: sent,
        }
    }
}

fn low(block: u64) -> u16 {
    let [.., high, low] = block.to_be_bytes();
    u16::from_be_bytes([high, low])
}

#[cfg(test)]
mod tests;
