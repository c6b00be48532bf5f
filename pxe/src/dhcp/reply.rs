//! A DHCP packet to a client, as a value and as bytes (RFC 2131 table 3, RFC 2132).

use std::net::Ipv4Addr;

use dhcproto::v4::{
    DhcpOption, Encodable, Encoder, Flags, Message, MessageType, Opcode, OptionCode, UnknownOption,
};
use ipnet::Ipv4Net;

use super::packet::Request;
use crate::arch::BootFile;

/// How long an address is given, seconds. Every address is reserved, so this only says how soon a client asks again:
/// an hour outlasts an install and brings changes of the rack file to a node within the same hour.
pub const LEASE_SECONDS: u32 = 3600;

/// Fewest bytes of a reply: a BOOTP packet (RFC 1542 §2.1); some relays and ROMs drop shorter ones.
const BOOTP_MIN: usize = 300;

/// Longest `file`, bytes: 128 with a NUL at its end.
const FILE_MAX: usize = 127;

/// Options left out of a reply that is too large for its client, least needed first.
const SPARE: [OptionCode; 4] = [
    OptionCode::ClientMachineIdentifier,
    OptionCode::NtpServers,
    OptionCode::TFTPServerName,
    OptionCode::BroadcastAddr,
];

/// A packet to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// This address is yours if you want it.
    Offer(Terms),
    /// This address is yours.
    Ack(Terms),
    /// You have your address; this is the rest.
    Informed(Terms),
    /// That address is not yours.
    Nak {
        /// Who says so.
        server: Ipv4Addr,
    },
}

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// This appliance, as the client sees it.
    pub server: Ipv4Addr,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its subnet.
    pub subnet: Ipv4Net,
    /// Its router.
    pub router: Option<Ipv4Addr>,
    /// Name servers.
    pub dns: Vec<Ipv4Addr>,
    /// Time servers.
    pub ntp: Vec<Ipv4Addr>,
    /// Its host name.
    pub host: String,
    /// Its domain.
    pub domain: String,
    /// What it boots.
    pub boot: Option<BootFile>,
}

/// A reply that cannot be written: a value of the rack file is too long for its option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot write the reply ({0}); shorten the domain or the lists of servers in [site]")]
pub struct Unwritable(String);

impl Reply {
    /// The bytes that answer `request`.
    pub fn write(&self, request: &Request) -> Result<Vec<u8>, Unwritable> {
        let mut message = self.header(request);
        self.add_options(request, &mut message);
        let relay_info = request.relay_info.as_deref().unwrap_or_default();
        let mut bytes = encode(&message)?;
        for code in SPARE {
            if bytes.len() + relay_info.len() + 2 <= request.reply_max {
                break;
            }
            message.opts_mut().remove(code);
            bytes = encode(&message)?;
        }
        append_relay_info(&mut bytes, relay_info);
        bytes.resize(bytes.len().max(BOOTP_MIN), 0);
        Ok(bytes)
    }

    fn header(&self, request: &Request) -> Message {
        let none = Ipv4Addr::UNSPECIFIED;
        let (yours, client) = match self {
            Self::Offer(terms) => (terms.address, none),
            Self::Ack(terms) => (terms.address, request.has.unwrap_or(none)),
            Self::Informed(_) => (none, request.has.unwrap_or(none)),
            Self::Nak { .. } => (none, none),
        };
        let relay = request.relay.unwrap_or(none);
        let mac = &request.mac.0;
        let mut message = Message::new_with_id(request.xid, client, yours, none, relay, mac);
        message.set_opcode(Opcode::BootReply);
        message.set_flags(self.flags(request));
        message
    }

    /// A relay must broadcast a NAK: the client has no address that it could be sent to (RFC 2131 §4.3.2).
    fn flags(&self, request: &Request) -> Flags {
        let flags = Flags::new(request.flags);
        match self {
            Self::Nak { .. } => flags.set_broadcast(),
            Self::Offer(_) | Self::Ack(_) | Self::Informed(_) => flags,
        }
    }

