//! A DHCPv6 packet of a client, read once into one value, out of the relays it came through (RFC 8415 §7, §8, §16). What
//! breaks a rule of §16 is named and dropped.

use std::net::Ipv6Addr;

use inventory::lease::Client;
use inventory::net::Mac;

use super::identity::{self, Marks};
use super::options::{Options, address, code, texts};

/// Most relays one behind the other (RFC 8415 §7.6, HOP_COUNT_LIMIT).
const RELAYS_MAX: usize = 8;

/// Longest DUID (RFC 8415 §11.1: 128 bytes besides its type).
const DUID_MAX: usize = 130;

/// Longest vendor class kept, bytes: what identifies a client stands in its first words.
const VENDOR_CLASS_MAX: usize = 64;

/// Most identity associations in one packet. A machine has one a card; a packet of 64 KiB could hold thousands.
const IAS_MAX: usize = 16;

/// What a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Who has an address for me? With option 14 it takes one at once.
    Solicit {
        /// Whether option 14 is there.
        rapid: bool,
    },
    /// I take this address of you.
    Request,
    /// Is what I have still right on this link?
    Confirm,
    /// I keep what you gave me.
    Renew,
    /// I keep what somebody gave me.
    Rebind,
    /// I need the address no longer.
    Release,
    /// Somebody else uses the address you gave me.
    Decline,
    /// I have an address and want the rest.
    Inform,
}

/// A relay that the packet came through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// How many relays it had behind it.
    pub hop_count: u8,
    /// An address on the client's link, if the relay has one to say.
    pub link: Ipv6Addr,
    /// Whom it had the packet from.
    pub peer: Ipv6Addr,
    /// Option 18, sent back as it came.
    pub interface_id: Option<Vec<u8>>,
}

/// What a client wants an answer about (RFC 8415 §12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ia {
    /// Addresses.
    Addresses {
        /// The client's number for it.
        iaid: [u8; 4],
        /// Those it names.
        named: Vec<Ipv6Addr>,
    },
    /// Temporary addresses; we give none.
    Temporary {
        /// The client's number for it.
        iaid: [u8; 4],
    },
    /// A prefix to give to others; we give none.
    Prefix {
        /// The client's number for it.
        iaid: [u8; 4],
    },
}

/// Who brought a packet to our link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// Its client, or a relay inside a switch between us, which has no address of its own (RFC 6221).
    Link,
    /// The relay at this address.
    Relay(Ipv6Addr),
}

/// A client's packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who brought it.
    pub via: Via,
    /// What it wants.
    pub kind: Kind,
    /// Transaction id.
    pub xid: [u8; 3],
    /// Relays, the one nearest to us first.
    pub relays: Vec<Relay>,
    /// Its card, if anything tells it.
    pub mac: Option<Mac>,
    /// Option 1, sent back as it came. Only a question for information may be without.
    pub duid: Option<Vec<u8>>,
    /// Option 2: the server it means.
    pub server: Option<Vec<u8>>,
    /// What it wants an answer about, in the order sent.
    pub ias: Vec<Ia>,
    /// What kind of program sent it (options 15 and 16).
    pub client: Client,
    /// First text of option 16, its first 64 bytes.
    pub vendor_class: String,
    /// First code of option 61.
    pub arch: Option<u16>,
    /// Option 62: type and version of the firmware's network interface.
    pub interface_type: Option<[u8; 3]>,
}

/// Where a packet came from, as the wire says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Source of the frame.
    pub mac: Mac,
    /// Source of the packet.
    pub address: Ipv6Addr,
    /// Whether it went to all servers on the link, and not to an address of ours.
    pub to_all: bool,
}

/// Why a packet is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Shorter than its fixed fields.
    #[error("shorter than a DHCPv6 packet")]
    Short,
    /// An option runs over the end, is too long, or comes too often.
    #[error("malformed options")]
    Malformed,
    /// A server's packet, or a type we do not know.
    #[error("not a client's packet")]
    NotARequest,
    /// More relays than RFC 8415 allows.
    #[error("too many relays one behind the other")]
    Relays,
    /// A client that writes to our address, or not from its link-local address: it stands behind a router, or lies.
    #[error("not from a client on this link")]
    NotOnLink,
    /// Option 1 or 2 is missing, or is there where it must not be (RFC 8415 §16).
    #[error("client or server identifier missing or out of place")]
    Identifiers,
}

/// Reads a client's packet.
pub fn read(bytes: &[u8], origin: Origin) -> Result<Request, Unreadable> {
    let envelope = open(bytes)?;
    let Some((head, body)) = envelope.message.split_first_chunk::<4>() else {
        return Err(Unreadable::Short);
    };
    let options = Options::read(body).ok_or(Unreadable::Malformed)?;
    let [kind, xid @ ..] = *head;
    let kind = kind_of(kind, &options).ok_or(Unreadable::NotARequest)?;
    if envelope.relays.is_empty() && !is_near(origin) {
        return Err(Unreadable::NotOnLink);
    }
    let (duid, server) = identifiers(kind, &options)?;
    let ias = ias(&options)?;
    if kind == Kind::Inform && !ias.is_empty() {
        return Err(Unreadable::Malformed);
    }
    let vendor_class = vendor_class(&options);
    let via = envelope.via(origin);
    Ok(Request {
        via,
        kind,
        xid,
        mac: identity::mac(envelope.marks((via, origin), duid.unwrap_or_default())),
        relays: envelope.relays,
        duid: duid.map(<[u8]>::to_vec),
        server: server.map(<[u8]>::to_vec),
        ias,
        client: client(&options, &vendor_class),
        vendor_class,
        arch: options.one(code::CLIENT_ARCH).and_then(first_number),
        interface_type: options.one(code::NII).and_then(|nii| nii.try_into().ok()),
    })
}

