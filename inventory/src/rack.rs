//! The rack as checked: what the rack file says once every fault is out of it. Made only by `config::check`, so that
//! every name in it is known, no address is given twice, and a reader needs no checks of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use crate::dhcp::Dhcp;
use crate::id::{
    CloudName, FirewallName, MediumId, NetworkName, NodeName, OsName, ProfileName, RepoName,
    SecretName, StorageName, SwitchName,
};
use crate::net::{Vlan, VlanSet};
use crate::word::{Domain, Endpoint, IqnDate, Label, LinkName, PortName, PublicKey, ZoneName};

mod address;
mod disk;
mod empty;
mod host;
mod node;
mod os;
mod profile;
mod relay;
mod storage;
mod system;

pub use disk::{DiskLayout, Disks, ESP_MIB, Encryption, Lock, Volumes};
pub use host::{BOND, Bond, BondMode, Hash, HostNetwork, LacpRate, Segment};
pub use node::{Bmc, ConsoleDriver, Node};
pub use os::{Family, Loader, Os, Release, Source};
pub use profile::{Bridge, Profile, Traffic};
pub use storage::{
    ClusterFs, Iscsi, Lun, LunUser, Nfs, NfsOption, NfsVersion, Portal, SharedMount, Storage,
};
pub use system::{HugepageSize, Hugepages, Selinux, System, User};

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
    /// Package repositories beside those of the operating systems: the snapshot of each, which never changes.
    #[serde(default)]
    pub repos: BTreeMap<RepoName, MediumId>,
    /// Storage besides the hosts' own disks.
    #[serde(default)]
    pub storages: BTreeMap<StorageName, Storage>,
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
    /// Year and month since when it has its domain, for iSCSI names.
    #[serde(default)]
    pub iqn_date: Option<IqnDate>,
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
