//! A DHCP packet to a client, as a value and as bytes (RFC 2131 table 3, RFC 2132).

use std::net::Ipv4Addr;

use inventory::dhcp::Route;
use inventory::lease::Client;
use ipnet::Ipv4Net;

use super::options::{self, Laid, Options, Room};
use super::packet::Request;
use crate::arch::BootFile;

/// How long a node is given its address, seconds. It is reserved, so this only says how soon a client asks again: an hour
/// outlasts an install and brings changes of the rack file to a node within the same hour.
pub const LEASE_SECONDS: u32 = 3600;

/// Fewest bytes of a reply: a BOOTP packet (RFC 1542 §2.1); some relays and ROMs drop shorter ones.
const BOOTP_MIN: usize = 300;

/// Fixed fields and cookie, before the options.
const HEADER: usize = 240;

/// What Ethernet carries anyway: only another MTU is told.
const ETHERNET: u16 = 1500;

/// Sub-option 6 of option 43, discovery control = 8: take the boot file that is named here and look for no other server
/// (PXE 2.1 table 2-3); and its end.
const NO_DISCOVERY: [u8; 4] = [6, 1, 8, 255];

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
    /// What you boot, if you take your address of another server.
    ProxyOffer(Boot),
    /// What you boot.
    ProxyAck(Boot),
}

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// This appliance, as the client sees it.
    pub server: Ipv4Addr,
    /// Its address.
    pub address: Ipv4Addr,
    /// For how long, seconds.
    pub lease_seconds: u32,
    /// Its subnet.
    pub subnet: Ipv4Net,
    /// Its router.
    pub router: Option<Ipv4Addr>,
    /// Routes besides that.
    pub routes: Vec<Route>,
    /// Largest frame payload of its network, bytes.
    pub mtu: u16,
    /// Name servers.
    pub dns: Vec<Ipv4Addr>,
    /// Time servers.
    pub ntp: Vec<Ipv4Addr>,
    /// Its host name, if it has one here.
    pub host: Option<String>,
    /// Its domain.
    pub domain: String,
    /// Domains to look short names up in; empty for `domain` alone.
    pub search: Vec<String>,
    /// What it boots.
    pub boot: Option<BootFile>,
}

/// What a client is told to boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// This appliance, as the client sees it.
    pub server: Ipv4Addr,
    /// The file.
    pub file: BootFile,
}

impl Reply {
    /// The bytes that answer `request`, at most as many as its client takes. Options stand in the order in which they are
    /// left out from the end: type and server; lease time; mask, router, routes, name servers; client id; the boot file;
    /// machine id; times to renew; names; MTU, broadcast address, time servers, search list.
    pub fn write(&self, request: &Request) -> Vec<u8> {
        let relay_info = request.relay_info.as_deref().unwrap_or_default();
        let after = if relay_info.is_empty() {
            0
        } else {
            relay_info.len() + 2
        };
        let file = self.file().filter(|file| file.len() < options::FILE);
        let room = Room {
            main: request.reply_max - HEADER - after,
            is_file_free: file.is_none(),
        };
        let mut laid = self.options(request).lay(room);
        if let Some(file) = file {
            laid.file = file.as_bytes().to_vec();
        }
        let mut bytes = self.header(request, &laid);
        bytes.extend_from_slice(&laid.main);
        append_relay_info(&mut bytes, relay_info);
        bytes.push(255);
        bytes.resize(bytes.len().max(BOOTP_MIN), 0);
        bytes
    }

