//! One question to the kernel's neighbour table: the MAC behind an address (rtnetlink(7), RTM_GETNEIGH). The kernel answers at
//! once, and only of machines that it has spoken to.

use std::io::{self, Read};
use std::net::IpAddr;
use std::time::Duration;

use inventory::net::Mac;
use nix::libc::{AF_INET, AF_INET6, AF_NETLINK, NETLINK_ROUTE};
use socket2::{Domain, Protocol, Socket, Type};

/// Message types (Linux `rtnetlink.h`).
const NEW_NEIGHBOUR: u16 = 28;
const GET_NEIGHBOUR: u16 = 30;

/// Attributes of a neighbour (Linux `neighbour.h`).
const DESTINATION: u16 = 1;
const LINK_LAYER: u16 = 2;

/// Bytes before a message's attributes: its head, and what all neighbours have.
const FIXED: usize = 16 + 12;

/// The kernel answers within the call. A kernel before 5.0 knows no question for one neighbour, and says so as fast.
const ANSWER_WITHIN: Duration = Duration::from_millis(100);

/// The MAC of `address` on the interface of this kernel name, if the kernel knows it.
///
/// # Errors
/// There is no such interface, or the kernel cannot be asked.
pub(crate) fn mac(interface: &str, address: IpAddr) -> io::Result<Option<Mac>> {
    let index = nix::net::if_::if_nametoindex(interface)?;
    let route = Protocol::from(NETLINK_ROUTE);
    let mut socket = Socket::new(Domain::from(AF_NETLINK), Type::RAW, Some(route))?;
    socket.set_read_timeout(Some(ANSWER_WITHIN))?;
    socket.send(&question(index, address))?;
    let mut answer = [0; 512];
    let length = socket.read(&mut answer)?;
    Ok(read(answer.get(..length).unwrap_or_default()))
}

/// Numbers are in the order of this computer, as always between it and its kernel.
fn question(index: u32, address: IpAddr) -> Vec<u8> {
    const REQUEST: u16 = 1;
    let (family, octets) = match address {
        IpAddr::V4(address) => (AF_INET, address.octets().to_vec()),
        IpAddr::V6(address) => (AF_INET6, address.octets().to_vec()),
    };
    let attribute = 4 + octets.len();
    let mut bytes = Vec::with_capacity(FIXED + attribute);
    // Neither length nor family can be too large for its field.
    bytes.extend(((FIXED + attribute) as u32).to_ne_bytes());
    bytes.extend(GET_NEIGHBOUR.to_ne_bytes());
    bytes.extend(REQUEST.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend([family as u8, 0, 0, 0]);
    bytes.extend(index.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend((attribute as u16).to_ne_bytes());
    bytes.extend(DESTINATION.to_ne_bytes());
    bytes.extend(octets);
    bytes
}

/// The MAC in the kernel's answer; none if it knows no such neighbour, or no MAC of it.
fn read(answer: &[u8]) -> Option<Mac> {
    let kind = u16::from_ne_bytes(*answer.get(4..)?.first_chunk()?);
    let mut rest = answer.get(FIXED..).filter(|_| kind == NEW_NEIGHBOUR)?;
    loop {
        let (head, more) = rest.split_first_chunk::<4>()?;
        let [a, b, c, d] = *head;
        let length = usize::from(u16::from_ne_bytes([a, b])).checked_sub(4)?;
        let value = more.get(..length)?;
        if u16::from_ne_bytes([c, d]) == LINK_LAYER {
            return value.try_into().ok().map(Mac);
        }
        // Each begins at a multiple of four.
        rest = more.get(length.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0; FIXED];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        for (code, value) in attributes {
            bytes.extend(u16::try_from(4 + value.len()).unwrap().to_ne_bytes());
            bytes.extend(code.to_ne_bytes());
            bytes.extend(*value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    }

    #[test]
    fn the_mac_is_read_whatever_stands_around_it() {
        let mac = [2, 0, 0, 0, 0, 7];
        let whole = answer(
            NEW_NEIGHBOUR,
            &[(DESTINATION, &[1; 16]), (LINK_LAYER, &mac), (9, &[])],
        );
        assert_eq!(read(&whole), Some(Mac(mac)));
        for length in 0..whole.len() - 4 - 2 {
            let cut = read(&whole[..length]);
            assert!(cut.is_none() || length >= FIXED + 20 + 10, "{length}");
        }
        assert_eq!(read(&answer(2, &[(LINK_LAYER, &mac)])), None, "an error");
        assert_eq!(
            read(&answer(NEW_NEIGHBOUR, &[(LINK_LAYER, &mac[..5])])),
            None
        );
        assert_eq!(read(&answer(NEW_NEIGHBOUR, &[(DESTINATION, &mac)])), None);
    }

    #[test]
    fn the_kernel_takes_the_question_and_knows_nobody_on_a_loopback() {
        for address in ["127.0.0.9", "::9"] {
            let found = mac("lo", address.parse().unwrap()).unwrap();
            assert!(found.is_none_or(|mac| mac == Mac([0; 6])), "{address}");
        }
    }
}
