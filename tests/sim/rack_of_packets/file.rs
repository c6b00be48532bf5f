//! The rack file of a rack of packets, and where everything in it stands.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

/// The appliance, on the management network.
pub const APPLIANCE: Ipv4Addr = Ipv4Addr::new(10, 77, 10, 1);
/// Its address on the BMC network.
pub const APPLIANCE_BMC: Ipv4Addr = Ipv4Addr::new(10, 77, 9, 1);
/// The cloud controller.
pub const CLOUD: Ipv4Addr = Ipv4Addr::new(10, 77, 10, 5);
/// An address of the management network that no node has.
pub const THIEF: Ipv4Addr = Ipv4Addr::new(10, 77, 10, 99);
/// The switch's OVSDB server.
pub const SWITCH: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(10, 77, 9, 2)), 6640);

/// The name of node number `n`, from 1.
pub fn name(n: u8) -> String {
    format!("kvm-{n:02}")
}

/// Its address.
pub fn address(n: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 10, 20 + n)
}

/// Its BMC's address.
pub fn bmc(n: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 9, 20 + n)
}

/// Its SMBIOS UUID.
pub fn uuid(n: u8) -> uuid::Uuid {
    uuid::Uuid::from_u128(0x1111_1111_2222_3333_4444_0000_0000_0000 | u128::from(n))
}

/// Its disk under `/dev/disk/by-id/`.
pub fn disk(n: u8) -> String {
    format!("virtio-HNDISK{n:02}")
}

/// The rack file with `nodes` nodes; install tree and loaders are in `folder`.
pub fn text(folder: &Path, nodes: u8) -> String {
    let folder = folder.display();
    let mut text = include_str!("rack.toml")
        .replace("{folder}", &folder.to_string())
        .replace("{APPLIANCE}", &APPLIANCE.to_string())
        .replace("{SWITCH}", &SWITCH.to_string())
        .replace("{CLOUD}", &CLOUD.to_string());
    for n in 1..=nodes {
        // Writing to a String cannot fail.
        let _ = text.write_str(&node(n));
    }
    text
}

fn node(n: u8) -> String {
    let (name, mac, serial) = (
        name(n),
        crate::small_rack::mac(n),
        crate::small_rack::serial(n),
    );
    let (address, bmc, uuid, disk) = (address(n), bmc(n), uuid(n), disk(n));
    format!(
        r#"
[[node]]
name = "{name}"
slot = "u{n:02}"
bmc = {{ address = "{bmc}", credential = "bmc" }}
mac = "{mac}"
port = "tor0:{name}"
profile = "kvm"
address = "{address}"
serial = "{serial}"
uuid = "{uuid}"
disk = "{disk}"
cloud = "cloudstack"
"#
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_rack_file_has_no_faults() {
        let folder = tempfile::tempdir().unwrap();
        crate::packet_node::tree::write(folder.path()).unwrap();
        let text = super::text(folder.path(), 3);
        let rack = inventory::config::check(&text).unwrap_or_else(|faults| panic!("{faults:#?}"));
        assert_eq!(rack.nodes.len(), 3);
    }
}
