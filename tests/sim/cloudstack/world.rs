//! What the simulated cloud consists of besides its hosts: one zone, one pod, one cluster, and what hosts are told.

use serde_json::{Value, json};

/// Ids as they go over the wire; hosts are told the database numbers, all 1.
pub const ZONE: &str = "0c1de000-0000-4000-8000-00000000000a";
/// The pod's id.
pub const POD: &str = "0c1de000-0000-4000-8000-00000000000b";
/// The cluster's id.
pub const CLUSTER: &str = "0c1de000-0000-4000-8000-00000000000c";

/// One zone, one pod, one cluster, and what hosts are told.
#[derive(Debug, Clone)]
pub struct World {
    /// Name of the zone.
    pub zone: String,
    /// Name of the pod.
    pub pod: String,
    /// Name of the cluster.
    pub cluster: String,
    /// The management server's address, for agents (setting `host`).
    pub manager: String,
    /// `kvmnetworklabel` of the management traffic.
    pub private_label: String,
    /// `kvmnetworklabel` of the public and the guest traffic.
    pub guest_label: String,
}

impl World {
    /// `listZones`.
    pub(super) fn zones(&self) -> Vec<Value> {
        vec![json!({
            "id": ZONE, "name": self.zone, "networktype": "Advanced", "securitygroupsenabled": false,
            "allocationstate": "Enabled", "dhcpprovider": "VirtualRouter", "localstorageenabled": true,
            "dns1": "192.0.2.53", "internaldns1": "192.0.2.53", "tags": [],
        })]
    }

    /// `listPods`.
    pub(super) fn pods(&self) -> Vec<Value> {
        vec![json!({
            "id": POD, "name": self.pod, "zoneid": ZONE, "zonename": self.zone, "allocationstate": "Enabled",
        })]
    }

    /// `listClusters`. The ratios are texts there.
    pub(super) fn clusters(&self) -> Vec<Value> {
        vec![json!({
            "id": CLUSTER, "name": self.cluster, "podid": POD, "podname": self.pod, "zoneid": ZONE,
            "zonename": self.zone, "hypervisortype": "KVM", "clustertype": "CloudManaged",
            "allocationstate": "Enabled", "managedstate": "Managed", "cpuovercommitratio": "1.0",
            "memoryovercommitratio": "1.0",
        })]
    }
}
