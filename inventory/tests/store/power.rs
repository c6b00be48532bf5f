//! Power cuts: everything that happens to the disk is recorded and cut at every point.
//!
//! What the platter holds after a cut: all that was written before the last completed sync, and of what was written after
//! it anything from nothing to all, in any order, torn at sectors of 512 bytes. The store is opened on that.

use inventory::store::{DiskStore, Signer};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use ring::rand::SystemRandom;

use crate::disk::{Disk, Op};
use crate::writers::{self, Damage};

const WRITERS: usize = 4;
const CHANGES: u64 = 64;
/// Every so many cuts the store goes on afterwards, and power is cut again meanwhile.
const AGAIN: usize = 8;
const SECTOR: usize = 512;

/// How much of what was not synced reached the platter.
#[derive(Debug, Clone, Copy)]
enum Reached {
    Nothing,
    Everything,
    /// The first writes only.
    Prefix,
    /// Any writes.
    Some,
    /// Any sectors of any writes.
    Torn,
}

const REACHED: [Reached; 5] = [
    Reached::Nothing,
    Reached::Everything,
    Reached::Prefix,
    Reached::Some,
    Reached::Torn,
];

fn store_on(disk: &Disk, key: &[u8]) -> Result<DiskStore, inventory::store::StoreError> {
    let disk = disk.clone();
    let signer = Signer::from_pkcs8(key).unwrap();
    DiskStore::open_on(move || Ok(disk.clone()), signer, None)
}

/// What happened to a disk.
struct Recording {
    /// Until the file was made, whole and synced.
    made: Vec<Op>,
    /// From then on.
    ops: Vec<Op>,
}

/// Writes from several threads onto a recorded disk, which loses its syncs after the first change if told so.
fn record(key: &[u8], heed_syncs: bool) -> Recording {
    let disk = Disk::new();
    drop(store_on(&disk, key).unwrap());
    let begun = disk.log().len();
    let store = store_on(&disk, key).unwrap();
    writers::run(&store, WRITERS, 1, |writer, n| disk.acknowledged(writer, n));
    disk.heed_syncs(heed_syncs);
    writers::run(&store, WRITERS, CHANGES - 1, |writer, n| {
        disk.acknowledged(writer, n)
    });
    drop(store);
    let mut made = disk.log();
    let ops = made.split_off(begun);
    Recording { made, ops }
}

/// The platter at one point of the recording.
struct Cut {
    /// As of the last completed sync.
    synced: Vec<u8>,
    /// Since then.
    unsynced: Vec<Op>,
    acknowledged: Vec<u64>,
}

impl Cut {
    fn begin(made: &[Op]) -> Self {
        let mut cut = Self {
            synced: Vec::new(),
            unsynced: made.to_vec(),
            acknowledged: vec![0; WRITERS],
        };
        cut.advance(&Op::Sync);
        cut
    }

    fn advance(&mut self, op: &Op) {
        match op {
            Op::Acknowledged(writer, n) => self.acknowledged[*writer] = *n,
            Op::Write(..) | Op::SetLen(_) => self.unsynced.push(op.clone()),
            Op::Sync => {
                for op in self.unsynced.drain(..) {
                    apply(&mut self.synced, &op, |_| true);
                }
            }
        }
    }

    fn platter(&self, reached: Reached, rng: &mut TestRng) -> Vec<u8> {
        let mut image = self.synced.clone();
        let prefix = rng.next_u32() as usize % (self.unsynced.len() + 1);
        for (n, op) in self.unsynced.iter().enumerate() {
            let mut coin = || rng.next_u32().is_multiple_of(2);
            match reached {
                Reached::Nothing => {}
                Reached::Everything => apply(&mut image, op, |_| true),
                Reached::Prefix if n < prefix => apply(&mut image, op, |_| true),
                Reached::Prefix => {}
                Reached::Some if coin() => apply(&mut image, op, |_| true),
                Reached::Some => {}
                Reached::Torn => apply(&mut image, op, |_| coin()),
            }
        }
        image
    }
}

