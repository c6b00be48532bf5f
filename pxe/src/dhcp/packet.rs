//! A DHCP packet of a client, read once into one value (RFC 2131, 2132, 3396, 3004, 4578). What cannot be read is named
//! and dropped; options are taken byte by byte, so that one malformed option does not hide the others.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use dhcproto::v4::borrowed::{DhcpOptionIterator, Message};
use dhcproto::v4::{HType, Opcode};
use inventory::lease::Client;
use inventory::net::Mac;

/// Longest vendor class kept, bytes: what identifies a client stands in its first words.
const VENDOR_CLASS_MAX: usize = 64;

/// Largest reply that Ethernet carries in one frame, whatever a client says.
const REPLY_MAX: usize = 1500 - HEADERS;

/// Largest reply every client takes when it does not say (RFC 2131 §2: 576 bytes with IP and UDP headers).
pub const REPLY_MIN: usize = 548;

/// IP and UDP headers, which option 57 counts and a reply does not.
const HEADERS: usize = 28;

/// What a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Who has an address for me?
    Discover,
    /// I take, keep or renew this address.
    Request,
    /// Somebody else uses the address you gave me.
    Decline,
    /// I need the address no longer.
    Release,
    /// I have an address and want the rest.
    Inform,
}

/// Where a packet came from, as its IP header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Who sent it; 0.0.0.0 before it has an address.
    pub address: Ipv4Addr,
    /// Whether it went to 255.255.255.255, which no router forwards (RFC 1812 §5.3.5.1).
    pub to_all: bool,
}

/// A client's packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where it came from.
    pub source: Source,
    /// Option 53.
    pub kind: Kind,
    /// Transaction id.
    pub xid: u32,
    /// `chaddr`.
    pub mac: Mac,
    /// Flags, as sent; the top bit asks for broadcast replies.
    pub flags: u16,
    /// `giaddr`: the relay it came through.
    pub relay: Option<Ipv4Addr>,
    /// `ciaddr`: the address the client has and answers on.
    pub has: Option<Ipv4Addr>,
    /// Option 50: the address it wants.
    pub wants: Option<Ipv4Addr>,
    /// Option 54: the server it means.
    pub server: Option<Ipv4Addr>,
    /// What kind of program sent it (options 60, 77, 175).
    pub client: Client,
    /// Option 60 as text, its first 64 bytes.
    pub vendor_class: String,
    /// First code of option 93.
    pub arch: Option<u16>,
    /// Option 61, sent back as it came (RFC 6842).
    pub client_id: Option<Vec<u8>>,
    /// Option 97, sent back as it came (RFC 4578 §2.3).
    pub machine_id: Option<Vec<u8>>,
    /// Option 82, sent back as it came (RFC 3046).
    pub relay_info: Option<Vec<u8>>,
    /// The link that the relay means, if it is another than its own address is on (RFC 3527; RFC 3011 from a relay).
    pub link: Option<Ipv4Addr>,
    /// Option 118, sent back as it came (RFC 3011).
    pub asked_subnet: Option<Ipv4Addr>,
    /// Option 55: what the client wants to know; None if it did not say.
    pub asked: Option<Vec<u8>>,
    /// Largest reply it takes, bytes of DHCP.
    pub reply_max: usize,
}

/// Why a packet is dropped unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Shorter than the fixed fields and the cookie.
    #[error("shorter than a DHCP packet")]
    Short,
    /// A server's packet.
    #[error("not a client's packet")]
    NotARequest,
    /// Not an Ethernet address of six bytes.
    #[error("hardware address is not Ethernet")]
    NotEthernet,
    /// Option 53 is missing, empty, or a kind that clients do not send us.
    #[error("no message type that a client sends")]
    NoKind,
}

impl Request {
    /// Whether the client wants to know option `code`. One that did not say what it wants is told everything.
    pub fn asks_for(&self, code: u8) -> bool {
        self.asked
            .as_ref()
            .is_none_or(|asked| asked.contains(&code))
    }

    /// The addresses it says it wants or has.
    pub fn named(&self) -> impl Iterator<Item = Ipv4Addr> {
        [self.wants, self.has].into_iter().flatten()
    }
}

