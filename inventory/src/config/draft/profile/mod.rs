//! `[profile.NAME]`: what a node of a kind gets.

mod disk;
mod encrypt;
mod host;
mod system;

use std::path::PathBuf;

use serde_spanned::Spanned;

use super::plain;
use crate::config::of_host::OfHost;
use crate::config::problem::Host;
use crate::config::section::Section;
use crate::config::what::What;
use crate::fragment::Fragment;
use crate::id::{OsName, RepoName, StorageName};
use crate::rack::{Bond, DiskLayout, Profile, System};
use crate::word::{KernelArg, Package};
pub(in crate::config) use host::BridgeDraft;

/// Servers with much memory test it for a quarter of an hour, and a kernel over a slow line takes minutes more.
const BOOT_PATIENCE: u32 = 20 * 60;
/// Three starts fit into the life of an arm.
const BOOT_PATIENCE_MAX: u32 = 30 * 60;

pub(in crate::config) struct Draft {
    pub(in crate::config) os: Option<Spanned<OsName>>,
    pub(in crate::config) disk: DiskLayout,
    pub(in crate::config) bond: Option<Spanned<Bond>>,
    pub(in crate::config) bridges: Vec<BridgeDraft>,
    system: Option<system::Draft>,
    kickstart: Option<Fragment>,
    kernel_args: Vec<Spanned<KernelArg>>,
    packages: Vec<Spanned<Package>>,
    pub(in crate::config) repos: Vec<Spanned<RepoName>>,
    pub(in crate::config) storage: Vec<Spanned<StorageName>>,
    boot_patience_s: u32,
    playbook: Option<Spanned<PathBuf>>,
}

impl Draft {
    pub(in crate::config) fn read(mut section: Section<'_>) -> Self {
        section.require(&["os"]);
        let bridges = section.sections("bridges").into_iter();
        let system = section.section("system").map(system::Draft::read);
        let kernel_args = section.words("kernel_args", What::KernelArg);
        if let Some(system) = &system {
            system.own_arguments(&section, &kernel_args);
        }
        Self {
            os: section.word("os", What::Name),
            disk: section.section("disk").map_or(disk::LAYOUT, disk::layout),
            bond: host::bond(&mut section),
            bridges: bridges.map(BridgeDraft::read).collect(),
            system,
            kickstart: fragment(&mut section),
            kernel_args,
            packages: section.words("packages", What::Package),
            repos: section.words("repos", What::Name),
            storage: section.words("storage", What::Name),
            boot_patience_s: boot_patience(&mut section),
            playbook: section.folder("playbook"),
        }
    }

    pub(in crate::config) fn finish(self) -> Option<Profile> {
        let bridges = self.bridges.into_iter().map(BridgeDraft::finish);
        Some(Profile {
            os: self.os?.into_inner(),
            disk: self.disk,
            bond: self.bond.map(Spanned::into_inner),
            bridges: bridges.collect::<Option<_>>()?,
            system: match self.system {
                Some(system) => system.finish()?,
                None => System::default(),
            },
            kickstart: self.kickstart,
            kernel_args: plain(self.kernel_args),
            packages: plain(self.packages),
            repos: plain(self.repos).into_iter().collect(),
            storage: plain(self.storage).into_iter().collect(),
            boot_patience_s: self.boot_patience_s,
            playbook: self.playbook.map(Spanned::into_inner),
        })
    }
}

/// The rack file has a fault if it is bad, so that nothing is rendered without it.
fn fragment(section: &mut Section<'_>) -> Option<Fragment> {
    let whole = |text: &str| Some(text.to_owned());
    let text = section.parse("kickstart", What::Host(OfHost::Fragment), whole)?;
    match Fragment::read(text.get_ref()) {
        Ok(fragment) => Some(fragment),
        Err(bad) => {
            for bad in bad {
                section
                    .report
                    .add(text.span().start, Host::Fragment { bad });
            }
            None
        }
    }
}

fn boot_patience(section: &mut Section<'_>) -> u32 {
    let Some(span) = section.parse("boot_patience", What::Span, seconds) else {
        return BOOT_PATIENCE;
    };
    section.in_range(What::Span, &span, 1..=BOOT_PATIENCE_MAX);
    span.into_inner()
}

/// `20 min` as seconds.
fn seconds(text: &str) -> Option<u32> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text[digits.len()..].trim() {
        "s" => 1,
        "min" => 60,
        _ => return None,
    };
    digits.parse::<u32>().ok()?.checked_mul(unit)
}
