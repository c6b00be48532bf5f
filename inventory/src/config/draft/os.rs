//! `[os.NAME]`: an operating system that can be installed.

use std::path::PathBuf;

use serde_spanned::Spanned;

use super::plain;
use crate::config::problem::Value;
use crate::config::section::Section;
use crate::config::what::What;
use crate::rack::{Family, Loader, Os};
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
    tree: Option<Spanned<PathBuf>>,
    loader: Option<Spanned<Loader>>,
    append: Vec<Spanned<KernelArg>>,
    packages: Vec<Spanned<Package>>,
}

impl Draft {
    pub(in crate::config) fn read(mut section: Section<'_>) -> Self {
        section.require(&["family", "version", "tree"]);
        Self {
            family: section.choice("family", What::Family, &FAMILIES),
            version: section.word("version", What::Version),
            tree: section.folder("tree"),
            loader: section.choice("loader", What::Loader, &LOADERS),
            append: append(&mut section),
            packages: section.words("packages", What::Package),
        }
    }

    pub(in crate::config) fn finish(self) -> Option<Os> {
        Some(Os {
            family: self.family?.into_inner(),
            version: self.version?.into_inner(),
            tree: self.tree?.into_inner(),
            loader: self.loader.map_or(Loader::Shim, Spanned::into_inner),
            append: plain(self.append),
            packages: plain(self.packages),
        })
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
