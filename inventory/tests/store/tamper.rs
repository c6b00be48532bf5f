//! What somebody with access can do to the audit trail, and the first event at which it shows.

use inventory::event::Event;
use inventory::id::Sha256;
use inventory::store::verify::{ChainFault, verify};
use inventory::store::{Change, Head, Link, Signer, Store};
use ring::rand::SystemRandom;

use crate::make::{disk, event};

/// A chain of six events and its head.
struct Chain {
    links: Vec<Link>,
    head: Option<Head>,
}

fn signer() -> Signer {
    let key = Signer::generate(&SystemRandom::new()).unwrap();
    Signer::from_pkcs8(&key).unwrap()
}

fn chain(signer: &Signer, events: &[Event]) -> Chain {
    let mut links: Vec<Link> = Vec::new();
    for (seq, event) in (1..).zip(events) {
        let prev = links.last().map_or(Sha256([0; 32]), |link| link.sum);
        links.push(Link::after(seq, prev, event).unwrap());
    }
    let head = links.last().map(|link| signer.sign(link.seq, link.sum));
    Chain { links, head }
}

fn six() -> Vec<Event> {
    (1..=6).map(|n| event(&n.to_string())).collect()
}

fn sum_up_anew(link: &mut Link) {
    link.sum = Link::sum_of(link.seq, link.prev, &link.json);
}

type Deed = fn(&mut Chain);

/// What is done, to six events, and what is found.
const DEEDS: &[(&str, Deed, ChainFault)] = &[
    (
        "the text of an event is altered",
        |chain| chain.links[2].json = chain.links[2].json.replace('3', "4"),
        ChainFault::Altered { seq: 3 },
    ),
    (
        "an event is altered and summed up anew",
        |chain| {
            chain.links[2].json = chain.links[2].json.replace('3', "4");
            sum_up_anew(&mut chain.links[2]);
        },
        ChainFault::Altered { seq: 3 },
    ),
    (
        "the first event is altered and summed up anew",
        |chain| {
            chain.links[0].json = chain.links[1].json.clone();
            sum_up_anew(&mut chain.links[0]);
        },
        ChainFault::Altered { seq: 1 },
    ),
    (
        "the last event is altered and summed up anew",
        |chain| {
            chain.links[5].json = chain.links[1].json.clone();
            sum_up_anew(&mut chain.links[5]);
        },
        ChainFault::Altered { seq: 6 },
    ),
    (
        "the first event does not begin the chain",
        |chain| {
            chain.links[0].prev = Sha256([1; 32]);
            sum_up_anew(&mut chain.links[0]);
        },
        ChainFault::Altered { seq: 1 },
    ),
    (
        "an event is removed",
        |chain| drop(chain.links.remove(3)),
        ChainFault::Removed { seq: 4 },
    ),
    (
        "the first events are removed",
        |chain| drop(chain.links.drain(..2)),
        ChainFault::Removed { seq: 1 },
    ),
    (
        "an event is removed and the rest numbered anew",
        |chain| {
            chain.links.remove(3);
            chain.links[3].seq = 4;
            chain.links[4].seq = 5;
        },
        ChainFault::Altered { seq: 4 },
    ),
    (
        "two events change places",
        |chain| chain.links.swap(1, 4),
        ChainFault::Reordered { seq: 2 },
    ),
    (
        "an event is told twice",
        |chain| chain.links.insert(3, chain.links[2].clone()),
        ChainFault::Reordered { seq: 4 },
    ),
    (
        "the end is cut off",
        |chain| chain.links.truncate(4),
        ChainFault::Truncated { seq: 5 },
    ),
    (
        "everything is cut off",
        |chain| chain.links.clear(),
        ChainFault::Truncated { seq: 1 },
    ),
    (
        "an event is added",
        |chain| {
            let last = chain.links[5].sum;
            chain.links.push(Link::after(7, last, &event("7")).unwrap());
        },
        ChainFault::Added { seq: 7 },
    ),
    (
        "the head is taken away",
        |chain| chain.head = None,
        ChainFault::Unsigned { seq: 6 },
    ),
    (
        "the end is cut off and the head follows, with another key",
        |chain| {
            chain.links.truncate(4);
            chain.head = Some(signer().sign(4, chain.links[3].sum));
        },
        ChainFault::Unsigned { seq: 4 },
    ),
];

#[test]
fn every_deed_shows_with_the_first_event_it_touched() {
    let signer = signer();
    for (deed, act, fault) in DEEDS {
        let mut chain = chain(&signer, &six());
        verify(&chain.links, chain.head, signer.public_key(), None).unwrap();
        act(&mut chain);
        let found = verify(&chain.links, chain.head, signer.public_key(), None);
        assert_eq!(found, Err(*fault), "{deed}");
    }
}

#[test]
fn a_head_kept_elsewhere_shows_what_the_key_itself_was_used_for() {
    let signer = signer();
    let key = signer.public_key();
    let whole = chain(&signer, &six());
    let noted = |n: usize| Some(whole.links[n - 1].sum);
    for n in 1..=6 {
        verify(&whole.links, whole.head, key, noted(n)).unwrap();
    }
    let short = chain(&signer, &six()[..4]);
    verify(&short.links, short.head, key, noted(4)).unwrap();
    let cut = Err(ChainFault::Truncated { seq: 5 });
    assert_eq!(verify(&short.links, short.head, key, noted(6)), cut);
    let mut events = six();
    events[1] = event("another");
    let rewritten = chain(&signer, &events);
    let found = verify(&rewritten.links, rewritten.head, key, noted(6));
    assert_eq!(found, Err(ChainFault::Truncated { seq: 7 }));
    let empty = Err(ChainFault::Truncated { seq: 1 });
    assert_eq!(verify(&[], None, key, noted(6)), empty);
}

#[test]
fn events_of_a_later_version_keep_their_sums() {
    let signer = signer();
    let mut chain = chain(&signer, &six()[..1]);
    chain.links[0].json = chain.links[0].json.replacen('{', "{\"added-later\":1,", 1);
    sum_up_anew(&mut chain.links[0]);
    chain.head = Some(signer.sign(1, chain.links[0].sum));
    verify(&chain.links, chain.head, signer.public_key(), None).unwrap();
    assert_eq!(chain.links[0].event().unwrap(), event("1"));
}

#[test]
fn what_is_done_to_the_file_shows_too() {
    type Events =
        redb::TableDefinition<'static, u64, (&'static [u8; 32], &'static [u8; 32], &'static str)>;
    const EVENTS: Events = redb::TableDefinition::new("events");
    let dir = tempfile::tempdir().unwrap();
    let store = disk(dir.path());
    let events = six();
    store
        .submit(Change {
            puts: Vec::new(),
            events,
        })
        .wait()
        .unwrap();
    drop(store);

    let file = redb::Database::open(dir.path().join("hinode.redb")).unwrap();
    let txn = file.begin_write().unwrap();
    txn.open_table(EVENTS).unwrap().remove(3).unwrap().unwrap();
    txn.commit().unwrap();
    drop(file);

    let store = disk(dir.path());
    let links = store.events(1, 9).unwrap();
    let found = verify(&links, store.head().unwrap(), store.public_key(), None);
    assert_eq!(found, Err(ChainFault::Removed { seq: 3 }));
}
