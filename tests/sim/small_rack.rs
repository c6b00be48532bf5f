//! A rack of a few nodes and nothing else, for stories that need no switch, BMC or controller; and a clock that is
//! never before this software's time.

use std::net::Ipv4Addr;
use std::time::Instant;

use inventory::clock::{Clock, NOT_BEFORE, Now};
use inventory::net::Mac;
use inventory::rack::Rack;
use serde_json::{Value, json};

/// What a small rack is made of.
pub struct Plan {
    /// The appliance's interface.
    pub interface: &'static str,
    /// Its address; the network is the /24 around it.
    pub server: Ipv4Addr,
    /// Folder of the install tree.
    pub tree: String,
    /// Folder of the iPXE builds.
    pub loaders: String,
    /// How many nodes: `kvm-01` and so on, at `.21` and so on.
    pub nodes: u8,
}

/// The MAC of node number `n`, from 1.
pub fn mac(n: u8) -> Mac {
    Mac([0x52, 0x54, 0, 0x77, 0, n])
}

/// The serial number of node number `n`.
pub fn serial(n: u8) -> String {
    format!("HN{n:04}")
}

impl Plan {
    /// The address of node number `n`.
    pub fn address(&self, n: u8) -> Ipv4Addr {
        self.host(20 + n)
    }

    fn host(&self, last: u8) -> Ipv4Addr {
        let [a, b, c, _] = self.server.octets();
        Ipv4Addr::new(a, b, c, last)
    }

    /// The rack.
    pub fn rack(&self) -> Rack {
        let nodes = (1..=self.nodes).map(|n| (format!("kvm-{n:02}"), self.node(n)));
        let nodes: serde_json::Map<String, Value> = nodes.collect();
        let rack = json!({
            "site": {"name": "small", "timezone": "Asia/Tokyo", "language": "en",
                "domain": "rack.test", "ntp": [], "dns": [self.server]},
            "appliance": {"loaders": self.loaders, "authorized_keys": [], "interfaces": [
                {"name": self.interface, "network": "management", "address": self.server}]},
            "networks": {"management": {"role": "management", "vlans": [10], "gateway": self.host(254),
                "subnet": format!("{}/24", self.host(0)), "pool": null, "mtu": 1500}},
            "switches": {}, "firewalls": {}, "clouds": {},
            "oses": {"standin": {"family": "standin", "version": "1", "tree": self.tree,
                "loader": "shim", "append": [], "packages": ["standin-base"]}},
            "profiles": {"host": {"os": "standin", "bridges": [], "kernel_args": [], "packages": [],
                "boot_patience_s": 1200, "disk": {"boot_mib": 512, "root_mib": 2048, "swap_mib": 0, "log_mib": 0,
                    "images_mib": 1024}}},
            "nodes": nodes
        });
        serde_json::from_value(rack).unwrap_or_else(|error| panic!("the small rack: {error}"))
    }

    fn node(&self, n: u8) -> Value {
        json!({
            "name": format!("kvm-{n:02}"), "slot": n.to_string(), "mac": mac(n),
            "port": format!("tor0:kvm-{n:02}"), "profile": "host", "network": "management",
            "bmc": {"address": format!("10.77.9.{}:443", 10 + n), "credential": "bmc"},
            "address": self.address(n), "serial": serial(n), "disks": format!("virtio-HNDISK{n:02}"),
            "uuid": format!("11111111-2222-3333-4444-{n:012}"), "cloud": null
        })
    }
}

/// Runs as the machine's clocks do, but shows a wall clock that begins at the first release.
pub struct SimClock {
    began: Instant,
    boot: uuid::Uuid,
}

impl Default for SimClock {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            boot: uuid::Uuid::from_u128(1),
        }
    }
}

impl Clock for SimClock {
    fn now(&self) -> Now {
        let mono = self.began.elapsed();
        let since = jiff::SignedDuration::try_from(mono).unwrap_or_default();
        Now {
            wall: NOT_BEFORE.saturating_add(since).unwrap_or(NOT_BEFORE),
            mono,
            boot: self.boot,
        }
    }
}
