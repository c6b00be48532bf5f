//! What a look into a node should find, and what the look must know to ask for it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use devices::cloud::Changes;
use inventory::id::NodeName;
use inventory::rack::{HostNetwork, Node, Os, Profile, Rack, Segment};
use templates::installed::{Installed, installed};

use super::storage;

/// At most so many other hosts are sent full frames: one that answers proves the path.
const PEERS_MAX: usize = 3;
/// IPv4 and ICMP headers of a ping (RFC 791, RFC 792), bytes.
const HEADERS: u16 = 28;

/// What a node should say.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// The rack.
    pub rack: &'a Rack,
    /// The node, as it was installed.
    pub node: &'a Node,
    /// Its final network; none if the rack does not know what it is made of.
    pub host: Option<HostNetwork<'a>>,
    /// Product serial number as recognised.
    pub serial: Option<String>,
    /// Boot id of the installer's kernel: the system must run another one.
    pub installer_boot: Option<String>,
    /// What its registration changed, once it is registered.
    pub changes: Option<Changes>,
    /// Other nodes that were verified.
    pub others: Vec<Other>,
}

/// Another node that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Its name.
    pub node: NodeName,
    /// Whether it is a host of the same cluster.
    pub is_in_cluster: bool,
    /// What it said then.
    pub traits: BTreeMap<String, String>,
}

/// Where full frames are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) address: Ipv4Addr,
    /// Largest frame payload on the way, bytes.
    pub(super) mtu: u16,
    /// Whether an answer is a must: the appliance is there, others may be switched off.
    pub(super) is_sure: bool,
}

impl Wanted<'_> {
    /// Its profile.
    pub(super) fn profile(&self) -> Option<&Profile> {
        self.rack.profiles.get(&self.node.profile)
    }

    /// Its OS.
    pub(super) fn os(&self) -> Option<&Os> {
        self.rack.oses.get(&self.profile()?.os)
    }

    /// Its full host name.
    pub(super) fn fqdn(&self) -> String {
        format!("{}.{}", self.node.name, self.rack.site.domain)
    }

    /// What the kickstart asked for.
    pub(super) fn installed(&self) -> Installed {
        installed(self.rack, self.node)
    }

    /// Units that must run.
    pub(super) fn units(&self) -> Vec<String> {
        let mut units = self.installed().enabled;
        let added = self.changes.iter().flat_map(|changes| changes.units);
        units.extend(added.map(|unit| (*unit).to_owned()));
        units
    }

    /// Machines that full frames are sent to, over every network that the node has an address in.
    pub(super) fn targets(&self) -> Vec<Target> {
        let segments = self.host.iter().flat_map(|host| &host.segments);
        let addressed = segments.filter(|segment| segment.address.is_some());
        addressed
            .flat_map(|segment| self.targets_in(segment))
            .collect()
    }

    fn targets_in(&self, segment: &Segment<'_>) -> Vec<Target> {
        let target = |name: &str, address, is_sure| Target {
            name: name.to_owned(),
            address,
            mtu: segment.network.mtu,
            is_sure,
        };
        let appliance = self.rack.interface_in(segment.name);
        let appliance = appliance.map(|it| target("the appliance", it.address, true));
        let gateway = segment.network.gateway.filter(|_| segment.vlan.is_none());
        let gateway = gateway.map(|address| target("the gateway", address, false));
        let peers = self.others.iter().filter_map(|other| {
            let peer = self.rack.nodes.get(&other.node)?;
            let address = match peer.network == *segment.name {
                true => peer.address,
                false => *peer.addresses.get(segment.name)?,
            };
            Some(target(peer.name.as_str(), address, false))
        });
        let targets = appliance.into_iter().chain(gateway);
        targets.chain(peers.take(PEERS_MAX)).collect()
    }

    /// The variables that the look's script reads. What stands in them was checked with the rack file.
    pub(super) fn variables(&self) -> String {
        let ping = |target: &Target| {
            let bytes = target.mtu.saturating_sub(HEADERS);
            format!("{}:{bytes}", target.address)
        };
        let pings: Vec<String> = self.targets().iter().map(ping).collect();
        let installed = self.installed();
        let units = [self.units(), installed.disabled].concat();
        let tls = match self.changes.as_ref().is_some_and(|new| new.libvirt_tls) {
            true => "yes",
            false => "no",
        };
        let keys = installed
            .sysctl
            .iter()
            .filter_map(|it| it.split('=').next());
        let users = self.profile().into_iter().flat_map(|it| &it.system.users);
        let users: Vec<&str> = users.map(|user| user.name.as_str()).collect();
        format!(
            "packages='{}'\nservices='{}'\npings='{}'\nsysctls='{}'\nusers='{}'\nmounts='{}'\ntls={tls}\n",
            installed.packages.join(" "),
            units.join(" "),
            pings.join(" "),
            keys.collect::<Vec<_>>().join(" "),
            users.join(" "),
            storage::mounts(self).join(" ")
        )
    }
}