/// Reads a client's packet that came from `source`.
pub fn read(bytes: &[u8], source: Source) -> Result<Request, Unreadable> {
    let message = Message::new(bytes).map_err(|_| Unreadable::Short)?;
    if message.opcode() != Opcode::BootRequest {
        return Err(Unreadable::NotARequest);
    }
    let mac = mac(&message)?;
    let options = Options::of(&message, bytes);
    let vendor_class = options.text(60);
    Ok(Request {
        source,
        kind: options.kind().ok_or(Unreadable::NoKind)?,
        xid: message.xid(),
        mac,
        flags: message.flags().into(),
        relay: set(message.giaddr()),
        has: set(message.ciaddr()),
        wants: options.address(50),
        server: options.address(54),
        client: options.client(&vendor_class),
        vendor_class,
        arch: options.number(93),
        client_id: options.echo(61),
        machine_id: options.echo(97),
        relay_info: options.echo(82),
        link: options.link(),
        asked_subnet: options.address(118),
        asked: options.0.get(&55).cloned(),
        reply_max: options.reply_max(),
    })
}

fn mac(message: &Message<'_>) -> Result<Mac, Unreadable> {
    // The length is checked before `chaddr`, which slices by it unchecked.
    if message.htype() != HType::Eth || message.hlen() != 6 {
        return Err(Unreadable::NotEthernet);
    }
    let bytes = message.chaddr().try_into();
    bytes.map(Mac).map_err(|_| Unreadable::NotEthernet)
}

fn set(address: Ipv4Addr) -> Option<Ipv4Addr> {
    (!address.is_unspecified()).then_some(address)
}

/// Options by code; parts of one option joined (RFC 3396), those in `file` and `sname` included (option 52).
struct Options(BTreeMap<u8, Vec<u8>>);

impl Options {
    fn of(message: &Message<'_>, bytes: &[u8]) -> Self {
        let mut options = Self(BTreeMap::new());
        options.take(message.opts());
        let overload = options.0.get(&52).and_then(|value| value.first().copied());
        if matches!(overload, Some(1 | 3)) {
            options.take(DhcpOptionIterator::new(&bytes[108..236]));
        }
        if matches!(overload, Some(2 | 3)) {
            options.take(DhcpOptionIterator::new(&bytes[44..108]));
        }
        options
    }

    fn take(&mut self, found: DhcpOptionIterator<'_>) {
        for option in found {
            let value = self.0.entry(option.code().into()).or_default();
            value.extend_from_slice(option.data());
        }
    }

    fn bytes(&self, code: u8) -> &[u8] {
        self.0.get(&code).map_or(&[], Vec::as_slice)
    }

    fn address(&self, code: u8) -> Option<Ipv4Addr> {
        let bytes: [u8; 4] = self.bytes(code).try_into().ok()?;
        set(bytes.into())
    }

    fn number(&self, code: u8) -> Option<u16> {
        let bytes = self.bytes(code).first_chunk()?;
        Some(u16::from_be_bytes(*bytes))
    }

    fn text(&self, code: u8) -> String {
        let bytes = self.bytes(code);
        let kept = &bytes[..bytes.len().min(VENDOR_CLASS_MAX)];
        String::from_utf8_lossy(kept).into_owned()
    }

    /// A value to be sent back; what does not fit into one option is not (nobody sends such).
    fn echo(&self, code: u8) -> Option<Vec<u8>> {
        let value = self.0.get(&code)?;
        (1..=255).contains(&value.len()).then(|| value.clone())
    }

    /// Sub-option 5 of option 82, else option 118.
    fn link(&self) -> Option<Ipv4Addr> {
        let mut rest = self.bytes(82);
        while let [code, length, more @ ..] = rest {
            let (value, after) = more.split_at_checked(usize::from(*length))?;
            if let (5, Ok(address)) = (*code, <[u8; 4]>::try_from(value)) {
                return set(address.into());
            }
            rest = after;
        }
        self.address(118)
    }

    fn kind(&self) -> Option<Kind> {
        match self.bytes(53) {
            [1] => Some(Kind::Discover),
            [3] => Some(Kind::Request),
            [4] => Some(Kind::Decline),
            [7] => Some(Kind::Release),
            [8] => Some(Kind::Inform),
            _ => None,
        }
    }

    /// iPXE sends its user class as plain text; others write it with its length before it (RFC 3004).
    fn client(&self, vendor_class: &str) -> Client {
        let user_class = self.bytes(77);
        if user_class == b"iPXE" || user_class == b"\x04iPXE" || self.0.contains_key(&175) {
            Client::Ipxe
        } else {
            Client::of_vendor_class(vendor_class)
        }
    }

    fn reply_max(&self) -> usize {
        let said = self.number(57).map_or(0, usize::from);
        said.saturating_sub(HEADERS).clamp(REPLY_MIN, REPLY_MAX)
    }
}
