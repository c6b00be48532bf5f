//! DHCP clients: firmware, iPXE and installer, each with its own options and its own idea of what an offer must have.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use dhcproto::v4::{
    Decodable, Decoder, DhcpOption, Encodable, Encoder, Flags, Message, MessageType, OptionCode,
    UnknownOption,
};
use pxe::dhcp::socket::CLIENT_PORT;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::fault::Step;
use super::life::{Life, Stop};
use crate::namespace::DEVICE;

/// How often it asks. EDK2: after 4, 8, 16 and 32 seconds.
const TRIES: usize = 4;

/// Which program asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    /// PXE firmware of this architecture (option 93).
    Pxe(u16),
    /// UEFI HTTP boot.
    HttpBoot,
    /// iPXE on this architecture.
    Ipxe(u16),
    /// The installer's NetworkManager.
    Installer,
}

/// What a client was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) address: Ipv4Addr,
    /// Option 54.
    pub(super) server: Ipv4Addr,
    /// `siaddr`.
    pub(super) next: Ipv4Addr,
    /// `file` of the header.
    pub(super) file: String,
    /// Option 67, else `file`.
    pub(super) boot: String,
}

impl Life<'_> {
    /// Four packets, and the address is the node's. None if nobody offers anything that the program takes.
    pub(super) async fn lease(&mut self, program: Program) -> Result<Option<Lease>, Stop> {
        let (discover, request) = match program {
            Program::Pxe(_) | Program::HttpBoot => (Step::FirmwareDiscover, Step::FirmwareRequest),
            Program::Ipxe(_) => (Step::IpxeDiscover, Step::IpxeRequest),
            Program::Installer => (Step::InstallerDiscover, Step::InstallerRequest),
        };
        let first = self.packet(program, MessageType::Discover);
        let Some(offer) = self.ask(discover, (program, &first)).await? else {
            return Ok(None);
        };
        let Some(lease) = read(&offer) else {
            return Ok(None);
        };
        let mut second = self.packet(program, MessageType::Request);
        let options = second.opts_mut();
        options.insert(DhcpOption::RequestedIpAddress(lease.address));
        options.insert(DhcpOption::ServerIdentifier(lease.server));
        let Some(ack) = self.ask(request, (program, &second)).await? else {
            return Ok(None);
        };
        if ack.opts().has_msg_type(MessageType::Nak) {
            return Ok(None);
        }
        self.address = lease.address;
        self.trace.addresses.push(lease.address);
        Ok(read(&ack))
    }

    fn packet(&self, program: Program, kind: MessageType) -> Message {
        let none = Ipv4Addr::UNSPECIFIED;
        let [_, _, a, b, c, d] = self.config.mac.0;
        // One transaction a start and program, as far as a server can tell.
        let xid = u32::from_be_bytes([a, b, c, d]) ^ (self.trace.asked.len() as u32) << 8;
        let mut message = Message::new_with_id(xid, none, none, none, none, &self.config.mac.0);
        message.set_flags(Flags::new(0x8000));
        let options = message.opts_mut();
        options.insert(DhcpOption::MessageType(kind));
        for (code, data) in self.identifiers(program) {
            let option = UnknownOption::new(OptionCode::Unknown(code), data);
            options.insert(DhcpOption::Unknown(option));
        }
        message
    }

    fn identifiers(&self, program: Program) -> Vec<(u8, Vec<u8>)> {
        let uuid = [&[0][..], &self.config.uuid.to_bytes_le()].concat();
        let hardware = |arch: u16, class: &str| {
            let class = format!("{class}:Arch:{arch:05}:UNDI:003001").into_bytes();
            vec![
                (60, class),
                (93, arch.to_be_bytes().to_vec()),
                (94, vec![1, 3, 1]),
                (97, uuid.clone()),
            ]
        };
        match program {
            Program::Pxe(arch) => hardware(arch, "PXEClient"),
            Program::HttpBoot => hardware(16, "HTTPClient"),
            Program::Ipxe(arch) => {
                let mut all = hardware(arch, "PXEClient");
                all.extend([
                    (77, b"iPXE".to_vec()),
                    (175, vec![177, 1, 1, 235, 3, 1, 21, 1]),
                ]);
                all
            }
            // NetworkManager's client id differs from firmware's.
            Program::Installer => vec![
                (60, b"anaconda-Linux 5.14.0-570.el9.x86_64 x86_64".to_vec()),
                (61, [&[1][..], &self.config.mac.0].concat()),
            ],
        }
    }

    async fn ask(
        &mut self,
        step: Step,
        (program, message): (Program, &Message),
    ) -> Result<Option<Message>, Stop> {
        let mut met = self.meet(step).await?;
        let socket = match self.config.server.is_broadcast() {
            true => on_cable(),
            false => UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await,
        };
        let socket = socket.map_err(|error| Self::stuck(step, error.to_string()))?;
        let mut bytes = Vec::new();
        let encoded = message.encode(&mut Encoder::new(&mut bytes));
        encoded.map_err(|error| Self::stuck(step, error.to_string()))?;
        let to = SocketAddr::from((self.config.server, self.config.ports.dhcp));
        for _ in 0..TRIES {
            for _ in 0..=usize::from(met.is_doubled) {
                // Nobody there is no answer.
                let _ = socket.send_to(&bytes, to).await;
            }
            let answer = self.hear(&socket, (program, message)).await;
            let is_lost = std::mem::take(&mut met.is_lost);
            let got = answer.as_ref().and_then(|answer| answer.opts().msg_type());
            self.note(step, format!("{program:?}"), format!("{got:?}"));
            if answer.is_some() && !is_lost {
                return Ok(answer);
            }
        }
        Ok(None)
    }

    /// The first packet that answers `message` and that the program takes.
    async fn hear(&self, socket: &UdpSocket, ask: (Program, &Message)) -> Option<Message> {
        let end = Instant::now() + self.config.patience;
        let mut buffer = [0; 2048];
        loop {
            let (length, _) = timeout_at(end, socket.recv_from(&mut buffer))
                .await
                .ok()?
                .ok()?;
            let answer = Message::decode(&mut Decoder::new(&buffer[..length])).ok()?;
            let is_ours = answer.xid() == ask.1.xid() && answer.chaddr() == ask.1.chaddr();
            if is_ours && takes(ask.0, &answer) {
                return Some(answer);
            }
        }
    }
}

