//! ARP on Ethernet (RFC 826) and its probe (RFC 5227), as values and as frames.

use std::net::Ipv4Addr;

use inventory::net::Mac;

use super::frame::{self, BROADCAST, ETHERNET, Unreadable};

/// EtherType of ARP (RFC 826).
const TYPE_ARP: u16 = 0x0806;
/// Hardware Ethernet, protocol IPv4, addresses of six and four bytes.
const KIND: [u8; 6] = [0, 1, 8, 0, 6, 4];
/// A packet between Ethernet and IPv4.
const LENGTH: usize = 28;

/// What an ARP packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Who has the target address?
    Request,
    /// The sender has its address.
    Reply,
}

/// An ARP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arp {
    /// What it is.
    pub operation: Operation,
    /// Hardware address of the sender.
    pub sender_mac: Mac,
    /// The address the sender says it has; unspecified in a probe.
    pub sender: Ipv4Addr,
    /// Hardware address of the target; zero in a request.
    pub target_mac: Mac,
    /// The address that is asked for, or that is answered.
    pub target: Ipv4Addr,
}

impl Arp {
    /// Asks who has `address` without claiming one (RFC 5227 §2.1.1): no neighbour learns anything from it.
    pub fn probe(mac: Mac, address: Ipv4Addr) -> Self {
        Self::request((mac, Ipv4Addr::UNSPECIFIED), address)
    }

    /// Asks, as `sender`, who has `address` (RFC 826).
    pub fn request((sender_mac, sender): (Mac, Ipv4Addr), address: Ipv4Addr) -> Self {
        Self {
            operation: Operation::Request,
            sender_mac,
            sender,
            target_mac: Mac([0; 6]),
            target: address,
        }
    }

    /// Whether its sender says that it has `address`. RFC 5227 §2.1.1 counts requests as well as replies.
    pub fn claims(&self, address: Ipv4Addr) -> bool {
        self.sender == address && !address.is_unspecified()
    }

    /// The frame: a request to everybody, a reply to its target.
    pub fn write(&self) -> Vec<u8> {
        let (to, operation) = match self.operation {
            Operation::Request => (BROADCAST, 1u16),
            Operation::Reply => (self.target_mac, 2),
        };
        let mut frame = Vec::with_capacity(ETHERNET + LENGTH);
        frame.extend(frame::ethernet(to, self.sender_mac, TYPE_ARP));
        frame.extend(KIND);
        frame.extend(operation.to_be_bytes());
        frame.extend(self.sender_mac.0);
        frame.extend(self.sender.octets());
        frame.extend(self.target_mac.0);
        frame.extend(self.target.octets());
        frame
    }

    /// Reads a frame.
    pub fn read(frame: &[u8]) -> Result<Self, Unreadable> {
        frame::addresses(frame, TYPE_ARP)?;
        let packet: &[u8; LENGTH] = frame[ETHERNET..].first_chunk().ok_or(Unreadable::Short)?;
        if !packet.starts_with(&KIND) {
            return Err(Unreadable::OtherProtocol);
        }
        let operation = match frame::number(packet, 6)? {
            1 => Operation::Request,
            2 => Operation::Reply,
            _ => return Err(Unreadable::OtherProtocol),
        };
        let mac = |at: usize| {
            let bytes: Option<&[u8; 6]> = packet[at..].first_chunk();
            bytes.map(|bytes| Mac(*bytes)).ok_or(Unreadable::Short)
        };
        Ok(Self {
            operation,
            sender_mac: mac(8)?,
            sender: frame::address(packet, 14)?,
            target_mac: mac(18)?,
            target: frame::address(packet, 24)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const OURS: Mac = Mac([2, 0, 0, 0, 0, 1]);

    #[test]
    fn a_probe_is_a_broadcast_request_from_nowhere() {
        let frame = Arp::probe(OURS, Ipv4Addr::new(10, 77, 10, 21)).write();
        let mut expected = vec![0xff; 6];
        expected.extend([2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
        expected.extend([2, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
        expected.extend([0, 0, 0, 0, 0, 0, 10, 77, 10, 21]);
        assert_eq!(frame, expected);
        assert!(!Arp::read(&frame).unwrap().claims(Ipv4Addr::UNSPECIFIED));
    }

    #[test]
    fn other_hardware_and_other_operations_are_named() {
        let frame = Arp::probe(OURS, Ipv4Addr::new(10, 77, 10, 21)).write();
        for (name, at, value) in [
            ("IPv4 by type", 13, 0),
            ("token ring", 15, 4),
            ("RARP", 21, 3),
        ] {
            let mut frame = frame.clone();
            frame[at] = value;
            assert_eq!(Arp::read(&frame), Err(Unreadable::OtherProtocol), "{name}");
        }
        for length in 0..frame.len() {
            assert_eq!(
                Arp::read(&frame[..length]),
                Err(Unreadable::Short),
                "{length}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(
            is_reply in any::<bool>(), macs in any::<[[u8; 6]; 2]>(), addresses in any::<[Ipv4Addr; 2]>(),
            padding in vec(any::<u8>(), 0..20)
        ) {
            let arp = Arp {
                operation: if is_reply { Operation::Reply } else { Operation::Request },
                sender_mac: Mac(macs[0]),
                sender: addresses[0],
                target_mac: Mac(macs[1]),
                target: addresses[1],
            };
            let mut frame = arp.write();
            frame.extend(padding);
            prop_assert_eq!(Arp::read(&frame), Ok(arp));
        }

        #[test]
        fn any_bytes_are_read_or_named(mut frame in vec(any::<u8>(), 0..60), is_arp in any::<bool>()) {
            if is_arp && frame.len() >= 20 {
                frame[12..20].copy_from_slice(&[8, 6, 0, 1, 8, 0, 6, 4]);
            }
            let read = Arp::read(&frame);
            prop_assert!(read.is_err() || frame.len() >= ETHERNET + LENGTH);
        }
    }
}
