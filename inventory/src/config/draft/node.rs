//! `[[node]]`: a machine.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use serde_spanned::Spanned;
use uuid::Uuid;

use super::plain;
use crate::config::problem::{Form, Value};
use crate::config::section::Section;
use crate::config::what::What;
use crate::id::{CloudName, NetworkName, NodeName, ProfileName, SecretName};
use crate::net::{Mac, PortId};
use crate::rack::{Bmc, ConsoleDriver, Disks, Node};
use crate::word::{DiskId, Label, Serial};

/// Redfish over HTTPS (DSP0266).
const BMC_PORT: u16 = 443;

const CONSOLE_DRIVERS: [(&str, ConsoleDriver); 1] = [("ipmi", ConsoleDriver::Ipmi)];

/// An address in a network besides the one where nodes boot.
pub(in crate::config) type Elsewhere<A> = (Spanned<NetworkName>, Spanned<A>);

pub(in crate::config) struct Draft {
    pub(in crate::config) name: Option<Spanned<NodeName>>,
    pub(in crate::config) slot: Option<Spanned<Label>>,
    pub(in crate::config) bmc: Option<BmcDraft>,
    pub(in crate::config) mac: Option<Spanned<Mac>>,
    pub(in crate::config) bond_macs: Vec<Spanned<Mac>>,
    /// Whether any is written, readable or not.
    pub(in crate::config) says_bond_macs: bool,
    pub(in crate::config) port: Option<Spanned<PortId>>,
    pub(in crate::config) profile: Option<Spanned<ProfileName>>,
    pub(in crate::config) address: Option<Spanned<Ipv4Addr>>,
    pub(in crate::config) address6: Option<Spanned<Ipv6Addr>>,
    pub(in crate::config) addresses: Vec<Elsewhere<Ipv4Addr>>,
    pub(in crate::config) addresses6: Vec<Elsewhere<Ipv6Addr>>,
    pub(in crate::config) serial: Option<Spanned<Serial>>,
    pub(in crate::config) uuid: Option<Spanned<Uuid>>,
    /// As `disk` or `disks` name them.
    pub(in crate::config) disks: Vec<Spanned<DiskId>>,
    pub(in crate::config) cloud: Option<Spanned<CloudName>>,
}

pub(in crate::config) struct BmcDraft {
    pub(in crate::config) address: Option<Spanned<SocketAddr>>,
    credential: Option<Spanned<SecretName>>,
    console: Option<Spanned<ConsoleDriver>>,
}

impl Draft {
    #[rustfmt::skip]
    const REQUIRED: [&str; 7] = ["name", "slot", "bmc", "mac", "port", "profile", "address"];

    pub(in crate::config) fn read(mut section: Section<'_>) -> Self {
        let name = section.word::<NodeName>("name", What::Name);
        if let Some(name) = &name {
            section.name = format!("[[node]] {}", name.get_ref());
        }
        section.require(&Self::REQUIRED);
        Self {
            name,
            slot: section.word("slot", What::Slot),
            bmc: section.section("bmc").map(BmcDraft::read),
            mac: section.parse("mac", What::Mac, card),
            says_bond_macs: says_some(&mut section, "bond_macs"),
            bond_macs: bond_macs(&mut section),
            port: section.word("port", What::Port),
            profile: section.word("profile", What::Name),
            address: section.word("address", What::Address),
            address6: section.word("address6", What::Address6),
            addresses: section.by_name("addresses", What::Address),
            addresses6: section.by_name("addresses6", What::Address6),
            serial: serial(&mut section),
            uuid: uuid(&mut section),
            disks: disks(&mut section),
            cloud: section.word("cloud", What::Name),
        }
    }

    pub(in crate::config) fn finish(self, network: NetworkName) -> Option<Node> {
        Some(Node {
            name: self.name?.into_inner(),
            slot: self.slot?.into_inner(),
            bmc: self.bmc?.finish()?,
            mac: self.mac?.into_inner(),
            bond_macs: plain(self.bond_macs),
            port: self.port?.into_inner(),
            profile: self.profile?.into_inner(),
            network,
            address: self.address?.into_inner(),
            address6: self.address6.map(Spanned::into_inner),
            addresses: by_network(self.addresses),
            addresses6: by_network(self.addresses6),
            serial: self.serial.map(Spanned::into_inner),
            uuid: self.uuid.map(Spanned::into_inner),
            disks: both(&plain(self.disks))?,
            cloud: self.cloud.map(Spanned::into_inner),
        })
    }
}