/// Does to `image` what reached it of `op`, by sector. A write behind the end makes the file longer.
fn apply(image: &mut Vec<u8>, op: &Op, mut reaches: impl FnMut(usize) -> bool) {
    match op {
        Op::SetLen(len) if reaches(0) => image.resize(*len, 0),
        Op::Write(offset, data) => {
            for (n, sector) in data.chunks(SECTOR).enumerate() {
                let at = offset + n * SECTOR;
                if reaches(n) {
                    let end = at + sector.len();
                    image.resize(image.len().max(end), 0);
                    image[at..end].copy_from_slice(sector);
                }
            }
        }
        Op::SetLen(_) | Op::Sync | Op::Acknowledged(..) => {}
    }
}

/// Cuts the power at every point of the recording. The error is the first damage and where it was.
fn cut_everywhere(
    recording: &Recording,
    key: &[u8],
    reached: Reached,
) -> Result<(), (usize, Damage)> {
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[reached as u8; 32]);
    let mut cut = Cut::begin(&recording.made);
    for (at, op) in recording.ops.iter().enumerate() {
        cut.advance(op);
        let disk = Disk::holding(cut.platter(reached, &mut rng));
        let damage = |damage| (at, damage);
        open_and_inspect(&disk, key, &cut.acknowledged).map_err(damage)?;
        if at.is_multiple_of(AGAIN) {
            cut_again(&cut, key, reached, &mut rng).map_err(damage)?;
        }
    }
    Ok(())
}

fn open_and_inspect(disk: &Disk, key: &[u8], acknowledged: &[u64]) -> Result<DiskStore, Damage> {
    let store = store_on(disk, key)?;
    writers::inspect(&store, acknowledged)?;
    Ok(store)
}

/// Opens the store after the cut, lets every writer go on, and cuts the power somewhere in what that did to the disk.
fn cut_again(cut: &Cut, key: &[u8], reached: Reached, rng: &mut TestRng) -> Result<(), Damage> {
    let image = cut.platter(reached, rng);
    let disk = Disk::holding(image.clone());
    let store = open_and_inspect(&disk, key, &cut.acknowledged)?;
    let mut second = Cut {
        synced: image,
        unsynced: Vec::new(),
        acknowledged: (0..WRITERS)
            .map(|writer| writers::done(&store, writer))
            .collect(),
    };
    writers::run(&store, WRITERS, 1, |writer, n| disk.acknowledged(writer, n));
    drop(store);
    let log = disk.log();
    let until = rng.next_u32() as usize % (log.len() + 1);
    log[..until].iter().for_each(|op| second.advance(op));
    let disk = Disk::holding(second.platter(reached, rng));
    open_and_inspect(&disk, key, &second.acknowledged).map(drop)
}

fn key() -> Vec<u8> {
    Signer::generate(&SystemRandom::new()).unwrap()
}

#[test]
fn no_power_cut_loses_what_was_acknowledged_or_shows_what_is_half_written() {
    let key = key();
    let recording = record(&key, true);
    let syncs = recording
        .ops
        .iter()
        .filter(|op| matches!(op, Op::Sync))
        .count();
    println!(
        "{} operations, {syncs} syncs for {} changes",
        recording.ops.len(),
        WRITERS as u64 * CHANGES
    );
    assert!(recording.ops.len() >= 1000, "too few cut points");
    std::thread::scope(|scope| {
        for reached in REACHED {
            let (recording, key) = (&recording, &key);
            scope.spawn(move || {
                cut_everywhere(recording, key, reached)
                    .unwrap_or_else(|(at, damage)| panic!("{reached:?}, cut at {at}: {damage}"));
            });
        }
    });
}

#[test]
fn the_same_cuts_find_the_loss_when_syncs_do_nothing() {
    let key = key();
    let recording = record(&key, false);
    for reached in [Reached::Nothing, Reached::Prefix, Reached::Some] {
        let found = cut_everywhere(&recording, &key, reached);
        assert!(found.is_err(), "{reached:?} was not noticed");
        println!("{reached:?}: {found:?}");
    }
    let lost = cut_everywhere(&recording, &key, Reached::Nothing);
    assert!(matches!(lost, Err((_, Damage::Lost { .. }))), "{lost:?}");
}
