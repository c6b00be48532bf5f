//! `[appliance]`: this machine.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use serde_spanned::Spanned;

use super::plain;
use crate::config::section::Section;
use crate::config::what::What;
use crate::id::NetworkName;
use crate::rack::{Appliance, Interface};
use crate::word::{LinkName, PublicKey};

/// Where Debian's `ipxe` package puts its builds.
const LOADERS: &str = "/usr/lib/ipxe";

/// Where metrics are read if the rack file names no port: none that Prometheus' own exporters use by default.
const METRICS_PORT: u16 = 9580;

pub(in crate::config) struct Draft {
    pub(in crate::config) interfaces: Vec<InterfaceDraft>,
    loaders: Option<Spanned<PathBuf>>,
    authorized_keys: Vec<Spanned<PublicKey>>,
    metrics: Option<Spanned<SocketAddr>>,
}

pub(in crate::config) struct InterfaceDraft {
    pub(in crate::config) name: Option<Spanned<LinkName>>,
    pub(in crate::config) network: Option<Spanned<NetworkName>>,
    pub(in crate::config) address: Option<Spanned<Ipv4Addr>>,
    pub(in crate::config) address6: Option<Spanned<Ipv6Addr>>,
}

impl Draft {
    pub(in crate::config) fn read(mut section: Section<'_>) -> Self {
        section.require(&["interface"]);
        let interfaces = section.sections("interface").into_iter();
        Self {
            interfaces: interfaces.map(InterfaceDraft::read).collect(),
            loaders: section.folder("loaders"),
            authorized_keys: section.words("authorized_keys", What::PublicKey),
            metrics: section.service("metrics", METRICS_PORT),
        }
    }

    pub(in crate::config) fn finish(self) -> Option<Appliance> {
        let interfaces = self.interfaces.into_iter();
        Some(Appliance {
            interfaces: interfaces
                .map(InterfaceDraft::finish)
                .collect::<Option<_>>()?,
            loaders: self
                .loaders
                .map_or_else(|| PathBuf::from(LOADERS), Spanned::into_inner),
            authorized_keys: plain(self.authorized_keys),
            metrics: self.metrics.map(Spanned::into_inner),
        })
    }
}

impl InterfaceDraft {
    fn read(mut section: Section<'_>) -> Self {
        section.require(&["name", "network", "address"]);
        Self {
            name: section.word("name", What::Link),
            network: section.word("network", What::Name),
            address: section.word("address", What::Address),
            address6: section.word("address6", What::Address6),
        }
    }

    fn finish(self) -> Option<Interface> {
        Some(Interface {
            name: self.name?.into_inner(),
            network: self.network?.into_inner(),
            address: self.address?.into_inner(),
            address6: self.address6.map(Spanned::into_inner),
        })
    }
}