fn by_network<A>(addresses: Vec<Elsewhere<A>>) -> BTreeMap<NetworkName, A> {
    let addresses = addresses.into_iter();
    addresses
        .map(|(network, address)| (network.into_inner(), address.into_inner()))
        .collect()
}

impl BmcDraft {
    fn read(mut section: Section<'_>) -> Self {
        section.require(&["address", "credential"]);
        Self {
            address: section.service("address", BMC_PORT),
            credential: section.word("credential", What::Name),
            console: section.choice("console", What::Console, &CONSOLE_DRIVERS),
        }
    }

    fn finish(self) -> Option<Bmc> {
        Some(Bmc {
            address: self.address?.into_inner(),
            credential: self.credential?.into_inner(),
            console: self.console.map(Spanned::into_inner),
        })
    }
}

/// `disk` is the one, `disks` are the two.
fn disks(section: &mut Section<'_>) -> Vec<Spanned<DiskId>> {
    let one = section.word("disk", What::Disk);
    let two = section.words("disks", What::Disk);
    if section.has("disk") == section.has("disks") {
        let (keys, table) = (["disk", "disks"], section.name.clone());
        section.report.add(section.at, Form::OneOf { keys, table });
        return Vec::new();
    }
    one.into_iter().chain(two).collect()
}

/// One disk or two; the profile says which, and `cross::disks` that they agree.
fn both(disks: &[DiskId]) -> Option<Disks> {
    match disks {
        [disk] => Some(Disks::One(disk.clone())),
        [first, second] => Some(Disks::Mirror([first.clone(), second.clone()])),
        [] | [_, _, _, ..] => None,
    }
}

/// The address of one card: not a group's (IEEE 802, lowest bit of the first byte), and not all zero.
fn card(text: &str) -> Option<Mac> {
    let mac: Mac = text.parse().ok()?;
    (mac.0[0] & 1 == 0 && mac.0 != [0; 6]).then_some(mac)
}

fn says_some(section: &mut Section<'_>, key: &'static str) -> bool {
    let list = section.value(key).and_then(|it| it.get_ref().as_array());
    list.is_some_and(|list| !list.is_empty())
}

fn bond_macs(section: &mut Section<'_>) -> Vec<Spanned<Mac>> {
    let mut macs = section.words::<Mac>("bond_macs", What::Mac);
    macs.retain(|mac| {
        let text = mac.get_ref().to_string();
        let is_card = card(&text).is_some();
        if !is_card {
            section.bad(What::Mac, mac.span().start, &text);
        }
        is_card
    });
    macs
}

/// What vendors write where they know no serial number, in lower case.
const NO_SERIALS: [&str; 8] = [
    "0123456789",
    "123456789",
    "00000000",
    "none",
    "n/a",
    "default",
    "unknown",
    "not-specified",
];

fn serial(section: &mut Section<'_>) -> Option<Spanned<Serial>> {
    let serial = section.word::<Serial>("serial", What::Serial)?;
    let text = serial.get_ref().as_str();
    if NO_SERIALS.contains(&text.to_lowercase().as_str()) {
        placeholder(section, What::Serial, serial.span().start, text);
    }
    Some(serial)
}

/// What boards carry whose maker set no UUID; machines that share one break live migration.
const NO_UUIDS: [Uuid; 5] = [
    Uuid::nil(),
    Uuid::max(),
    Uuid::from_u128(0x0300_0200_0400_0500_0006_0007_0008_0009),
    Uuid::from_u128(0x0002_0003_0004_0005_0006_0007_0008_0009),
    Uuid::from_u128(0x1234_5678_1234_5678_90ab_cdde_efaa_bbcc),
];

fn uuid(section: &mut Section<'_>) -> Option<Spanned<Uuid>> {
    let uuid = section.word::<Uuid>("uuid", What::Uuid)?;
    if NO_UUIDS.contains(uuid.get_ref()) {
        let text = uuid.get_ref().to_string();
        placeholder(section, What::Uuid, uuid.span().start, &text);
    }
    Some(uuid)
}

fn placeholder(section: &Section<'_>, what: What, at: usize, text: &str) {
    let text = text.to_owned();
    section.report.add(at, Value::Placeholder { what, text });
}
