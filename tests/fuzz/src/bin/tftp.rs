//! TFTP: the first packet of a stranger, and if it opens a transfer, a whole conversation with the state machine.
//!
//! The input is one packet, ended by [`END`], and then the client's doings, two bytes each. What is checked beside panics:
//! terms stay in their bounds, nothing outside the window is ever sent, a transfer is done only when the client acknowledged
//! the last block, and a client that only repeats itself or falls silent is given up after a bounded number of packets.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pxe::tftp::options::{self, Terms};
use pxe::tftp::packet::{self, Mode, Opening, Reply, Request};
use pxe::tftp::transfer::{Input, RETRIES, Step, Transfer};

/// Between the packet and the conversation.
const END: &[u8] = b"\xff\xfe\xff";

fuzz_target!(|input: &[u8]| {
    let split = input.windows(END.len()).position(|bytes| bytes == END);
    let (first, rest) = split.map_or((input, &[][..]), |at| {
        (&input[..at], &input[at + END.len()..])
    });
    let _ = packet::reply(first);
    match packet::opening(first) {
        Opening::Read(request) if request.mode == Mode::Octet => converse(&request, rest),
        Opening::Read(_) | Opening::Write | Opening::Malformed | Opening::Noise => {}
    }
});

fn converse(request: &Request, doings: &[u8]) {
    let (len, doings) = doings
        .split_first_chunk::<3>()
        .map_or((0, doings), |(len, rest)| {
            (
                u64::from(u32::from_be_bytes([0, len[0], len[1], len[2]])),
                rest,
            )
        });
    let terms = options::terms(&request.options, len);
    check_terms(request, &terms, len);
    Conversation::begin(&terms, len).go(doings);
}

fn check_terms(request: &Request, terms: &Terms, len: u64) {
    assert!((8..=options::BLOCK_MAX).contains(&terms.block));
    assert!((1..=32).contains(&terms.window));
    assert!((1..=10).contains(&terms.patience.as_secs()));
    for (at, (name, value)) in terms.granted.iter().enumerate() {
        let is_asked = request.options.iter().any(|(asked, _)| asked == name);
        assert!(is_asked, "granted unasked: {name}");
        assert!(*name != "tsize" || *value == len);
        assert!(
            terms.granted[..at].iter().all(|(before, _)| before != name),
            "{name} twice"
        );
    }
    let oack = packet::oack(&terms.granted);
    assert!(oack.len() < 100 && oack[..2] == [0, 6]);
    assert_eq!(packet::reply(&oack), Reply::Noise, "an OACK is no reply");
}

/// A transfer and what is known of it from outside.
struct Conversation {
    transfer: Transfer,
    step: Step,
    blocks: u64,
    window: u64,
    acked: Option<u64>,
    /// The last block ever sent.
    sent: u64,
    /// Packets sent since the last step forward.
    idle: u64,
}

impl Conversation {
    fn begin(terms: &Terms, len: u64) -> Self {
        let with_oack = !terms.granted.is_empty();
        let (transfer, step) = Transfer::begin((len, terms.block), terms.window, with_oack);
        Self {
            transfer,
            step,
            blocks: len / terms.block + 1,
            window: terms.window,
            acked: (!with_oack).then_some(0),
            sent: 0,
            idle: 0,
        }
    }

    fn go(mut self, doings: &[u8]) {
        for doing in doings.chunks_exact(2) {
            if self.is_over() {
                return;
            }
            let input = self.input(doing[0], doing[1]);
            self.step = self.transfer.next(input);
        }
        // A client that says no more is given up.
        for _ in 0..=RETRIES + 1 {
            if self.is_over() {
                return;
            }
            self.step = self.transfer.next(Input::Silence);
        }
        panic!("it waits for ever");
    }

    /// What the client does next, and what it means.
    fn input(&mut self, what: u8, how: u8) -> Input {
        let acked = self.acked.unwrap_or(0);
        let block = match what {
            // The end of the window, as a good client does.
            0..=99 => self.sent,
            // A part of it.
            100..=179 => acked + u64::from(how) % (self.sent - acked + 1),
            180..=199 => acked,
            200..=239 => u64::from(what) << 8 | u64::from(how),
            240..=255 => return Input::Silence,
        };
        let [.., high, low] = block.to_be_bytes();
        let Reply::Ack(number) = packet::reply(&[0, 4, high, low]) else {
            panic!("an acknowledgement is not understood")
        };
        self.hear(number);
        Input::Ack(number)
    }

    /// Which block an honest reading of the acknowledgement means: the one number in the window that fits.
    fn hear(&mut self, number: u16) {
        let Some(acked) = self.acked else {
            self.acked = (number == 0).then_some(0);
            return;
        };
        let fits = |block: &u64| block.to_be_bytes()[6..] == number.to_be_bytes();
        if let Some(block) = (acked + 1..=self.sent).find(fits) {
            self.acked = Some(block);
            self.idle = 0;
        }
    }

    /// Checks the step; whether it was the last.
    fn is_over(&mut self) -> bool {
        match self.step {
            Step::Done => assert_eq!(self.acked, Some(self.blocks), "done too early"),
            Step::GiveUp | Step::Wait => {}
            Step::Oack => self.idle += 1,
            Step::Data { first, last } => {
                let acked = self.acked.expect("data before the OACK was acknowledged");
                assert!(first > acked && first <= last && last <= self.blocks);
                assert!(last <= acked + self.window, "beyond the window");
                let begin = packet::data(last, &[]);
                assert_eq!(begin[..2], [0, 3]);
                self.sent = self.sent.max(last);
                self.idle += last + 1 - first;
            }
        }
        let most = u64::from(RETRIES + 3) * self.window;
        assert!(
            self.idle <= most,
            "{} packets without a step forward",
            self.idle
        );
        matches!(self.step, Step::Done | Step::GiveUp)
    }
}
