//! `[os.NAME]`: an operating system that can be installed.

use jiff::civil::Date;
use serde_spanned::Spanned;

use super::plain;
use crate::config::problem::{Form, Value};
use crate::config::section::Section;
use crate::config::what::What;
use crate::id::MediumId;
use crate::rack::{Family, Loader, Os, Release, Source};
use crate::word::{KernelArg, Package, Version};

const FAMILIES: [(&str, Family); 4] = [
    ("rocky", Family::Rocky),
    ("alma", Family::Alma),
    ("rhel", Family::Rhel),
    ("standin", Family::Standin),
];

const LOADERS: [(&str, Loader); 2] = [("shim", Loader::Shim), ("ipxe", Loader::Ipxe)];

/// Arguments that the appliance writes itself. The last one wins in the installer, so another one in the rack file could
/// take the kickstart, and with it the interlock, from somewhere else.
const OURS: [&str; 6] = [
    "inst.ks",
    "inst.stage2",
    "inst.repo",
    "inst.nosave",
    "BOOTIF",
    "ip",
];

pub(in crate::config) struct Draft {
    family: Option<Spanned<Family>>,
    version: Option<Spanned<Version>>,
    source: Option<Source>,
    end_of_support: Option<Spanned<Date>>,
    loader: Option<Spanned<Loader>>,
    append: Vec<Spanned<KernelArg>>,
    packages: Vec<Spanned<Package>>,
}

impl Draft {
    pub(in crate::config) fn read(mut section: Section<'_>) -> Self {
        section.require(&["family", "version"]);
        let family = section.choice("family", What::Family, &FAMILIES);
        let version = section.word("version", What::Version);
        known_release(&section, family.as_ref(), version.as_ref());
        Self {
            family,
            version,
            source: source(&mut section),
            end_of_support: section.date("end_of_support"),
            loader: section.choice("loader", What::Loader, &LOADERS),
            append: append(&mut section),
            packages: section.words("packages", What::Package),
        }
    }

    /// What it is, wherever it comes from.
    pub(in crate::config) fn identity(&self) -> Option<(Family, Version)> {
        let (family, version) = (self.family.as_ref()?, self.version.as_ref()?);
        Some((*family.get_ref(), version.get_ref().clone()))
    }

    pub(in crate::config) fn finish(self) -> Option<Os> {
        Some(Os {
            family: self.family?.into_inner(),
            version: self.version?.into_inner(),
            source: self.source?,
            end_of_support: self.end_of_support.map(Spanned::into_inner),
            loader: self.loader.map_or(Loader::Shim, Spanned::into_inner),
            append: plain(self.append),
            packages: plain(self.packages),
        })
    }
}

/// A release that no kickstart is written for is a fault now, not on the day of the install.
fn known_release(
    section: &Section<'_>,
    family: Option<&Spanned<Family>>,
    version: Option<&Spanned<Version>>,
) {
    let (Some(family), Some(version)) = (family, version) else {
        return;
    };
    match family.get_ref() {
        Family::Rocky | Family::Alma | Family::Rhel => {
            if Release::of(version.get_ref()).is_none() {
                let (at, text) = (version.span().start, version.get_ref());
                section.bad(What::Release, at, text);
            }
        }
        Family::Standin => {}
    }
}

/// A folder or a medium: one of them must be there, and not both.
fn source(section: &mut Section<'_>) -> Option<Source> {
    let tree = section.folder("tree");
    let media = section.word::<MediumId>("media", What::Name);
    let table = section.name.clone();
    match (tree, media) {
        (Some(tree), None) => Some(Source::Tree(tree.into_inner())),
        (None, Some(media)) => Some(Source::Media(media.into_inner())),
        (Some(_), Some(media)) => {
            let keys = ["tree", "media"];
            section
                .report
                .add(media.span().start, Form::OneOf { keys, table });
            None
        }
        // A key with a wrong value was reported already.
        (None, None) if section.value("tree").is_some() || section.value("media").is_some() => None,
        (None, None) => {
            let keys = ["media", "tree"];
            section.report.add(section.at, Form::OneOf { keys, table });
            None
        }
    }
}

fn append(section: &mut Section<'_>) -> Vec<Spanned<KernelArg>> {
    let append = section.words::<KernelArg>("append", What::KernelArg);
    for argument in &append {
        let key = argument.get_ref().split('=').next().unwrap_or_default();
        if OURS.contains(&key) {
            let argument_text = argument.get_ref().to_string();
            let problem = Value::OurArgument {
                argument: argument_text,
            };
            section.report.add(argument.span().start, problem);
        }
    }
    append
}
