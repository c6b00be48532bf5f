//! Damage done to captured packets by a chance that repeats itself: bits turned, lengths wrong, ends cut off, pieces of
//! one in another. `HINODE_MUTATED=10000000` makes that many of each protocol; without it a test makes few.

/// Where all the damage begins.
pub(crate) const SEED: u64 = 0x4869_6e6f_6465;
/// Damaged packets of each protocol, if nobody says otherwise.
const FEW: u64 = 20_000;

/// How many damaged packets to make.
pub(crate) fn many() -> u64 {
    let said = std::env::var("HINODE_MUTATED");
    said.map_or(FEW, |said| said.parse().unwrap())
}

/// A sequence of numbers from a seed (splitmix64).
pub(crate) struct Chance(pub(crate) u64);

/// No packet grows beyond an Ethernet frame.
const LONGEST: usize = 1500;
/// Values at which lengths and counts go wrong.
const EDGES: [u8; 9] = [0, 1, 4, 52, 63, 82, 127, 128, 255];

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// One of `whole` with one to six faults.
    pub(crate) fn damaged(&mut self, whole: &[Vec<u8>]) -> Vec<u8> {
        let mut packet = whole[self.below(whole.len())].clone();
        for _ in 0..=self.below(6) {
            self.damage(&mut packet, whole);
        }
        packet.truncate(LONGEST);
        packet
    }

    fn damage(&mut self, packet: &mut Vec<u8>, whole: &[Vec<u8>]) {
        if packet.is_empty() {
            return;
        }
        let at = self.below(packet.len());
        let length = 1 + self.below(packet.len() - at);
        match self.below(8) {
            0 => packet[at] ^= 1 << self.below(8),
            1 => packet[at] = EDGES[self.below(EDGES.len())],
            2 => packet[at] = self.next().to_le_bytes()[0],
            // Cut, rarely: what has lost its end is seldom read at all.
            3 if self.below(4) == 0 => packet.truncate(at),
            3 => packet.push(self.next().to_le_bytes()[0]),
            4 => {
                packet.drain(at..at + length.min(8));
            }
            5 => {
                let copy = packet[at..at + length.min(64)].to_vec();
                packet.splice(at..at, copy);
            }
            6 => {
                let other = &whole[self.below(whole.len())];
                let from = self.below(other.len());
                let piece = &other[from..other.len().min(from + length)];
                let end = packet.len().min(at + piece.len());
                packet.splice(at..end, piece.iter().copied());
            }
            _ => {
                let to = self.below(packet.len());
                packet.swap(at, to);
            }
        }
    }
}
