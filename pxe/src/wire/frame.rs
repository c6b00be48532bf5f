//! A UDP datagram as a whole Ethernet frame (RFC 894, 791, 768), and read back from one.
//!
//! For clients without an address: the kernel would ask by ARP for an address that nobody has yet (RFC 2131 §4.1).

use std::net::{Ipv4Addr, SocketAddrV4};

use inventory::net::Mac;

/// Heard by everybody on the link.
pub const BROADCAST: Mac = Mac([0xff; 6]);

/// Both addresses and the type (RFC 894).
pub(super) const ETHERNET: usize = 14;
/// An IPv4 header without options.
const IPV4: usize = 20;
/// A UDP header.
const UDP: usize = 8;

/// Largest payload of a frame that can be written: the length field of IPv4 has 16 bits. What the interface carries at
/// once (its MTU) is less; the kernel refuses a longer frame.
const PAYLOAD_MAX: usize = u16::MAX as usize - IPV4 - UDP;

/// EtherType of IPv4 (RFC 894).
pub(super) const TYPE_IPV4: u16 = 0x0800;
/// UDP as an IPv4 protocol (RFC 768).
const PROTOCOL_UDP: u8 = 17;
/// Version 4, header of five words.
const VERSION: u8 = 0x45;
/// Never cut into pieces; the identification may then be anything (RFC 6864 §4.1).
const WHOLE: u16 = 0x4000;
/// More fragments, or not the first one: what is not a whole datagram.
const FRAGMENT: u16 = 0x3fff;
/// Hops: the default of RFC 1700. The frame goes to this link only.
const TTL: u8 = 64;

/// One end of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Hardware address.
    pub mac: Mac,
    /// Address and port.
    pub address: SocketAddrV4,
}

/// A UDP datagram with the addresses of its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// Who sends it.
    pub from: End,
    /// Whom it is for.
    pub to: End,
    /// What it carries.
    pub payload: &'a [u8],
}

/// A payload that no datagram can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} bytes are more than a datagram carries ({PAYLOAD_MAX})")]
pub struct TooLong(pub usize);

/// Why a frame is not a datagram for us to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Ends before its headers do, or before the length they name.
    #[error("cut short")]
    Short,
    /// Not IPv4, or not UDP.
    #[error("not UDP over IPv4")]
    OtherProtocol,
    /// A part of a datagram.
    #[error("a fragment")]
    Fragment,
    /// The IPv4 header does not add up (RFC 1071).
    #[error("the checksum of its IPv4 header is wrong")]
    Checksum,
}

impl<'a> Datagram<'a> {
    /// The frame, from the destination address to the last byte of the payload. The card pads it and adds its own sum.
    pub fn write(&self) -> Result<Vec<u8>, TooLong> {
        let length = self.payload.len();
        if length > PAYLOAD_MAX {
            return Err(TooLong(length));
        }
        let mut frame = Vec::with_capacity(ETHERNET + IPV4 + UDP + length);
        frame.extend(ethernet(self.to.mac, self.from.mac, TYPE_IPV4));
        frame.extend(self.ipv4(length));
        frame.extend(self.udp(length));
        frame.extend(self.payload);
        Ok(frame)
    }

    fn ipv4(&self, length: usize) -> [u8; IPV4] {
        let mut header = [0; IPV4];
        header[0] = VERSION;
        header[2..4].copy_from_slice(&word(IPV4 + UDP + length));
        header[6..8].copy_from_slice(&WHOLE.to_be_bytes());
        header[8] = TTL;
        header[9] = PROTOCOL_UDP;
        header[12..16].copy_from_slice(&self.from.address.ip().octets());
        header[16..20].copy_from_slice(&self.to.address.ip().octets());
        let sum = !folded(added(0, &header));
        header[10..12].copy_from_slice(&sum.to_be_bytes());
        header
    }

    fn udp(&self, length: usize) -> [u8; UDP] {
        let mut header = [0; UDP];
        header[0..2].copy_from_slice(&self.from.address.port().to_be_bytes());
        header[2..4].copy_from_slice(&self.to.address.port().to_be_bytes());
        header[4..6].copy_from_slice(&word(UDP + length));
        // Zero means "no checksum", so a sum of zero is written as its other form (RFC 768).
        let sum = match !folded(added(added(self.pseudo(length), &header), self.payload)) {
            0 => u16::MAX,
            sum => sum,
        };
        header[6..8].copy_from_slice(&sum.to_be_bytes());
        header
    }

    /// The sum of UDP's pseudo header (RFC 768).
    fn pseudo(&self, length: usize) -> u64 {
        let [high, low] = word(UDP + length);
        let tail = [0, PROTOCOL_UDP, high, low];
        let from = added(0, &self.from.address.ip().octets());
        added(added(from, &self.to.address.ip().octets()), &tail)
    }

