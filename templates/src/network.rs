//! The final host network as NetworkManager key files: bridges over VLANs, matched by MAC, never by a name that an OS
//! release may spell otherwise.

use std::fmt::Display;
use std::net::IpAddr;

use askama::Template;
use inventory::id::Sha256;
use inventory::net::Vlan;
use inventory::rack::Bridge;
use uuid::Uuid;

use crate::facts::{Install, NotRenderable};

/// One key file below `/etc/NetworkManager/system-connections/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyfile {
    /// File name.
    pub name: String,
    /// Content.
    pub text: String,
}

#[derive(Template)]
#[template(path = "port.nmconnection", escape = "none")]
struct PortFile<'a> {
    uuid: Uuid,
    mac: &'a str,
    mtu: u16,
    /// Bridge it is a port of; without one it carries the address itself.
    bridge: Option<&'a str>,
    address: &'a Address,
}

#[derive(Template)]
#[template(path = "vlan.nmconnection", escape = "none")]
struct VlanFile<'a> {
    uuid: Uuid,
    parent: Uuid,
    vlan: Vlan,
    bridge: &'a str,
}

#[derive(Template)]
#[template(path = "bridge.nmconnection", escape = "none")]
struct BridgeFile<'a> {
    uuid: Uuid,
    name: &'a str,
    mac: &'a str,
    /// Only the bridge on the management network has one.
    address: Option<&'a Address>,
}

/// The node's address, and its IPv6 one if it has one.
struct Address {
    cidr: String,
    gateway: String,
    /// Name servers of this family: the other's section takes no others.
    dns: String,
    domain: String,
    ipv6: Option<Address6>,
}

struct Address6 {
    cidr: String,
    gateway: String,
    dns: String,
}

/// All key files of the node's final network.
pub fn keyfiles(install: &Install<'_>) -> Result<Vec<Keyfile>, NotRenderable> {
    let bridges = &install.profile()?.bridges;
    let on_port = bridges
        .iter()
        .find(|bridge| bridge.network == install.node.network);
    let mut files = vec![port(install, on_port)?];
    for bridge in bridges {
        let is_on_port = bridge.network == install.node.network;
        if !is_on_port {
            files.push(vlan(install, bridge)?);
        }
        files.push(bridge_file(install, bridge, is_on_port)?);
    }
    Ok(files)
}

fn port(install: &Install<'_>, bridge: Option<&Bridge>) -> Result<Keyfile, NotRenderable> {
    let mac = install.node.mac.to_string();
    let mtu = install.network(&install.node.network)?.mtu;
    let address = address(install)?;
    let bridge = bridge.map(|bridge| bridge.name.as_str());
    let file = PortFile {
        uuid: profile_id(install, "port"),
        mac: &mac,
        mtu,
        bridge,
        address: &address,
    };
    Ok(Keyfile {
        name: "port.nmconnection".to_owned(),
        text: file.render()?,
    })
}

fn vlan(install: &Install<'_>, bridge: &Bridge) -> Result<Keyfile, NotRenderable> {
    let network = install.network(&bridge.network)?;
    let one_vlan = || install.missing(format!("one VLAN on network {}", bridge.network));
    let vlan = network.vlan().ok_or_else(one_vlan)?;
    let parent = profile_id(install, "port");
    let name = format!("vlan{vlan}");
    let file = VlanFile {
        uuid: profile_id(install, &name),
        parent,
        vlan,
        bridge: &bridge.name,
    };
    Ok(Keyfile {
        name: format!("{name}.nmconnection"),
        text: file.render()?,
    })
}

fn bridge_file(
    install: &Install<'_>,
    bridge: &Bridge,
    has_address: bool,
) -> Result<Keyfile, NotRenderable> {
    let address = if has_address {
        Some(address(install)?)
    } else {
        None
    };
    let file = BridgeFile {
        uuid: profile_id(install, &bridge.name),
        name: &bridge.name,
        mac: &install.node.mac.to_string(),
        address: address.as_ref(),
    };
    Ok(Keyfile {
        name: format!("{}.nmconnection", bridge.name),
        text: file.render()?,
    })
}

fn address(install: &Install<'_>) -> Result<Address, NotRenderable> {
    let network = install.network(&install.node.network)?;
    let ipv6 = match install.node.address6 {
        Some(address) => Some(Address6 {
            cidr: format!("{address}/{}", install.prefix6()?),
            gateway: after_comma(network.gateway6),
            dns: name_servers(install, IpAddr::is_ipv6),
        }),
        None => None,
    };
    Ok(Address {
        cidr: format!("{}/{}", install.node.address, install.prefix()?),
        gateway: after_comma(network.gateway),
        dns: name_servers(install, IpAddr::is_ipv4),
        domain: install.rack.site.domain.to_string(),
        ipv6,
    })
}

fn after_comma(gateway: Option<impl Display>) -> String {
    gateway
        .map(|gateway| format!(",{gateway}"))
        .unwrap_or_default()
}

fn name_servers(install: &Install<'_>, is_of_family: fn(&IpAddr) -> bool) -> String {
    let servers = install.rack.site.dns.iter();
    let servers = servers.filter(|server| is_of_family(server));
    servers.map(|server| format!("{server};")).collect()
}

/// The id of a connection profile: the same at every rendering, another for every node.
fn profile_id(install: &Install<'_>, what: &str) -> Uuid {
    let sum = Sha256::of(format!("{}/{what}", install.node.name).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sum.0[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
