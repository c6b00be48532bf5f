//! `bond` and `bridges` of a profile: the host network.

use std::ops::RangeInclusive;

use serde_spanned::Spanned;

use crate::config::draft::plain;
use crate::config::of_host::OfHost;
use crate::config::section::Section;
use crate::config::what::What;
use crate::id::NetworkName;
use crate::rack::{Bond, BondMode, Bridge, Hash, LacpRate, Traffic};
use crate::word::LinkName;

const TRAFFIC: [(&str, Traffic); 4] = [
    ("management", Traffic::Management),
    ("public", Traffic::Public),
    ("guest", Traffic::Guest),
    ("storage", Traffic::Storage),
];

/// The modes that a hypervisor's ports are used in; others break bridges or need the switch to be cheated.
const MODES: [(&str, Mode); 3] = [
    ("802.3ad", Mode::Lacp),
    ("active-backup", Mode::ActiveBackup),
    ("balance-xor", Mode::BalanceXor),
];

const HASHES: [(&str, Hash); 3] = [
    ("layer2", Hash::Layer2),
    ("layer2+3", Hash::Layer2And3),
    ("layer3+4", Hash::Layer3And4),
];

const RATES: [(&str, LacpRate); 2] = [("fast", LacpRate::Fast), ("slow", LacpRate::Slow)];

/// Where the file does not say: often enough to lose no TCP connection, and cheap.
const MIIMON_MS: u32 = 100;
const MIIMON_RANGE: RangeInclusive<u32> = 10..=1000;

#[derive(Clone, Copy)]
enum Mode {
    Lacp,
    ActiveBackup,
    BalanceXor,
}

pub(in crate::config) struct BridgeDraft {
    pub(in crate::config) name: Option<Spanned<LinkName>>,
    pub(in crate::config) network: Option<Spanned<NetworkName>>,
    pub(in crate::config) traffic: Vec<Spanned<Traffic>>,
    pub(in crate::config) trunks: Vec<Spanned<NetworkName>>,
    stp: Option<Spanned<bool>>,
}

impl BridgeDraft {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        section.require(&["name", "network"]);
        Self {
            name: section.word("name", What::Link),
            network: section.word("network", What::Name),
            traffic: section.choices("traffic", What::Host(OfHost::Traffic), &TRAFFIC),
            trunks: section.words("trunks", What::Name),
            stp: section.flag("stp"),
        }
    }

    pub(super) fn finish(self) -> Option<Bridge> {
        Some(Bridge {
            name: self.name?.into_inner(),
            network: self.network?.into_inner(),
            traffic: plain(self.traffic),
            trunks: plain(self.trunks),
            stp: self.stp.is_some_and(Spanned::into_inner),
        })
    }
}

/// A key that means nothing in the mode is not asked for, and so reported as unknown.
pub(super) fn bond(profile: &mut Section<'_>) -> Option<Spanned<Bond>> {
    let mut section = profile.section("bond")?;
    section.require(&["mode"]);
    let miimon = section.integer("miimon", What::Host(OfHost::Millis));
    if let Some(miimon) = &miimon {
        section.in_range(What::Host(OfHost::Millis), miimon, MIIMON_RANGE);
    }
    let mode = section.choice("mode", What::Host(OfHost::BondMode), &MODES);
    let Some(mode) = mode else {
        // Nobody can say what else should be there.
        let _ = (hash(&mut section), rate(&mut section));
        return None;
    };
    let at = mode.span();
    let mode = match mode.into_inner() {
        Mode::ActiveBackup => BondMode::ActiveBackup,
        Mode::BalanceXor => BondMode::BalanceXor {
            hash: hash(&mut section),
        },
        Mode::Lacp => BondMode::Lacp {
            rate: rate(&mut section),
            hash: hash(&mut section),
        },
    };
    let miimon_ms = miimon.map_or(MIIMON_MS, Spanned::into_inner);
    Some(Spanned::new(at, Bond { mode, miimon_ms }))
}

fn hash(section: &mut Section<'_>) -> Hash {
    let hash = section.choice("hash", What::Host(OfHost::Hash), &HASHES);
    hash.map_or(Hash::Layer3And4, Spanned::into_inner)
}

fn rate(section: &mut Section<'_>) -> LacpRate {
    let rate = section.choice("lacp_rate", What::Host(OfHost::LacpRate), &RATES);
    rate.map_or(LacpRate::Fast, Spanned::into_inner)
}
