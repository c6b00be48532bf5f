//! The rack as checked: what the rack file says once every fault is out of it. Made only by `config::check`, so that
//! every name in it is known, no address is given twice, and a reader needs no checks of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::dhcp::Dhcp;
use crate::id::{
    CloudName, FirewallName, NetworkName, NodeName, OsName, ProfileName, SecretName, SwitchName,
};
use crate::net::{Mac, PortId, Vlan, VlanSet};
use crate::word::{
    DiskId, Domain, Endpoint, KernelArg, Label, LinkName, Package, PortName, PublicKey, Serial,
    ZoneName,
};

mod address;
mod empty;
mod os;
mod relay;

pub use os::{Family, Loader, Os, Release, Source};

/// One rack, as wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rack {
    /// Where it stands.
    pub site: Site,
    /// This appliance.
    pub appliance: Appliance,
    /// Layer-2 networks.
    pub networks: BTreeMap<NetworkName, Network>,
    /// Switches.
    pub switches: BTreeMap<SwitchName, Switch>,
    /// Firewalls.
    pub firewalls: BTreeMap<FirewallName, Firewall>,
    /// Cloud controllers.
    pub clouds: BTreeMap<CloudName, Cloud>,
    /// Operating systems that can be installed.
    pub oses: BTreeMap<OsName, Os>,
    /// What a node of a kind gets.
    pub profiles: BTreeMap<ProfileName, Profile>,
    /// The machines.
    pub nodes: BTreeMap<NodeName, Node>,
}

/// The site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// For people.
    pub name: Label,
    /// IANA time zone, for example `Asia/Tokyo`.
    pub timezone: ZoneName,
    /// Language of messages to people.
    pub language: Language,
    /// DNS domain of the nodes.
    pub domain: Domain,
    /// Time servers the nodes use besides the appliance.
    pub ntp: Vec<IpAddr>,
    /// Name servers the nodes use.
    pub dns: Vec<IpAddr>,
    /// Domains that short names are looked up in, after `domain`.
    #[serde(default)]
    pub search: Vec<Domain>,
}

/// Language of messages to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// Japanese.
    Ja,
    /// Chinese.
    Zh,
}

/// The appliance itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appliance {
    /// Its own interfaces; services listen on these and nowhere else.
    pub interfaces: Vec<Interface>,
    /// Folder with the iPXE builds `undionly.kpxe`, `snponly.efi`.
    pub loaders: PathBuf,
    /// OpenSSH public keys of the operators, put on every node for root.
    pub authorized_keys: Vec<PublicKey>,
    /// Where a monitoring system reads counters over plain HTTP; nowhere if absent.
    pub metrics: Option<SocketAddr>,
}

/// One of the appliance's interfaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Kernel name, for example `eth0`.
    pub name: LinkName,
    /// The network it stands in.
    pub network: NetworkName,
    /// Its address there.
    pub address: Ipv4Addr,
    /// Its IPv6 address there, if nodes are served over IPv6 too.
    #[serde(default)]
    pub address6: Option<Ipv6Addr>,
}

/// What a network is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The BMCs and the devices' own management addresses.
    Bmc,
    /// Hosts: installation and management traffic.
    Management,
    /// Storage traffic.
    Storage,
    /// Guests.
    Service,
    /// Between devices.
    Transit,
    /// Where a port stands while its node has no business on any other network.
    Parking,
}

/// A layer-2 network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// What it is for.
    pub role: Role,
    /// Its VLANs: one, or several where guests get a range.
    pub vlans: VlanSet,
    /// Its IPv4 subnet, if hosts have addresses there.
    pub subnet: Option<Ipv4Net>,
    /// Its router.
    pub gateway: Option<Ipv4Addr>,
    /// Its IPv6 subnet, if hosts have IPv6 addresses there.
    #[serde(default)]
    pub subnet6: Option<Ipv6Net>,
    /// Its IPv6 router: in the subnet, or link-local.
    #[serde(default)]
    pub gateway6: Option<Ipv6Addr>,
    /// Whether the appliance sends router advertisements here.
    #[serde(default)]
    pub ra: bool,
    /// First and last address a timed DHCP pool may give.
    pub pool: Option<(Ipv4Addr, Ipv4Addr)>,
    /// DHCP servers besides this appliance that have business here.
    #[serde(default)]
    pub dhcp_servers: Vec<Ipv4Addr>,
    /// Addresses of the DHCP relays of its clients, if the file says so; see [`Rack::is_relay`].
    #[serde(default)]
    pub relays: Option<Vec<IpAddr>>,
    /// Largest frame payload, bytes.
    pub mtu: u16,
    /// How DHCP serves it.
    #[serde(default)]
    pub dhcp: Dhcp,
}

impl Network {
    /// The VLAN of a network that has exactly one.
    pub fn vlan(&self) -> Option<Vlan> {
        let mut vlans = self.vlans.0.iter();
        vlans.next().copied().filter(|_| vlans.next().is_none())
    }
}

