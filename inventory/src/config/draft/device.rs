//! `[switch.NAME]` and `[firewall.NAME]`: the devices between the networks.

use std::net::{IpAddr, SocketAddr};

use serde_spanned::Spanned;

use crate::config::section::Section;
use crate::config::what::What;
use crate::id::SecretName;
use crate::rack;
use crate::rack::{FirewallDriver, SwitchDriver};
use crate::word::{LinkName, PortName};

const SWITCH_DRIVERS: [(&str, SwitchDriver); 1] = [("open-vswitch", SwitchDriver::OpenVswitch)];

const FIREWALL_DRIVERS: [(&str, FirewallDriver); 5] = [
    ("fortigate", FirewallDriver::Fortigate),
    ("nftables", FirewallDriver::Nftables),
    ("pan-os", FirewallDriver::PanOs),
    ("sonicwall", FirewallDriver::Sonicwall),
    ("guided", FirewallDriver::Guided),
];

/// OVSDB over TCP (IANA, RFC 7047 §6).
const OVSDB_PORT: u16 = 6640;

pub(in crate::config) struct Switch {
    /// Where its header stands.
    pub(in crate::config) at: usize,
    /// Whether the file says which ports are uplinks.
    pub(in crate::config) says_uplinks: bool,
    driver: Option<Spanned<SwitchDriver>>,
    pub(in crate::config) address: Option<Spanned<SocketAddr>>,
    pub(in crate::config) bridge: Option<Spanned<LinkName>>,
    credential: Option<Spanned<SecretName>>,
    pub(in crate::config) uplinks: Vec<Spanned<PortName>>,
}

impl Switch {
    pub(in crate::config) fn read(mut section: Section<'_>) -> Self {
        section.require(&["driver", "address", "bridge", "uplinks"]);
        Self {
            at: section.at,
            says_uplinks: section.value("uplinks").is_some(),
            driver: section.choice("driver", What::Driver, &SWITCH_DRIVERS),
            address: section.service("address", OVSDB_PORT),
            bridge: section.word("bridge", What::Link),
            credential: section.word("credential", What::Name),
            uplinks: section.words("uplinks", What::PortName),
        }
    }

    pub(in crate::config) fn finish(self) -> Option<rack::Switch> {
        let uplinks = self.uplinks.into_iter();
        Some(rack::Switch {
            driver: self.driver?.into_inner(),
            address: self.address?.into_inner(),
            bridge: self.bridge?.into_inner(),
            credential: self.credential.map(Spanned::into_inner),
            uplinks: uplinks.map(Spanned::into_inner).collect(),
        })
    }
}

pub(in crate::config) struct Firewall {
    driver: Option<Spanned<FirewallDriver>>,
    pub(in crate::config) address: Option<Spanned<IpAddr>>,
    credential: Option<Spanned<SecretName>>,
}

impl Firewall {
    pub(in crate::config) fn read(mut section: Section<'_>) -> Self {
        section.require(&["driver", "address"]);
        let driver = section.choice("driver", What::Driver, &FIREWALL_DRIVERS);
        let guided = driver
            .as_ref()
            .is_some_and(|driver| *driver.get_ref() == FirewallDriver::Guided);
        if !guided {
            section.require(&["credential"]);
        }
        Self {
            driver,
            address: section.word("address", What::Ip),
            credential: section.word("credential", What::Name),
        }
    }

    pub(in crate::config) fn finish(self) -> Option<rack::Firewall> {
        Some(rack::Firewall {
            driver: self.driver?.into_inner(),
            address: self.address?.into_inner(),
            credential: self.credential.map(Spanned::into_inner),
        })
    }
}
