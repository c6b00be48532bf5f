//! The transfer against a client as RFC 1350 and RFC 7440 describe it, over a network that loses, doubles and reorders.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::{Input, RETRIES, Step, Transfer, low};

/// A client that keeps blocks in order and acknowledges the end of a window, a gap, and its own silence.
struct Client {
    window: u64,
    has: u64,
    unacknowledged: u64,
}

impl Client {
    fn data(&mut self, block: u64) -> Option<u16> {
        if block != self.has + 1 {
            // A gap or a copy: RFC 7440 has the client say what it has.
            self.unacknowledged = 0;
            return Some(low(self.has));
        }
        self.has = block;
        self.unacknowledged += 1;
        (self.unacknowledged == self.window).then(|| self.acknowledge())
    }

    fn acknowledge(&mut self) -> u16 {
        self.unacknowledged = 0;
        low(self.has)
    }
}

/// What the network does to one packet.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Arrives,
    Lost,
    Doubled,
    Late,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        20 => Just(Fate::Arrives),
        2 => Just(Fate::Lost),
        1 => Just(Fate::Doubled),
        1 => Just(Fate::Late),
    ]
}

#[derive(Debug, Clone, Copy)]
enum Packet {
    Oack,
    Data(u64),
    Ack(u16),
}

/// A wire with a fate for each packet, over and over.
struct Wire<'a> {
    queue: VecDeque<Packet>,
    fates: std::iter::Cycle<std::slice::Iter<'a, Fate>>,
    sent: u64,
}

impl Wire<'_> {
    fn put(&mut self, packet: Packet) {
        if matches!(packet, Packet::Data(_) | Packet::Oack) {
            self.sent += 1;
        }
        match self.fates.next().copied().unwrap_or(Fate::Arrives) {
            Fate::Arrives => self.queue.push_back(packet),
            Fate::Lost => {}
            Fate::Doubled => self.queue.extend([packet, packet]),
            Fate::Late => self.queue.push_front(packet),
        }
    }
}

#[derive(Debug, PartialEq)]
struct Outcome {
    is_done: bool,
    client_has: u64,
    sent: u64,
}

fn play((blocks, window): (u64, u64), with_oack: bool, fates: &[Fate]) -> Outcome {
    let (mut transfer, mut step) = Transfer::begin((blocks - 1, 1), window, with_oack);
    let mut client = Client {
        window,
        has: 0,
        unacknowledged: 0,
    };
    let mut wire = Wire {
        queue: VecDeque::new(),
        fates: fates.iter().cycle(),
        sent: 0,
    };
    loop {
        match step {
            Step::Done | Step::GiveUp => break,
            Step::Wait => {}
            Step::Oack => wire.put(Packet::Oack),
            Step::Data { first, last } => {
                assert!(first <= last && last < first + window && last <= blocks);
                (first..=last).for_each(|block| wire.put(Packet::Data(block)));
            }
        }
        step = loop {
            let answer = match wire.queue.pop_front() {
                // Whoever waits longest gives up waiting: here the server, whose clock is under test.
                None => break transfer.next(Input::Silence),
                Some(Packet::Ack(block)) => break transfer.next(Input::Ack(block)),
                Some(Packet::Oack) => Some(client.acknowledge()),
                Some(Packet::Data(block)) if block == blocks && client.has + 1 == blocks => {
                    client.has = blocks;
                    Some(client.acknowledge())
                }
                Some(Packet::Data(block)) => client.data(block),
            };
            if let Some(block) = answer {
                wire.put(Packet::Ack(block));
            }
        };
        assert!(wire.sent < 1_000_000, "it never ends");
    }
    Outcome {
        is_done: step == Step::Done,
        client_has: client.has,
        sent: wire.sent,
    }
}

