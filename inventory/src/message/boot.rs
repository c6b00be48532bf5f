//! Messages of the boot services.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::id::NetworkName;
use crate::lease::Client;
use crate::net::Mac;

/// From DHCP, TFTP and HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum Boot {
    /// A node was given its address.
    LeaseGiven {
        /// Its MAC.
        mac: Mac,
        /// The address.
        address: IpAddr,
        /// What asked.
        client: Client,
    },
    /// A machine that is not in the rack file asked for an address and got none.
    StrangerHeard {
        /// Its MAC.
        mac: Mac,
        /// The interface it was heard on.
        interface: String,
    },
    /// A DHCP server that the rack file does not name answers on a network of ours.
    ForeignServer {
        /// What it calls itself (option 54), or its address.
        server: Ipv4Addr,
        /// Hardware address of its frames.
        mac: Mac,
        /// The interface it was heard on.
        interface: String,
    },
    /// A machine takes its address of a DHCP server that the rack file does not name and that was not heard itself.
    ForeignServerMeant {
        /// What the machine calls it (option 54).
        server: Ipv4Addr,
        /// The machine's MAC; the server's is not known.
        by: Mac,
        /// The interface it was heard on.
        interface: String,
    },
    /// A machine uses an address that is a node's, the appliance's, or of a pool and given to nobody.
    AddressInUse {
        /// The address.
        address: Ipv4Addr,
        /// The machine's MAC.
        by: Mac,
        /// The interface it was heard on.
        interface: String,
    },
    /// A relay that the rack file does not name spoke for clients, and got no answer.
    RelayNotNamed {
        /// Its address.
        relay: IpAddr,
        /// The network of the clients, if the rack file has it.
        network: Option<NetworkName>,
    },
    /// A machine that is not in the rack file was given an address of an open pool.
    PoolLeaseGiven {
        /// Its MAC.
        mac: Mac,
        /// The address.
        address: Ipv4Addr,
    },
    /// A person opened the pool of a network for strangers.
    PoolOpened {
        /// The network.
        network: NetworkName,
        /// For how long.
        minutes: u32,
    },
    /// A person closed it before its time.
    PoolClosed {
        /// The network.
        network: NetworkName,
    },
    /// Nothing is served over IPv6 on an interface, and that lasts. IPv4 goes on.
    Ipv6Down {
        /// The address that is to be served on.
        address: Ipv6Addr,
        /// The interface.
        interface: String,
        /// What failed.
        why: String,
    },
    /// It is served again.
    Ipv6Up {
        /// The address.
        address: Ipv6Addr,
        /// The interface.
        interface: String,
    },
    /// A node asks from an address that no node has, and so boots its own disk.
    StrayNode {
        /// That address.
        address: IpAddr,
        /// Its own of that family, if it has one.
        own: Option<IpAddr>,
    },
    /// A machine asks over IPv6 from an address that no node has, and none that is known.
    StrayAddress {
        /// That address.
        address: IpAddr,
        /// Its MAC, if it is a neighbour.
        mac: Option<Mac>,
    },
    /// A node was told to boot its own disk.
    LocalBoot {
        /// Why no installer.
        why: String,
    },
}