/// Which dialect a switch speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SwitchDriver {
    /// Open vSwitch over OVSDB (RFC 7047).
    OpenVswitch,
}

/// A switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    /// Its dialect.
    pub driver: SwitchDriver,
    /// Where its management service listens.
    pub address: SocketAddr,
    /// Bridge or virtual switch inside the device, where there can be several.
    pub bridge: LinkName,
    /// The secret to log in with.
    pub credential: Option<SecretName>,
    /// Ports that are never touched: uplinks and the path to ourselves.
    pub uplinks: BTreeSet<PortName>,
}

/// Which dialect a firewall speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FirewallDriver {
    /// FortiGate (FortiOS).
    Fortigate,
    /// Linux nftables over SSH.
    Nftables,
    /// Palo Alto Networks PAN-OS.
    PanOs,
    /// SonicWall.
    Sonicwall,
    /// A person types what the appliance shows.
    Guided,
}

/// A firewall (UTM). Recorded in the rack file; no driver speaks to it yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firewall {
    /// Its dialect.
    pub driver: FirewallDriver,
    /// Its management address.
    pub address: IpAddr,
    /// The secret to log in with.
    pub credential: Option<SecretName>,
}

/// A cloud controller: Apache CloudStack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cloud {
    /// API URL, for example `http://10.0.0.5:8080/client/api`.
    pub endpoint: Endpoint,
    /// The secret `APIKEY:SECRETKEY`.
    pub credential: SecretName,
    /// Zone by name.
    pub zone: Label,
    /// Pod by name.
    pub pod: Label,
    /// Cluster by name.
    pub cluster: Label,
    /// Host tags.
    pub host_tags: Vec<Label>,
    /// Addresses the controller logs in from; its one-time password works from nowhere else.
    pub login_from: Vec<IpAddr>,
}

/// What a node of a kind gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The OS.
    pub os: OsName,
    /// Sizes of the logical volumes on the system disk.
    pub disk: DiskLayout,
    /// Bridges of the host network.
    pub bridges: Vec<Bridge>,
    /// Kernel arguments of the installed system.
    pub kernel_args: Vec<KernelArg>,
    /// Packages besides those of the OS.
    pub packages: Vec<Package>,
    /// How long a node may take from power-on to its boot script, and from there to its kickstart, before it is started
    /// once more; seconds.
    pub boot_patience_s: u32,
}

/// Logical volumes on the one system disk, LVM and xfs; sizes in MiB. `images` takes the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskLayout {
    /// `/boot`.
    pub boot_mib: u32,
    /// `/`.
    pub root_mib: u32,
    /// Swap; 0 for none.
    pub swap_mib: u32,
    /// `/var/log`; 0 for none.
    pub log_mib: u32,
    /// At least this much for `/var/lib/libvirt/images`; 0 for no such volume, and then `/` takes the rest.
    pub images_mib: u32,
}

/// A bridge of the host network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bridge {
    /// Kernel name, at most 15 characters, for example `cloudbr0`.
    pub name: LinkName,
    /// The network under it. The node's management network arrives untagged, every other one tagged.
    pub network: NetworkName,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Name, also host name.
    pub name: NodeName,
    /// Where in the rack.
    pub slot: Label,
    /// Its BMC.
    pub bmc: Bmc,
    /// MAC of the port it boots from.
    pub mac: Mac,
    /// MACs of the other ports of its bond: they get the same address.
    #[serde(default)]
    pub bond_macs: Vec<Mac>,
    /// The switch port that MAC hangs on.
    pub port: PortId,
    /// What it becomes.
    pub profile: ProfileName,
    /// The network it boots and is managed in.
    pub network: NetworkName,
    /// Its address there, the same through firmware, installer and OS.
    pub address: Ipv4Addr,
    /// Its IPv6 address there, if it has one: the same through firmware, installer and OS.
    #[serde(default)]
    pub address6: Option<Ipv6Addr>,
    /// Product serial number (SMBIOS), if known; else a person confirms it once.
    pub serial: Option<Serial>,
    /// SMBIOS UUID, if known.
    pub uuid: Option<Uuid>,
    /// The system disk, as a name under `/dev/disk/by-id/`.
    pub disk: DiskId,
    /// The controller it is registered with.
    pub cloud: Option<CloudName>,
}

/// A BMC as the rack file knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bmc {
    /// Where its Redfish service listens (HTTPS).
    pub address: SocketAddr,
    /// The secret to log in with, `USER:PASSWORD`.
    pub credential: SecretName,
    /// How the machine's serial console is read; not at all if the file does not say.
    #[serde(default)]
    pub console: Option<ConsoleDriver>,
}

/// How a machine's serial console is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsoleDriver {
    /// Serial over LAN of IPMI 2.0, at the BMC's address on the usual port.
    Ipmi,
}
