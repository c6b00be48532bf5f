//! The API commands this driver knows.

use std::fmt;

/// A command. All are sent as POST: it keeps the root password out of URLs and access logs, and newer servers can demand
/// it of whatever changes something (`enforce.post.requests.and.timestamps`, 4.21).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Zones by name.
    ListZones,
    /// Pods of a zone.
    ListPods,
    /// Clusters of a pod.
    ListClusters,
    /// Hosts, those that run guests.
    ListHosts,
    /// Guests of users.
    ListVirtualMachines,
    /// System VMs: consoles, secondary storage.
    ListSystemVms,
    /// Virtual routers.
    ListRouters,
    /// Makes a host of a machine. Takes minutes.
    AddHost,
}

impl Command {
    /// As sent.
    pub fn name(self) -> &'static str {
        match self {
            Self::ListZones => "listZones",
            Self::ListPods => "listPods",
            Self::ListClusters => "listClusters",
            Self::ListHosts => "listHosts",
            Self::ListVirtualMachines => "listVirtualMachines",
            Self::ListSystemVms => "listSystemVms",
            Self::ListRouters => "listRouters",
            Self::AddHost => "addHost",
        }
    }

    /// The key under which the objects of the answer stand.
    pub(super) fn object(self) -> &'static str {
        match self {
            Self::ListZones => "zone",
            Self::ListPods => "pod",
            Self::ListClusters => "cluster",
            Self::ListHosts | Self::AddHost => "host",
            Self::ListVirtualMachines => "virtualmachine",
            Self::ListSystemVms => "systemvm",
            Self::ListRouters => "router",
        }
    }

    /// Whether asking again changes nothing.
    pub(super) fn only_reads(self) -> bool {
        match self {
            Self::ListZones
            | Self::ListPods
            | Self::ListClusters
            | Self::ListHosts
            | Self::ListVirtualMachines
            | Self::ListSystemVms
            | Self::ListRouters => true,
            Self::AddHost => false,
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
