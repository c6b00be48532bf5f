//! The TFTP requests of the captures, damaged: nothing panics, no name leads out of the folders, no option out of bounds.

use super::names::{self, Wanted};
use super::options::{self, BLOCK_MAX, WINDOW_MAX};
use super::packet::{self, Opening};
use crate::replay::captured::Asked;
use crate::replay::chance::{Chance, SEED, many};
use crate::replay::packets;

#[test]
fn no_damaged_request_leads_out_of_the_folders() {
    let whole = packets(|asked| match asked {
        Asked::Tftp(_, bytes) => Some(bytes),
        Asked::Dhcp(_) | Asked::Dhcp6(..) | Asked::Http(..) => None,
    });
    let (mut chance, many) = (Chance(SEED), many());
    let (mut read, mut led) = (0_u64, 0_u64);
    for number in 0..many {
        let packet = chance.damaged(&whole);
        let Opening::Read(request) = packet::opening(&packet) else {
            continue;
        };
        read += 1;
        let terms = options::terms(&request.options, 70_000);
        assert!(
            (8..=BLOCK_MAX).contains(&terms.block),
            "{number}: {terms:?}"
        );
        assert!(
            (1..=WINDOW_MAX).contains(&terms.window),
            "{number}: {terms:?}"
        );
        if let Wanted::Loader(path) | Wanted::Tree(_, path) = names::read(&request.name) {
            led += 1;
            let mut parts = path.as_str().split('/');
            let is_inside =
                parts.all(|part| !matches!(part, "" | "." | "..") && !part.contains('\0'));
            assert!(is_inside, "{number}: {path:?}");
        }
    }
    println!("TFTP: {many} packets, {read} read requests, {led} of them for a file");
    assert!(
        read > many / 10 && led > many / 50,
        "the damage is too great"
    );
}