    fn add_options(&self, request: &Request, message: &mut Message) {
        let (kind, server) = match self {
            Self::Offer(terms) => (MessageType::Offer, terms.server),
            Self::Ack(terms) | Self::Informed(terms) => (MessageType::Ack, terms.server),
            Self::Nak { server } => (MessageType::Nak, *server),
        };
        let options = message.opts_mut();
        options.insert(DhcpOption::MessageType(kind));
        options.insert(DhcpOption::ServerIdentifier(server));
        if let Some(id) = &request.client_id {
            options.insert(DhcpOption::ClientIdentifier(id.clone()));
        }
        match self {
            Self::Offer(terms) | Self::Ack(terms) => {
                add_times(message);
                terms.add_to(request, message);
            }
            Self::Informed(terms) => terms.add_to(request, message),
            Self::Nak { .. } => {}
        }
    }
}

impl Terms {
    fn add_to(&self, request: &Request, message: &mut Message) {
        let options = message.opts_mut();
        options.insert(DhcpOption::SubnetMask(self.subnet.netmask()));
        options.insert(DhcpOption::BroadcastAddr(self.subnet.broadcast()));
        options.insert(DhcpOption::Hostname(self.host.clone()));
        options.insert(DhcpOption::DomainName(self.domain.clone()));
        options.insert(DhcpOption::NtpServers(self.ntp.clone()));
        if let Some(router) = self.router {
            options.insert(DhcpOption::Router(vec![router]));
        }
        if !self.dns.is_empty() {
            options.insert(DhcpOption::DomainNameServer(self.dns.clone()));
        }
        if let Some(id) = &request.machine_id {
            options.insert(DhcpOption::ClientMachineIdentifier(id.clone()));
        }
        if let Some(boot) = &self.boot {
            self.add_boot(boot, request, message);
        }
    }

    /// Both the options and the header fields: UEFI reads 67, shim reads `file` and `siaddr`, old ROMs read the header.
    fn add_boot(&self, boot: &BootFile, request: &Request, message: &mut Message) {
        let (file, is_http) = match boot {
            BootFile::Tftp(path) => (path, false),
            BootFile::Http(url) => (url, true),
        };
        message.set_siaddr(self.server);
        if file.len() <= FILE_MAX {
            message.set_fname_str(file);
        }
        // EDK2 writes a NUL over the byte after option 67 unless it ends with one.
        let mut ended = file.clone().into_bytes();
        ended.push(0);
        let server = self.server.to_string();
        let options = message.opts_mut();
        options.insert(DhcpOption::BootfileName(ended));
        options.insert(DhcpOption::TFTPServerName(server.into_bytes()));
        // Only for HTTP boot: `PXEClient` sent back would make EDK2 ask again on port 4011.
        if is_http && request.vendor_class.starts_with("HTTPClient") {
            options.insert(DhcpOption::ClassIdentifier(b"HTTPClient".to_vec()));
        }
        add_ipxe(request, message);
    }
}

/// 175.176 = 1: iPXE does not wait for a proxy DHCP server.
fn add_ipxe(request: &Request, message: &mut Message) {
    if request.client == inventory::lease::Client::Ipxe {
        let no_proxy = UnknownOption::new(OptionCode::Unknown(175), vec![176, 1, 1]);
        message.opts_mut().insert(DhcpOption::Unknown(no_proxy));
    }
}

/// Half and seven eighths of the lease (RFC 2131 §4.4.5).
fn add_times(message: &mut Message) {
    let options = message.opts_mut();
    options.insert(DhcpOption::AddressLeaseTime(LEASE_SECONDS));
    options.insert(DhcpOption::Renewal(LEASE_SECONDS / 2));
    options.insert(DhcpOption::Rebinding(LEASE_SECONDS / 8 * 7));
}

fn encode(message: &Message) -> Result<Vec<u8>, Unwritable> {
    let mut bytes = Vec::with_capacity(BOOTP_MIN);
    let written = message.encode(&mut Encoder::new(&mut bytes));
    written.map_err(|error| Unwritable(error.to_string()))?;
    Ok(bytes)
}

/// Last before the end mark (RFC 3046 §2.1).
fn append_relay_info(bytes: &mut Vec<u8>, info: &[u8]) {
    const END: u8 = 255;
    if let (Ok(length), false) = (u8::try_from(info.len()), info.is_empty()) {
        bytes.pop_if(|last| *last == END);
        bytes.extend([82, length]);
        bytes.extend(info);
        bytes.push(END);
    }
}
