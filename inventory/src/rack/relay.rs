//! Which DHCP relays are believed. A relay says whose request it hands on, and anybody who reaches our port can say that: one
//! that is not named here could speak for a node, and so end its install.

use std::net::IpAddr;

use super::{Network, Rack};
use crate::id::NetworkName;

impl Rack {
    /// Whether `address` is one by which relays of `network`'s clients speak to us; what they sent came in by an interface
    /// that stands in `heard_in`.
    ///
    /// Where the file does not say, routers are relays: that of the clients, and that by which routed packets reach us, since a
    /// router may send from either of its sides. In a network where we stand ourselves clients are heard without any relay, so
    /// there nobody is one.
    pub fn is_relay(
        &self,
        address: IpAddr,
        (network, heard_in): (&NetworkName, &NetworkName),
    ) -> bool {
        let of = |name| self.networks.get(name);
        match of(network).and_then(|network| network.relays.as_ref()) {
            Some(named) => named.contains(&address),
            None if self.interface_in(network).is_some() => false,
            None => [network, heard_in]
                .into_iter()
                .filter_map(of)
                .any(|network| network.is_router(address)),
        }
    }
}

impl Network {
    /// Whether `address` is its router's, of either family.
    fn is_router(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.gateway == Some(address),
            IpAddr::V6(address) => self.gateway6 == Some(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RACK: &str = include_str!("../../../docs/examples/virtual-rack.toml");

    /// The virtual rack, with a network behind its router.
    fn rack(relays: &str) -> Rack {
        let far = format!(
            "[network.far]\nrole = \"storage\"\nvlan = 30\nsubnet = \"10.88.0.0/24\"\ngateway = \"10.88.0.254\"\n\
             subnet6 = \"fd00:88::/64\"\ngateway6 = \"fd00:88::fe\"\n{relays}\n"
        );
        crate::config::check(&format!("{RACK}\n{far}")).unwrap()
    }

    fn believed(rack: &Rack, network: &str, address: &str) -> bool {
        let heard_in = "management".parse().unwrap();
        rack.is_relay(
            address.parse().unwrap(),
            (&network.parse().unwrap(), &heard_in),
        )
    }

    #[test]
    fn routers_are_relays_where_the_file_says_nothing_and_we_do_not_stand() {
        let rack = rack("");
        for (network, address, expected) in [
            ("far", "10.88.0.254", true),
            ("far", "fd00:88::fe", true),
            ("far", "10.77.10.254", true),
            ("far", "10.88.0.253", false),
            ("far", "198.51.100.1", false),
            ("management", "10.77.10.254", false),
            ("management", "10.88.0.254", false),
            ("nowhere", "10.88.0.254", false),
        ] {
            assert_eq!(
                believed(&rack, network, address),
                expected,
                "{address} for {network}"
            );
        }
    }

    #[test]
    fn whom_the_file_names_is_a_relay_and_nobody_else() {
        let rack = rack("relays = [\"10.88.0.7\", \"fe80::7\"]");
        for (address, expected) in [
            ("10.88.0.7", true),
            ("fe80::7", true),
            ("10.88.0.254", false),
        ] {
            assert_eq!(believed(&rack, "far", address), expected, "{address}");
        }
        let mut rack = rack;
        let management = rack.networks.get_mut(&"management".parse().unwrap());
        management.unwrap().relays = Some(vec!["10.77.10.254".parse().unwrap()]);
        assert!(believed(&rack, "management", "10.77.10.254"));
    }
}
