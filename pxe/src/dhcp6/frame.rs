//! A received IPv6 packet with DHCPv6 in it: who sent it, to whom, and what (RFC 8200 §3, RFC 768). Pure.
//!
//! Packets are read beside the UDP socket, since that does not tell the sender's hardware address, which is who a node is.

use std::net::Ipv6Addr;

use inventory::net::Mac;

use super::options::address;
use super::packet::Origin;

/// Where servers and relays listen (RFC 8415 §7.2).
pub(super) const SERVER_PORT: u16 = 547;

/// Where clients listen.
pub(super) const CLIENT_PORT: u16 = 546;

/// All relays and servers on a link (RFC 8415 §7.1).
pub(super) const ON_LINK: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 2);

/// All servers of a site, to whom relays speak.
pub(super) const IN_SITE: Ipv6Addr = Ipv6Addr::new(0xff05, 0, 0, 0, 0, 0, 1, 3);

/// The DHCPv6 message in `packet`, which came in a frame of `mac`; None if it is none, or not for `server`.
pub fn read(packet: &[u8], mac: Mac, server: Ipv6Addr) -> Option<(Origin, &[u8])> {
    const UDP: u8 = 17;
    let (head, rest) = packet.split_first_chunk::<8>()?;
    let [version, _, _, _, _, _, next_header, _] = *head;
    if version >> 4 != 6 || next_header != UDP {
        return None;
    }
    let (from, rest) = address(rest)?;
    let (to, rest) = address(rest)?;
    let (udp, rest) = rest.split_first_chunk::<8>()?;
    let [_, _, a, b, c, d, _, _] = *udp;
    let length = usize::from(u16::from_be_bytes([c, d])).checked_sub(8)?;
    let is_ours = u16::from_be_bytes([a, b]) == SERVER_PORT
        && (to == ON_LINK || to == IN_SITE || to == server);
    let origin = Origin {
        mac,
        address: from,
        to_all: to == ON_LINK,
    };
    is_ours.then_some((origin, rest.get(..length)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x77, 0, 0x10, 0, 0, 0, 1);
    const MAC: Mac = Mac([0x52, 0x54, 0, 0x77, 0, 1]);

    fn packet(to: Ipv6Addr, port: u16) -> Vec<u8> {
        let from: Ipv6Addr = "fe80::1234".parse().unwrap();
        let udp = [&[2, 34][..], &port.to_be_bytes(), &[0, 12, 0, 0]].concat();
        let head = [0x60, 0, 0, 0, 0, 12, 17, 1];
        [
            &head[..],
            &from.octets(),
            &to.octets(),
            &udp,
            b"dhcp",
            b"padding",
        ]
        .concat()
    }

    #[test]
    fn what_is_for_us_is_read_to_its_end_and_no_further() {
        for (to, to_all) in [(ON_LINK, true), (IN_SITE, false), (SERVER, false)] {
            let packet = packet(to, SERVER_PORT);
            let (origin, message) = read(&packet, MAC, SERVER).unwrap();
            assert_eq!((origin.mac, origin.to_all), (MAC, to_all));
            assert_eq!(origin.address.to_string(), "fe80::1234");
            assert_eq!(message, b"dhcp");
        }
    }

    #[test]
    fn what_is_not_for_us_or_cut_short_is_nothing() {
        let other = "fd00:77:0:10::2".parse().unwrap();
        assert_eq!(read(&packet(other, SERVER_PORT), MAC, SERVER), None);
        assert_eq!(read(&packet(SERVER, CLIENT_PORT), MAC, SERVER), None);
        let whole = packet(SERVER, SERVER_PORT);
        for length in 0..52 {
            assert_eq!(read(&whole[..length], MAC, SERVER), None, "{length}");
        }
        for (at, byte) in [(0, 0x45), (6, 6), (45, 7)] {
            let mut bad = whole.clone();
            bad[at] = byte;
            assert_eq!(read(&bad, MAC, SERVER), None, "byte {at}");
        }
    }
}