proptest! {
    #[test]
    fn a_file_arrives_whole_or_the_server_gives_up(
        blocks in 1_u64..300,
        window in 1_u64..33,
        with_oack: bool,
        fates in proptest::collection::vec(fate(), 1..200),
    ) {
        let end = play((blocks, window), with_oack, &fates);
        prop_assert!(!end.is_done || end.client_has == blocks, "done, and the client has {}", end.client_has);
        // Every step forward is one block at least; each costs a window for each retry, and one for a believed gap.
        let bound = (blocks + 1) * window * u64::from(RETRIES + 2);
        prop_assert!(end.sent <= bound, "{} packets for {blocks} blocks", end.sent);
    }

    #[test]
    fn without_loss_every_block_is_sent_once(blocks in 1_u64..3000, window in 1_u64..33, with_oack: bool) {
        let end = play((blocks, window), with_oack, &[Fate::Arrives]);
        prop_assert_eq!(end, Outcome { is_done: true, client_has: blocks, sent: blocks + u64::from(with_oack) });
    }

    /// The sorcerer's apprentice: with every packet doubled on the way, a server that answers copies sends ever more.
    #[test]
    fn copies_do_not_breed(blocks in 1_u64..300, window in 1_u64..33) {
        let end = play((blocks, window), false, &[Fate::Doubled]);
        prop_assert!(end.is_done);
        prop_assert!(end.sent <= 3 * blocks + 2 * window, "{} packets for {blocks} blocks", end.sent);
    }

    /// One packet in 200 lost, acknowledgements included: each costs a window sent again, not the rest of the file twice.
    #[test]
    fn light_loss_costs_little(
        blocks in 100_u64..2000,
        window in 4_u64..17,
        at in 0_usize..200,
    ) {
        let mut fates = vec![Fate::Arrives; 200];
        fates[at] = Fate::Lost;
        let end = play((blocks, window), true, &fates);
        prop_assert!(end.is_done);
        prop_assert!(end.sent <= blocks * 3 / 2 + 4 * window, "{} for {blocks}", end.sent);
    }

    #[test]
    fn no_acknowledgement_confuses_it(inputs in proptest::collection::vec(any::<Option<u16>>(), 0..400), window in 1_u64..33) {
        let (mut transfer, mut step) = Transfer::begin((100_000, 1), window, false);
        for input in inputs {
            if let Step::Data { first, last } = step {
                prop_assert!(first <= last && last - first < window && last <= 100_001);
            }
            if matches!(step, Step::Done | Step::GiveUp) {
                break;
            }
            step = transfer.next(input.map_or(Input::Silence, Input::Ack));
        }
    }
}

#[test]
fn block_numbers_wrap_in_a_long_file() {
    for window in [1, 7, 32] {
        let end = play((200_000, window), true, &[Fate::Arrives]);
        assert!(end.is_done && end.client_has == 200_000);
    }
}

#[test]
fn a_silent_client_is_given_up() {
    let (mut transfer, first) = Transfer::begin((10, 512), 1, true);
    assert_eq!(first, Step::Oack);
    for _ in 0..RETRIES {
        assert_eq!(transfer.next(Input::Silence), Step::Oack);
    }
    assert_eq!(transfer.next(Input::Silence), Step::GiveUp);
}

#[test]
fn a_file_that_fills_its_last_block_is_ended_by_an_empty_one() {
    let (mut transfer, first) = Transfer::begin((1024, 512), 1, false);
    assert_eq!(first, Step::Data { first: 1, last: 1 });
    assert_eq!(
        transfer.next(Input::Ack(1)),
        Step::Data { first: 2, last: 2 }
    );
    assert_eq!(
        transfer.next(Input::Ack(2)),
        Step::Data { first: 3, last: 3 }
    );
    assert_eq!(transfer.next(Input::Ack(3)), Step::Done);
}

fn data(first: u64, last: u64) -> Step {
    Step::Data { first, last }
}

#[test]
fn a_window_whose_first_block_was_lost_is_sent_again_once() {
    let (mut transfer, _) = Transfer::begin((100, 1), 4, true);
    assert_eq!(transfer.next(Input::Ack(0)), data(1, 4));
    assert_eq!(transfer.next(Input::Ack(0)), data(1, 4));
    assert_eq!(transfer.next(Input::Ack(0)), Step::Wait);
    assert_eq!(transfer.next(Input::Ack(4)), data(5, 8));
    assert_eq!(transfer.next(Input::Ack(4)), Step::Wait, "of a copy");
    assert_eq!(transfer.next(Input::Ack(8)), data(9, 12));
    assert_eq!(
        transfer.next(Input::Ack(8)),
        data(9, 12),
        "the copies are over"
    );
}

#[test]
fn behind_a_gap_it_goes_on_from_the_gap() {
    let (mut transfer, _) = Transfer::begin((100, 1), 4, false);
    assert_eq!(transfer.next(Input::Ack(1)), data(2, 5));
    assert_eq!(
        transfer.next(Input::Ack(1)),
        Step::Wait,
        "the rest of the old window"
    );
    assert_eq!(
        transfer.next(Input::Ack(3)),
        data(6, 7),
        "only what was never sent"
    );
    assert_eq!(transfer.next(Input::Ack(7)), data(8, 11));
    assert_eq!(transfer.next(Input::Ack(2)), Step::Wait, "long past");
    assert_eq!(transfer.next(Input::Silence), data(8, 11));
}