    fn header(&self, request: &Request, laid: &Laid) -> Vec<u8> {
        let none = Ipv4Addr::UNSPECIFIED;
        let has = request.has.unwrap_or(none);
        let (client, yours) = match self {
            Self::Offer(terms) => (none, terms.address),
            Self::Ack(terms) => (has, terms.address),
            Self::Informed(_) | Self::ProxyAck(_) => (has, none),
            Self::Nak { .. } | Self::ProxyOffer(_) => (none, none),
        };
        let next = self.boot().map_or(none, |(server, _)| server);
        let mut bytes = Vec::with_capacity(request.reply_max);
        // BOOTREPLY, Ethernet, six bytes, no hops.
        bytes.extend([2, 1, 6, 0]);
        bytes.extend(request.xid.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(self.flags(request).to_be_bytes());
        for address in [client, yours, next, request.relay.unwrap_or(none)] {
            bytes.extend(address.octets());
        }
        bytes.extend(request.mac.0);
        for (field, end) in [(&[][..], 44), (&laid.sname, 108), (&laid.file, 236)] {
            bytes.extend(field);
            bytes.resize(end, 0);
        }
        bytes.extend([99, 130, 83, 99]);
        bytes
    }

    /// A relay must broadcast a NAK: the client has no address that it could be sent to (RFC 2131 §4.3.2).
    fn flags(&self, request: &Request) -> u16 {
        match self {
            Self::Nak { .. } => request.flags | 0x8000,
            Self::Offer(_)
            | Self::Ack(_)
            | Self::Informed(_)
            | Self::ProxyOffer(_)
            | Self::ProxyAck(_) => request.flags,
        }
    }

    fn boot(&self) -> Option<(Ipv4Addr, &BootFile)> {
        match self {
            Self::Offer(terms) | Self::Ack(terms) | Self::Informed(terms) => {
                Some((terms.server, terms.boot.as_ref()?))
            }
            Self::ProxyOffer(boot) | Self::ProxyAck(boot) => Some((boot.server, &boot.file)),
            Self::Nak { .. } => None,
        }
    }

    fn file(&self) -> Option<&str> {
        match self.boot()?.1 {
            BootFile::Tftp(file) | BootFile::Http(file) => Some(file),
        }
    }

    fn options(&self, request: &Request) -> Options {
        let (kind, server) = match self {
            Self::Offer(terms) => (2, terms.server),
            Self::Ack(terms) | Self::Informed(terms) => (5, terms.server),
            Self::Nak { server } => (6, *server),
            Self::ProxyOffer(boot) => (2, boot.server),
            Self::ProxyAck(boot) => (5, boot.server),
        };
        let mut options = Options::default();
        options.add(53, [kind]);
        options.add(54, server.octets());
        match self {
            Self::Offer(terms) | Self::Ack(terms) => {
                let seconds = terms.lease_seconds;
                options.add(51, seconds.to_be_bytes());
                terms.add_network(request, &mut options);
                add_echoes(request, &mut options);
                self.add_boot(request, &mut options);
                add_machine(request, &mut options);
                // Half and seven eighths of the lease (RFC 2131 §4.4.5).
                options.add(58, (seconds / 2).to_be_bytes());
                options.add(59, (seconds / 8 * 7).to_be_bytes());
                terms.add_rest(request, &mut options);
            }
            Self::Informed(terms) => {
                terms.add_network(request, &mut options);
                add_echoes(request, &mut options);
                self.add_boot(request, &mut options);
                add_machine(request, &mut options);
                terms.add_rest(request, &mut options);
            }
            Self::ProxyOffer(_) | Self::ProxyAck(_) => {
                add_echoes(request, &mut options);
                self.add_boot(request, &mut options);
                add_machine(request, &mut options);
                add_proxy(request, &mut options);
            }
            Self::Nak { .. } => add_echoes(request, &mut options),
        }
        options
    }

    /// Both the options and the header fields: UEFI reads 67, shim reads `file` and `siaddr`, old ROMs read the header.
    fn add_boot(&self, request: &Request, options: &mut Options) {
        let (Some((server, _)), Some(file)) = (self.boot(), self.file()) else {
            return;
        };
        // EDK2 writes a NUL over the byte after option 67 unless it ends with one.
        options.add(67, [file.as_bytes(), &[0]].concat());
        options.add(66, server.to_string());
        // Only for HTTP boot: `PXEClient` sent back with an address would make EDK2 ask again on port 4011.
        let is_http = matches!(self.boot(), Some((_, BootFile::Http(_))));
        if is_http && request.vendor_class.starts_with("HTTPClient") {
            options.add(60, *b"HTTPClient");
        }
        // 175.176 = 1: iPXE does not wait for a proxy DHCP server.
        if request.client == Client::Ipxe {
            options.add(175, [176, 1, 1]);
        }
    }
}

impl Terms {
    /// Without these nobody talks to anybody.
    fn add_network(&self, request: &Request, options: &mut Options) {
        options.add(1, self.subnet.netmask().octets());
        if let Some(router) = self.router {
            options.add(3, router.octets());
        }
        if request.asks_for(121) && !self.routes.is_empty() {
            // A client that takes 121 looks at no other router (RFC 3442), so the default route stands in it too.
            let default = self.router.map(|via| Route {
                to: Ipv4Net::default(),
                via,
            });
            options.add(121, options::routes(default.iter().chain(&self.routes)));
        }
        options.add(6, addresses(&self.dns));
    }

    fn add_rest(&self, request: &Request, options: &mut Options) {
        options.add(12, self.host.as_deref().unwrap_or_default());
        options.add(15, self.domain.as_str());
        if self.mtu != ETHERNET && request.asks_for(26) {
            options.add(26, self.mtu.to_be_bytes());
        }
        options.add(28, self.subnet.broadcast().octets());
        if request.asks_for(42) {
            options.add(42, addresses(&self.ntp));
        }
        if request.asks_for(119) && !self.search.is_empty() {
            let names = [&self.domain].into_iter().chain(&self.search);
            options.add(119, options::names(names.map(String::as_str)));
        }
    }
}

/// A PXE client takes a packet without an address for an offer only if it says that it is one of PXE (PXE 2.1 §2.2.3).
fn add_proxy(request: &Request, options: &mut Options) {
    if request.vendor_class.starts_with("PXEClient") {
        options.add(60, *b"PXEClient");
        options.add(43, NO_DISCOVERY);
    }
}

/// What goes back as it came: RFC 6842, RFC 3011 §2.
fn add_echoes(request: &Request, options: &mut Options) {
    options.add(61, request.client_id.as_deref().unwrap_or_default());
    let subnet = request.asked_subnet.map(|subnet| subnet.octets());
    options.add(118, subnet.as_ref().map_or(&[][..], |subnet| subnet));
}

/// RFC 4578 §2.3.
fn add_machine(request: &Request, options: &mut Options) {
    options.add(97, request.machine_id.as_deref().unwrap_or_default());
}

fn addresses(addresses: &[Ipv4Addr]) -> Vec<u8> {
    addresses.iter().flat_map(Ipv4Addr::octets).collect()
}

/// Last before the end mark (RFC 3046 §2.1).
fn append_relay_info(bytes: &mut Vec<u8>, info: &[u8]) {
    if let (Ok(length), false) = (u8::try_from(info.len()), info.is_empty()) {
        bytes.extend([82, length]);
        bytes.extend(info);
    }
}
