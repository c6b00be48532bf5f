//! A file of `tests/captures`; its form is told in `extract.py`.

use std::net::Ipv6Addr;

use inventory::id::{NodeName, Token};

/// What carried a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Ipv4,
    Ipv6,
}

/// One request.
#[derive(Debug)]
pub(crate) enum Asked {
    /// A DHCP packet.
    Dhcp(Vec<u8>),
    /// A DHCPv6 packet, and the address it came from.
    Dhcp6(Ipv6Addr, Vec<u8>),
    /// A TFTP request.
    Tftp(Over, Vec<u8>),
    /// An HTTP request with its body.
    Http(Over, Vec<u8>),
}

/// What one machine asked.
#[derive(Debug)]
pub(crate) struct Capture {
    /// Which it is in the rack file of the captures.
    pub(crate) node: NodeName,
    /// The token of its arm, if it had one.
    pub(crate) armed: Option<Token>,
    /// In order.
    pub(crate) asked: Vec<Asked>,
}

impl Capture {
    pub(crate) fn read(text: &str) -> Self {
        let (mut node, mut armed, mut asked) = (None, None, Vec::new());
        for line in text.lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "#" => {}
                "node" => node = Some(rest.parse().unwrap()),
                "armed" => armed = Some(rest.parse().unwrap()),
                "not" => armed = None,
                "dhcp" => asked.push(Asked::Dhcp(hex(rest))),
                "dhcp6" => {
                    let (from, packet) = rest.split_once(' ').unwrap();
                    asked.push(Asked::Dhcp6(from.parse().unwrap(), hex(packet)));
                }
                "tftp" => asked.push(Asked::Tftp(Over::Ipv4, hex(rest))),
                "tftp6" => asked.push(Asked::Tftp(Over::Ipv6, hex(rest))),
                "http" => asked.push(Asked::Http(Over::Ipv4, Vec::new())),
                "http6" => asked.push(Asked::Http(Over::Ipv6, Vec::new())),
                "|" => http(&mut asked).extend([rest.as_bytes(), b"\r\n"].concat()),
                "body" => http(&mut asked).extend(hex(rest)),
                other => panic!("a capture does not begin a line with {other:?}"),
            }
        }
        let node = node.expect("a capture names its node");
        Self { node, armed, asked }
    }
}

/// The request that a line belongs to.
fn http(asked: &mut [Asked]) -> &mut Vec<u8> {
    match asked.last_mut() {
        Some(Asked::Http(_, bytes)) => bytes,
        other => panic!("a line of HTTP after {other:?}"),
    }
}

fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2) && text.is_ascii(), "{text}");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}
