//! A DHCPv6 packet to a client, as a value and as bytes, inside the relays it goes back through (RFC 8415 §18.3.9, §19.3).

use std::net::Ipv6Addr;

use super::options::{TooLong, Writer, code};
use super::packet::{Ia, Relay, Request};

/// How long an address may be used for new connections, seconds. Every address is reserved, so this only says how soon a
/// client asks again: as in IPv4, an hour outlasts an install, and changes of the rack file arrive within it.
pub const PREFERRED_SECONDS: u32 = 3600;

/// How long an address may be used at all, seconds.
pub const VALID_SECONDS: u32 = 7200;

/// When to ask us again, then anybody (RFC 8415 §21.4: half and four fifths of the preferred lifetime).
const TIMES: (u32, u32) = (PREFERRED_SECONDS / 2, PREFERRED_SECONDS / 5 * 4);

/// Nobody else's address is better: do not wait a second for other servers (RFC 8415 §18.2.1).
const PREFERENCE_MOST: u8 = 255;

/// The enterprise number that UEFI firmware writes before its class: Intel's, whose PXE specification began it.
const INTEL: [u8; 4] = 343_u32.to_be_bytes();

/// Status codes (RFC 8415 §21.13).
mod status {
    pub(super) const SUCCESS: u16 = 0;
    pub(super) const NO_ADDRESSES: u16 = 2;
    pub(super) const NOT_ON_LINK: u16 = 4;
    pub(super) const NO_PREFIX: u16 = 6;
}

/// A packet to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// This address is yours if you want it.
    Advertise(Terms),
    /// This address is yours.
    Leased {
        /// What it is told.
        terms: Terms,
        /// Whether it took it with its first packet.
        rapid: bool,
    },
    /// Whether what you have is right here.
    Confirmed {
        /// It is.
        is_right: bool,
    },
    /// You have an address; this is the rest.
    Informed(Settings),
    /// We heard that you gave your address back, or that somebody else uses it. The reservation stays.
    Noted,
}

/// What a client is told with its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Its address.
    pub address: Ipv6Addr,
    /// Whether other addresses that it names are to be dropped at once.
    pub takes_back: bool,
    /// The rest.
    pub settings: Settings,
}

/// What a client is told besides its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Name servers.
    pub dns: Vec<Ipv6Addr>,
    /// Time servers.
    pub ntp: Vec<Ipv6Addr>,
    /// Its domain.
    pub domain: String,
    /// What it boots, as a URL.
    pub boot: Option<String>,
}

/// A reply that cannot be written: a value of the rack file is too long for its option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot write the reply; shorten the domain or the lists of servers in [site]")]
pub struct Unwritable;

impl From<TooLong> for Unwritable {
    fn from(_: TooLong) -> Self {
        Self
    }
}

impl Ia {
    /// Addresses that it names.
    pub(super) fn named(&self) -> &[Ipv6Addr] {
        match self {
            Self::Addresses { named, .. } => named,
            Self::Temporary { .. } | Self::Prefix { .. } => &[],
        }
    }

    /// Whether it asks for an address of the kind we give.
    pub(super) fn is_for_addresses(&self) -> bool {
        match self {
            Self::Addresses { .. } => true,
            Self::Temporary { .. } | Self::Prefix { .. } => false,
        }
    }
}

impl Reply {
    /// The bytes that answer `request`, from the server called `server_id`.
    pub fn write(&self, request: &Request, server_id: &[u8]) -> Result<Vec<u8>, Unwritable> {
        const ADVERTISE: u8 = 2;
        const REPLY: u8 = 7;
        let kind = match self {
            Self::Advertise(_) => ADVERTISE,
            Self::Leased { .. } | Self::Confirmed { .. } | Self::Informed(_) | Self::Noted => REPLY,
        };
        let [a, b, c] = request.xid;
        let mut message = Writer::after(vec![kind, a, b, c]);
        message.put(code::SERVER_ID, server_id)?;
        if let Some(duid) = &request.duid {
            message.put(code::CLIENT_ID, duid)?;
        }
        self.add_to(request, &mut message)?;
        wrap(message.done(), &request.relays)
    }

    fn add_to(&self, request: &Request, message: &mut Writer) -> Result<(), Unwritable> {
        match self {
            Self::Advertise(terms) => {
                message.put(code::PREFERENCE, &[PREFERENCE_MOST])?;
                terms.add_to(request, message)
            }
            Self::Leased { terms, rapid } => {
                if *rapid {
                    message.put(code::RAPID_COMMIT, &[])?;
                }
                terms.add_to(request, message)
            }
            Self::Confirmed { is_right: true } | Self::Noted => {
                Ok(message.put(code::STATUS, &status::SUCCESS.to_be_bytes())?)
            }
            Self::Confirmed { is_right: false } => {
                Ok(message.put(code::STATUS, &status::NOT_ON_LINK.to_be_bytes())?)
            }
            Self::Informed(settings) => settings.add_to(request, message),
        }
    }
}

