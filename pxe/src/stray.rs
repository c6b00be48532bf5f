//! Machines that ask from an address that no node has. Each is nobody and boots its own disk (`peer`); here is only found out
//! which node it may be, for its screen and for people. A node that made up its IPv6 address by itself is one.
//!
//! Nothing is kept; after a power cut it is found out anew.

use std::net::IpAddr;

use inventory::net::Mac;
use inventory::rack::{Node, Rack};

use crate::dhcp6::identity::eui64;
use crate::peer::Ends;
use crate::wire::neighbour;

/// The node that asks from a strange address, if anything tells.
pub(crate) fn node(rack: &Rack, ends: Ends) -> Option<&Node> {
    let remote = ends.remote.to_canonical();
    let cards = [mac(rack, ends), of_address(remote)];
    let mut nodes = cards.into_iter().flatten();
    nodes.find_map(|mac| rack.node_by_mac(mac))
}

/// The MAC of whoever asks, if it is a neighbour: the kernel has just spoken to it. A router's, if it stands behind one.
pub(crate) fn mac(rack: &Rack, ends: Ends) -> Option<Mac> {
    let local = ends.local.to_canonical();
    let mut interfaces = rack.appliance.interfaces.iter();
    let interface = interfaces.find(|it| it.addresses().any(|address| address == local))?;
    let found = neighbour::mac(interface.name.as_str(), ends.remote.to_canonical());
    let found = found.inspect_err(|error| {
        tracing::debug!(from = %ends.remote, %error, "the neighbour table cannot be asked");
    });
    found.ok().flatten()
}

/// The MAC that an address was made of.
fn of_address(address: IpAddr) -> Option<Mac> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => eui64(address),
    }
}

/// The address of `node` of the family of `from`.
pub(crate) fn own(node: &Node, from: IpAddr) -> Option<IpAddr> {
    match from.to_canonical() {
        IpAddr::V4(_) => Some(node.address.into()),
        IpAddr::V6(_) => node.address6.map(IpAddr::V6),
    }
}
