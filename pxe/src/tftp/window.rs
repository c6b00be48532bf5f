//! The packets of one window, one behind the other, as they go to the kernel. One for each thread, used over and over: a
//! transfer keeps no bytes of its own.

use std::io::IoSliceMut;

use super::options::{BLOCK_MAX, WINDOW_MAX};
use super::packet::DATA_HEAD;

const HEAD: usize = DATA_HEAD as usize;
const BLOCKS: usize = WINDOW_MAX as usize;

/// A window's DATA packets.
pub(super) struct Window {
    bytes: Box<[u8]>,
    /// Bytes of a full packet.
    packet: usize,
    /// Bytes of all.
    len: usize,
}

impl Window {
    /// Room for any window that is granted.
    pub(super) fn new() -> Self {
        Self {
            bytes: vec![0; BLOCKS * (HEAD + BLOCK_MAX as usize)].into(),
            packet: HEAD,
            len: 0,
        }
    }

    /// Lays out blocks `first` to `last` of `block` bytes, `size` bytes in all, without their bytes.
    pub(super) fn lay(&mut self, (first, last): (u64, u64), (block, size): (u64, u64)) {
        let small = |number: u64| usize::try_from(number).unwrap_or_default();
        self.packet = HEAD + small(block);
        self.len = small(last + 1 - first) * HEAD + small(size);
        for (number, packet) in (first..).zip(self.bytes[..self.len].chunks_mut(self.packet)) {
            let [.., high, low] = number.to_be_bytes();
            packet[..HEAD].copy_from_slice(&[0, 3, high, low]);
        }
    }

    /// Has `fill` write the blocks' bytes, which are parted by the packets' heads.
    pub(super) fn fill<T>(&mut self, fill: impl FnOnce(&mut [IoSliceMut<'_>]) -> T) -> T {
        let mut parts: [IoSliceMut<'_>; BLOCKS] = std::array::from_fn(|_| IoSliceMut::new(&mut []));
        let packets = self.bytes[..self.len].chunks_mut(self.packet);
        let mut count = 0;
        for (part, packet) in parts.iter_mut().zip(packets) {
            *part = IoSliceMut::new(&mut packet[HEAD..]);
            count += 1;
        }
        fill(&mut parts[..count])
    }

    /// Copies the blocks' bytes from `bytes`, which has exactly as many.
    pub(super) fn copy(&mut self, mut bytes: &[u8]) {
        for packet in self.bytes[..self.len].chunks_mut(self.packet) {
            let room = &mut packet[HEAD..];
            let (now, rest) = bytes.split_at(room.len().min(bytes.len()));
            room[..now.len()].copy_from_slice(now);
            bytes = rest;
        }
    }

    /// How many bytes the blocks have.
    pub(super) fn payload(&self) -> usize {
        self.len - self.len.div_ceil(self.packet) * HEAD
    }

    /// All packets, one behind the other.
    pub(super) fn packets(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// One packet after the other.
    pub(super) fn each(&self) -> impl Iterator<Item = &[u8]> {
        self.packets().chunks(self.packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_laid_out_as_the_packets_it_stands_for() {
        let bytes: Vec<u8> = (0..100_u8).collect();
        for (block, size) in [
            (8, 100),
            (50, 100),
            (100, 100),
            (8, 96),
            (8, 8),
            (8, 0),
            (1468, 0),
        ] {
            let (first, last) = (65_530, 65_530 + size / block);
            let mut window = Window::new();
            window.lay((first, last), (block, size));
            assert_eq!(window.payload() as u64, size, "{block} {size}");
            window.copy(&bytes[..size as usize]);
            let mut blocks = bytes[..size as usize].chunks(block as usize);
            let expected: Vec<Vec<u8>> = (first..=last)
                .map(|number| super::super::packet::data(number, blocks.next().unwrap_or_default()))
                .collect();
            assert_eq!(
                window.each().collect::<Vec<_>>(),
                expected,
                "{block} {size}"
            );
            assert_eq!(window.packets(), expected.concat());
            let filled =
                window.fill(|parts| parts.iter().map(|part| part.to_vec()).collect::<Vec<_>>());
            assert_eq!(filled.concat(), bytes[..size as usize], "{block} {size}");
        }
    }
}