    /// Reads a whole frame. UDP's own checksum is not looked at: between two ends on one machine, and on cards that
    /// compute it themselves, a socket of this kind sees it before it was filled in.
    pub fn read(frame: &'a [u8]) -> Result<Self, Unreadable> {
        let (to, from) = addresses(frame, TYPE_IPV4)?;
        let packet = &frame[ETHERNET..];
        let first = *packet.first().ok_or(Unreadable::Short)?;
        let header = usize::from(first & 0x0f) * 4;
        if first >> 4 != 4 || header < IPV4 {
            return Err(Unreadable::OtherProtocol);
        }
        // What lies behind the length it names is the padding of a short frame.
        let total = usize::from(number(packet, 2)?);
        let packet = packet.get(..total).ok_or(Unreadable::Short)?;
        let datagram = packet.get(header..).ok_or(Unreadable::Short)?;
        if folded(added(0, &packet[..header])) != u16::MAX {
            return Err(Unreadable::Checksum);
        }
        if packet[9] != PROTOCOL_UDP {
            return Err(Unreadable::OtherProtocol);
        }
        if number(packet, 6)? & FRAGMENT != 0 {
            return Err(Unreadable::Fragment);
        }
        let length = usize::from(number(datagram, 4)?);
        let payload = datagram.get(UDP..length).ok_or(Unreadable::Short)?;
        let end = |mac, ip, port| {
            let address = SocketAddrV4::new(address(packet, ip)?, number(datagram, port)?);
            Ok(End { mac, address })
        };
        Ok(Self {
            from: end(from, 12, 0)?,
            to: end(to, 16, 2)?,
            payload,
        })
    }
}

/// An Ethernet header.
pub(super) fn ethernet(to: Mac, from: Mac, kind: u16) -> [u8; ETHERNET] {
    let mut header = [0; ETHERNET];
    header[..6].copy_from_slice(&to.0);
    header[6..12].copy_from_slice(&from.0);
    header[12..].copy_from_slice(&kind.to_be_bytes());
    header
}

/// To whom and from whom a frame of type `kind` is.
pub(super) fn addresses(frame: &[u8], kind: u16) -> Result<(Mac, Mac), Unreadable> {
    let header: &[u8; ETHERNET] = frame.first_chunk().ok_or(Unreadable::Short)?;
    if number(header, 12)? != kind {
        return Err(Unreadable::OtherProtocol);
    }
    let [a, b, c, d, e, f, g, h, i, j, k, l, ..] = *header;
    Ok((Mac([a, b, c, d, e, f]), Mac([g, h, i, j, k, l])))
}

/// Two bytes as a number, in network order.
pub(super) fn number(bytes: &[u8], at: usize) -> Result<u16, Unreadable> {
    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk);
    bytes
        .map(|bytes| u16::from_be_bytes(*bytes))
        .ok_or(Unreadable::Short)
}

/// Four bytes as an address.
pub(super) fn address(bytes: &[u8], at: usize) -> Result<Ipv4Addr, Unreadable> {
    let bytes: Option<&[u8; 4]> = bytes.get(at..).and_then(<[u8]>::first_chunk);
    bytes
        .map(|bytes| Ipv4Addr::from(*bytes))
        .ok_or(Unreadable::Short)
}

/// A length that was checked to fit.
fn word(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}

/// RFC 1071: `bytes` as 16-bit numbers added to `sum`, an odd last byte as if a zero followed.
fn added(sum: u64, bytes: &[u8]) -> u64 {
    let pairs = bytes.chunks(2).map(|pair| {
        let low = pair.get(1).copied().unwrap_or(0);
        u64::from(u16::from_be_bytes([pair[0], low]))
    });
    sum + pairs.sum::<u64>()
}

