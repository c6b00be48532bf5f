//! Router advertisements of a network whose rack file says so: "addresses by DHCPv6, this prefix is here". Nobody is told to
//! send packets elsewhere: we are no router. Meant for a rack without one; else the site's router says all this.
//!
//! A machine looks for DHCPv6 only when it was told to (RFC 4861 §4.2, flag M), and takes its neighbours for neighbours only
//! when the prefix is said to be on the link. Nothing is kept; after a power cut the first advertisement is at once.

use std::future::Future;
use std::io;
use std::net::{Ipv6Addr, SocketAddrV6};
use std::pin::pin;
use std::time::Duration;

use inventory::rack::Interface;
use ipnet::Ipv6Net;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep_until};

/// Between two advertisements that nobody asked for. Whoever comes asks.
const EVERY: Duration = Duration::from_secs(60);

/// Between any two (RFC 4861 §10, MIN_DELAY_BETWEEN_RAS), so that a flood of questions is none of answers.
const AT_LEAST: Duration = Duration::from_secs(3);

/// How long the prefix counts as on this link, seconds: over a day without us.
const PREFIX_SECONDS: u32 = 2 * 86_400;

/// All nodes, and all routers, on a link (RFC 4291 §2.7.1).
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ALL_ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);

/// Router solicitation (RFC 4861 §4.1).
const SOLICITATION: u8 = 133;

/// What is advertised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its prefix.
    pub prefix: Ipv6Net,
    /// Largest frame payload, bytes.
    pub mtu: u16,
}

/// Advertises on `interface` until `stop`.
///
/// # Errors
/// The socket cannot be opened: the interface is not there, or the capability net_raw.
pub async fn run(
    interface: Interface,
    link: Link,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let index = nix::net::if_::if_nametoindex(interface.name.as_str())?;
    // A raw socket: tokio has no type for it, and this one asks nothing of UDP.
    let socket = UdpSocket::from_std(open(&interface, index)?.into())?;
    let to = SocketAddrV6::new(ALL_NODES, 0, 0, index);
    let (mut stop, mut buffer) = (pin!(stop), [0; 64]);
    let mut next = Instant::now();
    let mut last = None;
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            () = sleep_until(next) => {
                // An interface that is down now may come up: the next one is due all the same.
                if let Err(error) = socket.send_to(&packet(link), to).await {
                    tracing::warn!(interface = %interface.name, %error, "router advertisement not sent");
                }
                last = Some(Instant::now());
                next = Instant::now() + EVERY;
            }
            read = socket.recv(&mut buffer) => {
                if read? > 0 && buffer[0] == SOLICITATION {
                    let earliest = last.map_or_else(Instant::now, |last| last + AT_LEAST);
                    next = next.min(earliest);
                }
            }
        }
    }
}

/// The kernel fills in the checksum and takes the link-local address as source (RFC 3542 §3.1, RFC 4861 §4.2).
fn open(interface: &Interface, index: u32) -> io::Result<Socket> {
    /// What is sent with less was forwarded, and is not taken (RFC 4861 §6.1.2).
    const HOPS: u32 = 255;
    let socket = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::ICMPV6))?;
    socket.bind_device(Some(interface.name.as_bytes()))?;
    socket.set_multicast_if_v6(index)?;
    socket.set_multicast_hops_v6(HOPS)?;
    socket.set_multicast_loop_v6(false)?;
    socket.join_multicast_v6(&ALL_ROUTERS, index)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// RFC 4861 §4.2, §4.6.2, §4.6.4.
fn packet(link: Link) -> Vec<u8> {
    const MANAGED_AND_OTHER: u8 = 0x80 | 0x40;
    // Not A: nobody makes up an address of its own.
    const ON_LINK: u8 = 0x80;
    const USUAL_HOP_LIMIT: u8 = 64;
    let life = PREFIX_SECONDS.to_be_bytes();
    let head = [134, 0, 0, 0, USUAL_HOP_LIMIT, MANAGED_AND_OTHER, 0, 0];
    let timers = [0; 8];
    let mtu = [&[5, 1, 0, 0][..], &u32::from(link.mtu).to_be_bytes()].concat();
    let prefix = [3, 4, link.prefix.prefix_len(), ON_LINK];
    let address = link.prefix.network().octets();
    [
        &head[..],
        &timers,
        &mtu,
        &prefix,
        &life,
        &life,
        &[0; 4],
        &address,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advertisement_says_dhcpv6_and_no_way_out() {
        let link = Link {
            prefix: "fd00:77:0:10::/64".parse().unwrap(),
            mtu: 1500,
        };
        let bytes = packet(link);
        assert_eq!(bytes.len(), 56);
        assert_eq!(
            bytes[..8],
            [134, 0, 0, 0, 64, 0xc0, 0, 0],
            "M and O, lifetime as a router 0"
        );
        assert_eq!(bytes[16..24], [5, 1, 0, 0, 0, 0, 5, 220]);
        assert_eq!(bytes[24..28], [3, 4, 64, 0x80], "on link, not A");
        assert_eq!(
            bytes[40..],
            "fd00:77:0:10::".parse::<Ipv6Addr>().unwrap().octets()
        );
    }
}