/// Port 68 of the cable's end, shared with every other node that hears broadcasts there.
fn on_cable() -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_broadcast(true)?;
    socket.set_reuse_address(true)?;
    socket.bind_device(Some(DEVICE.as_bytes()))?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, CLIENT_PORT)).into())?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket.into())
}

/// `rocky-install.md` A5: an HTTP offer has `HTTPClient` in option 60; one with `PXEClient` sends PXE to port 4011.
fn takes(program: Program, answer: &Message) -> bool {
    let class = match answer.opts().get(OptionCode::ClassIdentifier) {
        Some(DhcpOption::ClassIdentifier(class)) => class.as_slice(),
        _ => b"",
    };
    match program {
        Program::HttpBoot => class.starts_with(b"HTTPClient"),
        Program::Pxe(_) | Program::Ipxe(_) | Program::Installer => !class.starts_with(b"PXEClient"),
    }
}

fn read(message: &Message) -> Option<Lease> {
    let server = match message.opts().get(OptionCode::ServerIdentifier) {
        Some(DhcpOption::ServerIdentifier(server)) => *server,
        _ => return None,
    };
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .trim_end_matches('\0')
            .to_owned()
    };
    let file = text(message.fname().unwrap_or_default());
    let boot = match message.opts().get(OptionCode::BootfileName) {
        Some(DhcpOption::BootfileName(name)) => text(name),
        _ => file.clone(),
    };
    (!message.yiaddr().is_unspecified()).then(|| Lease {
        address: message.yiaddr(),
        server,
        next: message.siaddr(),
        file,
        boot,
    })
}