impl Terms {
    /// The first association is given the node's one address; the others are told that there is none.
    fn add_to(&self, request: &Request, message: &mut Writer) -> Result<(), Unwritable> {
        let mut is_given = false;
        for ia in &request.ias {
            match ia {
                Ia::Addresses { iaid, named } if !is_given => {
                    is_given = true;
                    message.put(code::IA_NA, &self.association(*iaid, named)?)?;
                }
                Ia::Addresses { iaid, .. } => {
                    let value = refusal(&[&iaid[..], &[0; 8]].concat(), status::NO_ADDRESSES)?;
                    message.put(code::IA_NA, &value)?;
                }
                Ia::Temporary { iaid } => {
                    message.put(code::IA_TA, &refusal(iaid, status::NO_ADDRESSES)?)?;
                }
                Ia::Prefix { iaid } => {
                    let value = refusal(&[&iaid[..], &[0; 8]].concat(), status::NO_PREFIX)?;
                    message.put(code::IA_PD, &value)?;
                }
            }
        }
        self.settings.add_to(request, message)
    }

    /// Its times, the address, and with lifetimes of zero those that are taken back (RFC 8415 §18.3.4).
    fn association(&self, iaid: [u8; 4], named: &[Ipv6Addr]) -> Result<Vec<u8>, TooLong> {
        let (renew, rebind) = TIMES;
        let head = [iaid, renew.to_be_bytes(), rebind.to_be_bytes()].concat();
        let mut value = Writer::after(head);
        value.put(
            code::IAADDR,
            &with_life(self.address, [PREFERRED_SECONDS, VALID_SECONDS]),
        )?;
        let others = named.iter().filter(|its| **its != self.address);
        for other in others.filter(|_| self.takes_back) {
            value.put(code::IAADDR, &with_life(*other, [0, 0]))?;
        }
        Ok(value.done())
    }
}

fn with_life(address: Ipv6Addr, life: [u32; 2]) -> Vec<u8> {
    let life = life.map(u32::to_be_bytes).concat();
    [&address.octets()[..], &life].concat()
}

/// An association with nothing but a status in it.
fn refusal(head: &[u8], status: u16) -> Result<Vec<u8>, TooLong> {
    let mut value = Writer::after(head.to_vec());
    value.put(code::STATUS, &status.to_be_bytes())?;
    Ok(value.done())
}

impl Settings {
    fn add_to(&self, request: &Request, message: &mut Writer) -> Result<(), Unwritable> {
        message.put_addresses(code::DNS, &self.dns)?;
        message.put(code::DOMAINS, &labels(&self.domain)?)?;
        message.put_addresses(code::SNTP, &self.ntp)?;
        // RFC 5908 §4.1: one sub-option 1 a server.
        let mut ntp = Writer::default();
        for server in &self.ntp {
            ntp.put(1, &server.octets())?;
        }
        message.put(code::NTP, &ntp.done())?;
        match &self.boot {
            Some(url) => add_boot(url, request, message),
            None => Ok(()),
        }
    }
}

/// Option 59 alone. Option 60 would be arguments of a kernel (RFC 5970 §3.2); no loader of ours takes any, and EDK2 reads the
/// length of the file out of it.
fn add_boot(url: &str, request: &Request, message: &mut Writer) -> Result<(), Unwritable> {
    message.put(code::BOOT_FILE_URL, url.as_bytes())?;
    // An offer without it is none for HTTP boot (UEFI 2.10 §24.7.3.1). `PXEClient` is not sent back: see IPv4.
    if request.vendor_class.starts_with("HTTPClient") {
        let class = [&INTEL[..], &[0, 10], b"HTTPClient"].concat();
        message.put(code::VENDOR_CLASS, &class)?;
    }
    Ok(())
}

/// A domain name as DNS writes it (RFC 1035 §3.1, RFC 8415 §10).
fn labels(domain: &str) -> Result<Vec<u8>, Unwritable> {
    let mut bytes = Vec::with_capacity(domain.len() + 2);
    for label in domain.split('.') {
        let length = u8::try_from(label.len()).map_err(|_| Unwritable)?;
        if !(1..=63).contains(&length) {
            return Err(Unwritable);
        }
        bytes.push(length);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    Ok(bytes)
}

/// Back through the relays: the one nearest to the client is the innermost.
fn wrap(message: Vec<u8>, relays: &[Relay]) -> Result<Vec<u8>, Unwritable> {
    const RELAY_REPLY: u8 = 13;
    relays.iter().rev().try_fold(message, |inner, relay| {
        let mut head = vec![RELAY_REPLY, relay.hop_count];
        head.extend(relay.link.octets());
        head.extend(relay.peer.octets());
        let mut outer = Writer::after(head);
        if let Some(id) = &relay.interface_id {
            outer.put(code::INTERFACE_ID, id)?;
        }
        outer.put(code::RELAY_MSG, &inner)?;
        Ok(outer.done())
    })
}