/// Whether no router can have handed it on.
fn is_near(origin: Origin) -> bool {
    origin.to_all && origin.address.is_unicast_link_local()
}

/// A client's message and the relays around it.
struct Envelope<'a> {
    relays: Vec<Relay>,
    /// Option 79 of the relay nearest to the client.
    link_layer: Option<&'a [u8]>,
    message: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// A relay inside a switch sends in its client's name, and names no link.
    fn via(&self, origin: Origin) -> Via {
        let is_linked = |relay: &Relay| !relay.link.is_unspecified();
        match is_near(origin) && !self.relays.iter().any(is_linked) {
            true => Via::Link,
            false => Via::Relay(origin.address),
        }
    }

    /// Nothing inside a packet is believed that came by no relay with an address: anybody on the link can write it.
    fn marks(&self, (via, origin): (Via, Origin), duid: &'a [u8]) -> Marks<'a> {
        match (via, self.relays.last()) {
            (Via::Link, _) | (Via::Relay(_), None) => Marks::Frame(origin.mac),
            (Via::Relay(_), Some(nearest)) => Marks::Relayed {
                link_layer: self.link_layer,
                peer: nearest.peer,
                duid,
            },
        }
    }
}

fn open(bytes: &[u8]) -> Result<Envelope<'_>, Unreadable> {
    const RELAY_FORWARD: u8 = 12;
    let mut envelope = Envelope {
        relays: Vec::new(),
        link_layer: None,
        message: bytes,
    };
    while let [RELAY_FORWARD, hop_count, rest @ ..] = envelope.message {
        if envelope.relays.len() == RELAYS_MAX {
            return Err(Unreadable::Relays);
        }
        let (link, rest) = address(rest).ok_or(Unreadable::Short)?;
        let (peer, rest) = address(rest).ok_or(Unreadable::Short)?;
        let options = Options::read(rest).ok_or(Unreadable::Malformed)?;
        envelope.relays.push(Relay {
            hop_count: *hop_count,
            link,
            peer,
            interface_id: options.one(code::INTERFACE_ID).map(<[u8]>::to_vec),
        });
        envelope.link_layer = options.one(code::CLIENT_LINK_LAYER);
        envelope.message = options.one(code::RELAY_MSG).ok_or(Unreadable::Short)?;
    }
    Ok(envelope)
}

fn kind_of(kind: u8, options: &Options<'_>) -> Option<Kind> {
    match kind {
        1 => Some(Kind::Solicit {
            rapid: options.one(code::RAPID_COMMIT).is_some(),
        }),
        3 => Some(Kind::Request),
        4 => Some(Kind::Confirm),
        5 => Some(Kind::Renew),
        6 => Some(Kind::Rebind),
        8 => Some(Kind::Release),
        9 => Some(Kind::Decline),
        11 => Some(Kind::Inform),
        _ => None,
    }
}

/// Options 1 and 2, as each kind must have them.
type Identifiers<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

fn identifiers<'a>(kind: Kind, options: &Options<'a>) -> Result<Identifiers<'a>, Unreadable> {
    let duid = options.one(code::CLIENT_ID);
    let server = options.one(code::SERVER_ID);
    let is_sound = duid.is_none_or(|duid| (3..=DUID_MAX).contains(&duid.len()));
    let is_right = match kind {
        Kind::Solicit { .. } | Kind::Confirm | Kind::Rebind => duid.is_some() && server.is_none(),
        Kind::Request | Kind::Renew | Kind::Release | Kind::Decline => {
            duid.is_some() && server.is_some()
        }
        Kind::Inform => true,
    };
    match is_sound && is_right {
        true => Ok((duid, server)),
        false => Err(Unreadable::Identifiers),
    }
}

fn ias(options: &Options<'_>) -> Result<Vec<Ia>, Unreadable> {
    let mut found = Vec::new();
    for (option, value) in options.iter() {
        let ia = match option {
            code::IA_NA => addresses(value),
            code::IA_TA => first(value).map(|iaid| Ia::Temporary { iaid }),
            code::IA_PD => first(value).map(|iaid| Ia::Prefix { iaid }),
            _ => continue,
        };
        found.push(ia.ok_or(Unreadable::Malformed)?);
    }
    match found.len() <= IAS_MAX {
        true => Ok(found),
        false => Err(Unreadable::Malformed),
    }
}

fn first(value: &[u8]) -> Option<[u8; 4]> {
    value.first_chunk().copied()
}

/// Number, T1, T2, then options, of which each IAADDR begins with its address (RFC 8415 §21.4, §21.6).
fn addresses(value: &[u8]) -> Option<Ia> {
    let options = Options::read(value.get(12..)?)?;
    let named = options.all(code::IAADDR);
    Some(Ia::Addresses {
        iaid: first(value)?,
        named: named
            .map(|it| address(it).map(|(address, _)| address))
            .collect::<Option<_>>()?,
    })
}

/// Enterprise number, then texts.
fn vendor_class(options: &Options<'_>) -> String {
    let value = options.one(code::VENDOR_CLASS).and_then(|it| it.get(4..));
    let texts = texts(value.unwrap_or_default());
    let text = texts.first().copied().unwrap_or_default();
    String::from_utf8_lossy(&text[..text.len().min(VENDOR_CLASS_MAX)]).into_owned()
}

fn client(options: &Options<'_>, vendor_class: &str) -> Client {
    let user_class = options.one(code::USER_CLASS).unwrap_or_default();
    if texts(user_class).contains(&b"iPXE".as_slice()) {
        Client::Ipxe
    } else {
        Client::of_vendor_class(vendor_class)
    }
}

fn first_number(bytes: &[u8]) -> Option<u16> {
    bytes.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}