/// The sum with its carries added in: ones' complement in 16 bits.
fn folded(mut sum: u64) -> u16 {
    while let carry @ 1.. = sum >> 16 {
        sum = (sum & 0xffff) + carry;
    }
    u16::try_from(sum).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn end() -> impl Strategy<Value = End> {
        (any::<[u8; 6]>(), any::<Ipv4Addr>(), any::<u16>()).prop_map(|(mac, address, port)| End {
            mac: Mac(mac),
            address: SocketAddrV4::new(address, port),
        })
    }

    /// The sum as its receiver checks it: everything counted, the sum itself too, gives all ones.
    fn adds_up(parts: &[&[u8]]) -> bool {
        let mut sum = 0u32;
        for part in parts {
            for (at, byte) in part.iter().enumerate() {
                sum += u32::from(*byte) << if at % 2 == 0 { 8 } else { 0 };
                sum = (sum & 0xffff) + (sum >> 16);
            }
        }
        sum == 0xffff
    }

    /// As the kernel (Linux 6.18, offloads off) was captured sending `hinode` from 10.77.10.1:67 to 10.77.10.21:68; but its
    /// identification was 0x2716 and ours is zero, which also moves the header's sum from 0xeb05.
    #[test]
    fn a_frame_is_what_every_other_stack_would_write() {
        let datagram = Datagram {
            from: End {
                mac: Mac([0x52, 0x54, 0, 0x77, 0, 1]),
                address: "10.77.10.1:67".parse().unwrap(),
            },
            to: End {
                mac: Mac([0x52, 0x54, 0, 0x77, 0, 2]),
                address: "10.77.10.21:68".parse().unwrap(),
            },
            payload: b"hinode",
        };
        let frame = datagram.write().unwrap();
        let (ip, udp) = (&frame[14..34], &frame[34..]);
        let words = [
            "525400770002 525400770001 0800",
            "4500 0022 0000 4000 4011 121c 0a4d0a01 0a4d0a15",
            "0043 0044 000e 9b5d 68696e6f6465",
        ];
        let expected = words.concat().replace(' ', "");
        assert_eq!(hex(&frame), expected);
        assert!(adds_up(&[ip]) && adds_up(&[&ip[12..20], &[0, 17, 0, 14], udp]));
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn what_is_no_datagram_is_named() {
        let end = End {
            mac: BROADCAST,
            address: "10.0.0.1:67".parse().unwrap(),
        };
        let frame = Datagram {
            from: end,
            to: end,
            payload: b"1234",
        }
        .write()
        .unwrap();
        let changed = |at: usize, value: u8| {
            let mut frame = frame.clone();
            frame[at] = value;
            frame
        };
        // The bytes of the header's sum are set right where only another byte is meant to be wrong.
        let resummed = |at: usize, value: u8| {
            let mut frame = changed(at, value);
            frame[24..26].fill(0);
            let sum = !folded(added(0, &frame[14..34]));
            frame[24..26].copy_from_slice(&sum.to_be_bytes());
            frame
        };
        use Unreadable as U;
        assert!(Datagram::read(&frame).is_ok());
        for (name, at, value, expected) in [
            ("ARP", 13, 6, U::OtherProtocol),
            ("IPv6 by its version", 14, 0x65, U::OtherProtocol),
            ("a header of four words", 14, 0x44, U::OtherProtocol),
            ("a flipped bit", 22, 65, U::Checksum),
            ("UDP longer than its packet", 39, 0xff, U::Short),
            ("UDP shorter than its header", 39, 7, U::Short),
        ] {
            assert_eq!(Datagram::read(&changed(at, value)), Err(expected), "{name}");
        }
        for (name, at, value, expected) in [
            ("TCP", 23, 6, U::OtherProtocol),
            ("more fragments", 20, 0x20, U::Fragment),
            ("a later fragment", 21, 1, U::Fragment),
            ("longer than the frame", 17, 0xff, U::Short),
            ("a header that ends beyond", 14, 0x4f, U::Short),
        ] {
            assert_eq!(
                Datagram::read(&resummed(at, value)),
                Err(expected),
                "{name}"
            );
        }
    }

    #[test]
    fn what_no_datagram_carries_is_refused() {
        let end = End {
            mac: BROADCAST,
            address: "10.0.0.1:67".parse().unwrap(),
        };
        let payload = vec![0; PAYLOAD_MAX + 1];
        let frame = |length| {
            Datagram {
                from: end,
                to: end,
                payload: &payload[..length],
            }
            .write()
        };
        assert_eq!(frame(PAYLOAD_MAX + 1), Err(TooLong(PAYLOAD_MAX + 1)));
        let largest = frame(PAYLOAD_MAX).unwrap();
        assert_eq!(Datagram::read(&largest).unwrap().payload.len(), PAYLOAD_MAX);
    }

    proptest! {
        #[test]
        fn a_written_datagram_adds_up_and_is_read_as_the_same(
            from in end(), to in end(), payload in vec(any::<u8>(), 0..600), padding in vec(any::<u8>(), 0..20)
        ) {
            let datagram = Datagram { from, to, payload: &payload };
            let mut frame = datagram.write().unwrap();
            let (ip, udp) = (&frame[14..34], &frame[34..]);
            prop_assert!(adds_up(&[ip]));
            prop_assert!(adds_up(&[&ip[12..20], &[0, 17], &word(udp.len()), udp]));
            prop_assert_ne!(&udp[6..8], &[0, 0]);
            frame.extend(&padding);
            prop_assert_eq!(Datagram::read(&frame), Ok(datagram));
        }

        #[test]
        fn any_bytes_are_read_or_named(mut frame in vec(any::<u8>(), 0..80), is_ip in any::<bool>()) {
            if is_ip && frame.len() > 14 {
                frame[12..15].copy_from_slice(&[8, 0, 0x45]);
            }
            let read = Datagram::read(&frame);
            prop_assert!(read.is_err() || frame.len() >= ETHERNET + IPV4 + UDP);
        }
    }
}
