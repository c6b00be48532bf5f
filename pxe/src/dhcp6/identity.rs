//! Whose packet it is: the hardware address behind a DHCPv6 client. Reservations are by MAC, as in IPv4, and DHCPv6 carries
//! none of its own: a DUID is one for a whole machine, made anew by each program on it, and servers are to take it as it is
//! (RFC 8415 §11). EDK2 sends the SMBIOS UUID, systemd a number of its own, dhclient the MAC of whichever card came first.
//!
//! Pure. What stands nearest to the wire wins, and nothing that stands further off is asked beside it.

use std::net::Ipv6Addr;

use inventory::net::Mac;

/// Ethernet in DUIDs and in option 79 (IANA "Hardware Types").
const ETHERNET: [u8; 2] = [0, 1];

/// What tells of a client's card.
#[derive(Debug, Clone, Copy)]
pub(super) enum Marks<'a> {
    /// It came straight from the client, or through a switch that relays and leaves the frame's source as it was: that is
    /// the card.
    Frame(Mac),
    /// It came through a relay. The frame was the relay's.
    Relayed {
        /// Option 79 as the relay nearest to the client wrote it from the frame it saw (RFC 6939).
        link_layer: Option<&'a [u8]>,
        /// The address that relay had it from.
        peer: Ipv6Addr,
        /// Option 1.
        duid: &'a [u8],
    },
}

/// The card, if anything tells it.
pub(super) fn mac(marks: Marks<'_>) -> Option<Mac> {
    match marks {
        Marks::Frame(mac) => Some(mac),
        Marks::Relayed {
            link_layer: Some(value),
            ..
        } => value.strip_prefix(&ETHERNET).and_then(six),
        Marks::Relayed {
            link_layer: None,
            peer,
            duid,
        } => of_link_local(peer).or_else(|| of_duid(duid)),
    }
}

fn of_link_local(address: Ipv6Addr) -> Option<Mac> {
    eui64(address).filter(|_| address.is_unicast_link_local())
}

/// The MAC in an address that was made of it (RFC 4291 appendix A): its halves around ff:fe, one bit turned.
pub(crate) fn eui64(address: Ipv6Addr) -> Option<Mac> {
    let [.., a, b, c, 0xff, 0xfe, d, e, f] = address.octets() else {
        return None;
    };
    Some(Mac([a ^ 2, b, c, d, e, f]))
}

/// The MAC in a DUID-LLT (1) or DUID-LL (3). Those of other types hold none.
fn of_duid(duid: &[u8]) -> Option<Mac> {
    let (kind, rest) = duid.split_first_chunk::<2>()?;
    let rest = rest.strip_prefix(&ETHERNET)?;
    match kind {
        [0, 1] => six(rest.get(4..)?),
        [0, 3] => six(rest),
        _ => None,
    }
}

fn six(bytes: &[u8]) -> Option<Mac> {
    bytes.try_into().ok().map(Mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Mac = Mac([0x52, 0x54, 0, 0x77, 0, 1]);
    const B: Mac = Mac([0x52, 0x54, 0, 0x77, 0, 2]);

    fn duid(head: &[u8], mac: Mac) -> Vec<u8> {
        [head, &mac.0].concat()
    }

    #[test]
    fn what_stands_nearest_to_the_wire_wins() {
        let a_link: Ipv6Addr = "fe80::5054:ff:fe77:1".parse().unwrap();
        let private: Ipv6Addr = "fe80::d9c2:1:2:3".parse().unwrap();
        let global: Ipv6Addr = "2001:db8::5054:ff:fe77:1".parse().unwrap();
        let (llt, ll) = (duid(&[0, 1, 0, 1, 9, 9, 9, 9], B), duid(&[0, 3, 0, 1], B));
        let uuid = [&[0, 4][..], &[7; 16]].concat();
        let (told, infiniband) = (duid(&[0, 1], B), [&[0, 32][..], &[7; 20]].concat());
        type Case<'a> = (&'a str, Option<&'a [u8]>, Ipv6Addr, &'a [u8], Option<Mac>);
        let table: [Case<'_>; 9] = [
            ("the relay says", Some(&told), a_link, &ll, Some(B)),
            (
                "the relay says no MAC",
                Some(&infiniband),
                a_link,
                &ll,
                None,
            ),
            ("the address is of the card", None, a_link, &llt, Some(A)),
            ("a private address, DUID-LLT", None, private, &llt, Some(B)),
            ("a private address, DUID-LL", None, private, &ll, Some(B)),
            ("a private address, DUID-UUID", None, private, &uuid, None),
            (
                "a global address is nobody's card",
                None,
                global,
                &uuid,
                None,
            ),
            ("a DUID cut short", None, private, &ll[..9], None),
            ("no DUID", None, private, &[], None),
        ];
        for (name, link_layer, peer, duid, expected) in table {
            let marks = Marks::Relayed {
                link_layer,
                peer,
                duid,
            };
            assert_eq!(mac(marks), expected, "{name}");
        }
        assert_eq!(mac(Marks::Frame(A)), Some(A));
    }
}
