//! The final host network as NetworkManager key files: ports or a bond, VLANs and bridges on them, matched by MAC and
//! joined by profile id, never by a name that an OS release may spell otherwise.
//!
//! Every link has its MTU written: a bridge or VLAN that is left to itself takes its port's, or keeps 1500.

mod address;

use askama::Template;
use inventory::id::Sha256;
use inventory::net::{Mac, Vlan};
use inventory::rack::{BOND, Bond, HostNetwork, Segment};
use uuid::Uuid;

use crate::facts::{Install, NotRenderable};
use address::{Address, address};

/// One key file below `/etc/NetworkManager/system-connections/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyfile {
    /// File name.
    pub name: String,
    /// Content.
    pub text: String,
}

#[derive(Template)]
#[template(path = "network/port.nmconnection", escape = "none")]
struct PortFile<'a> {
    name: &'a str,
    uuid: Uuid,
    mac: Mac,
    mtu: u16,
    /// What it is a port of, and the kind of that; without one it carries the address itself.
    master: Option<(&'a str, &'a str)>,
    address: Option<Address>,
}

#[derive(Template)]
#[template(path = "network/bond.nmconnection", escape = "none")]
struct BondFile<'a> {
    name: &'a str,
    uuid: Uuid,
    /// Of the port that it boots from, whichever port joins first.
    mac: Mac,
    mtu: u16,
    bond: &'a Bond,
    bridge: Option<&'a str>,
    address: Option<Address>,
}

#[derive(Template)]
#[template(path = "network/vlan.nmconnection", escape = "none")]
struct VlanFile<'a> {
    uuid: Uuid,
    /// Left to NetworkManager (PORT.VLAN) where the port's name is the machine's.
    name: Option<String>,
    parent: Uuid,
    vlan: Vlan,
    mtu: u16,
    bridge: Option<&'a str>,
    address: Option<Address>,
}

#[derive(Template)]
#[template(path = "network/bridge.nmconnection", escape = "none")]
struct BridgeFile<'a> {
    uuid: Uuid,
    name: &'a str,
    /// Pinned where it has an address: else it may change with its ports.
    mac: Option<Mac>,
    mtu: u16,
    stp: bool,
    address: Address,
}

/// All key files of the node's final network.
pub fn keyfiles(install: &Install<'_>) -> Result<Vec<Keyfile>, NotRenderable> {
    let lacks = || install.missing("the networks of its profile and addresses".to_owned());
    let host = install.rack.host_network(install.node).ok_or_else(lacks)?;
    let mut files = Vec::new();
    for segment in &host.segments {
        match segment.vlan {
            None => files.extend(base(install, &host, segment)?),
            Some(vlan) => files.push(tagged(install, &host, (segment, vlan))?),
        }
        files.extend(bridge(install, segment)?);
    }
    Ok(files)
}

/// The address of a link, unless a bridge on it has it.
fn own_address(
    install: &Install<'_>,
    segment: &Segment<'_>,
) -> Result<Option<Address>, NotRenderable> {
    match segment.bridge {
        Some(_) => Ok(None),
        None => address(install, segment).map(Some),
    }
}

/// The ports, and their bond if they have one.
fn base(
    install: &Install<'_>,
    host: &HostNetwork<'_>,
    segment: &Segment<'_>,
) -> Result<Vec<Keyfile>, NotRenderable> {
    let bridge = segment.bridge.map(|bridge| bridge.name.as_str());
    let Some(bond) = host.bond else {
        let file = PortFile {
            name: "port",
            uuid: profile_id(install, "port"),
            mac: install.node.mac,
            mtu: host.mtu,
            master: bridge.map(|name| (name, "bridge")),
            address: own_address(install, segment)?,
        };
        return Ok(vec![keyfile("port", &file)?]);
    };
    let mut files = vec![keyfile(
        BOND,
        &BondFile {
            name: BOND,
            uuid: profile_id(install, BOND),
            mac: install.node.mac,
            mtu: host.mtu,
            bond,
            bridge,
            address: own_address(install, segment)?,
        },
    )?];
    for (number, mac) in (1_u8..).zip(&host.ports) {
        let name = format!("port{number}");
        let file = PortFile {
            name: &name,
            uuid: profile_id(install, &name),
            mac: *mac,
            mtu: host.mtu,
            master: Some((BOND, "bond")),
            address: None,
        };
        files.push(keyfile(&name, &file)?);
    }
    Ok(files)
}

fn tagged(
    install: &Install<'_>,
    host: &HostNetwork<'_>,
    (segment, vlan): (&Segment<'_>, Vlan),
) -> Result<Keyfile, NotRenderable> {
    let name = format!("vlan{vlan}");
    let parent = match host.bond {
        Some(_) => BOND,
        None => "port",
    };
    let file = VlanFile {
        uuid: profile_id(install, &name),
        name: host.link_name(segment),
        parent: profile_id(install, parent),
        vlan,
        mtu: segment.network.mtu,
        bridge: segment.bridge.map(|bridge| bridge.name.as_str()),
        address: own_address(install, segment)?,
    };
    keyfile(&name, &file)
}

fn bridge(install: &Install<'_>, segment: &Segment<'_>) -> Result<Option<Keyfile>, NotRenderable> {
    let Some(bridge) = segment.bridge else {
        return Ok(None);
    };
    let has_address = segment.address.is_some() || segment.address6.is_some();
    let file = BridgeFile {
        uuid: profile_id(install, &bridge.name),
        name: &bridge.name,
        mac: has_address.then_some(install.node.mac),
        mtu: segment.network.mtu,
        stp: bridge.stp,
        address: address(install, segment)?,
    };
    keyfile(&bridge.name, &file).map(Some)
}

fn keyfile(name: &str, file: &impl Template) -> Result<Keyfile, NotRenderable> {
    Ok(Keyfile {
        name: format!("{name}.nmconnection"),
        text: file.render()?,
    })
}

/// The id of a connection profile: the same at every rendering, another for every node.
fn profile_id(install: &Install<'_>, what: &str) -> Uuid {
    let sum = Sha256::of(format!("{}/{what}", install.node.name).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sum.0[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
