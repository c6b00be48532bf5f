//! `[profile.NAME.system]`: how the installed system is set up.

use std::ops::RangeInclusive;

use serde_spanned::Spanned;

use crate::config::draft::plain;
use crate::config::of_host::OfHost;
use crate::config::problem::Value;
use crate::config::section::Section;
use crate::config::what::What;
use crate::rack::{HugepageSize, Hugepages, Selinux, System, User};
use crate::word::{KernelArg, PublicKey, UserName};

const SELINUX: [(&str, Selinux); 2] = [
    ("enforcing", Selinux::Enforcing),
    ("permissive", Selinux::Permissive),
];

const PAGES: [(&str, HugepageSize); 2] =
    [("2 MiB", HugepageSize::Mib2), ("1 GiB", HugepageSize::Gib1)];

/// 8 TiB in pages of 2 MiB.
const COUNT: RangeInclusive<u32> = 1..=4 * 1024 * 1024;

/// Keys of the kernel's command line that each setting writes itself.
const IOMMU: [&str; 3] = ["intel_iommu", "amd_iommu", "iommu"];
const HUGEPAGES: [&str; 3] = ["default_hugepagesz", "hugepagesz", "hugepages"];
const ISOLATED: [&str; 3] = ["isolcpus", "nohz_full", "rcu_nocbs"];

pub(in crate::config) struct Draft {
    users: Vec<UserDraft>,
    system: System,
}

pub(in crate::config) struct UserDraft {
    pub(in crate::config) name: Option<Spanned<UserName>>,
    keys: Vec<Spanned<PublicKey>>,
    sudo: bool,
}

impl Draft {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let users = section.sections("users").into_iter();
        let users: Vec<_> = users.map(UserDraft::read).collect();
        let usual = System::default();
        let mut flag = |key, usual| section.flag(key).map_or(usual, Spanned::into_inner);
        let (iommu, kdump) = (flag("iommu", usual.iommu), flag("kdump", usual.kdump));
        let selinux = section.choice("selinux", What::Host(OfHost::Selinux), &SELINUX);
        let isolated_cpus = section.word("isolated_cpus", What::Host(OfHost::Cpus));
        let system = System {
            users: Vec::new(),
            selinux: selinux.map_or(usual.selinux, Spanned::into_inner),
            sysctl: plain(section.words("sysctl", What::Host(OfHost::Sysctl))),
            tuned: section
                .word("tuned", What::Host(OfHost::Tuned))
                .map(Spanned::into_inner),
            iommu,
            hugepages: section.section("hugepages").and_then(hugepages),
            isolated_cpus: isolated_cpus.map(Spanned::into_inner),
            kdump,
            services: plain(section.words("services", What::Host(OfHost::Unit))),
        };
        twice(&section, &users);
        Self { users, system }
    }

    /// Reports arguments of the profile that a setting writes too: the kernel would take the last one.
    pub(super) fn own_arguments(&self, section: &Section<'_>, arguments: &[Spanned<KernelArg>]) {
        let system = &self.system;
        let mut ours: Vec<&str> = Vec::new();
        let mut add =
            |is_set: bool, keys: &[&'static str]| ours.extend(keys.iter().filter(|_| is_set));
        add(system.iommu, &IOMMU);
        add(system.hugepages.is_some(), &HUGEPAGES);
        add(system.isolated_cpus.is_some(), &ISOLATED);
        for argument in arguments {
            let key = argument.get_ref().split('=').next().unwrap_or_default();
            if ours.contains(&key) {
                let text = argument.get_ref().to_string();
                let problem = Value::OurArgument { argument: text };
                section.report.add(argument.span().start, problem);
            }
        }
    }

    pub(super) fn finish(self) -> Option<System> {
        let users = self.users.into_iter().map(UserDraft::finish);
        Some(System {
            users: users.collect::<Option<_>>()?,
            ..self.system
        })
    }
}

impl UserDraft {
    fn read(mut section: Section<'_>) -> Self {
        section.require(&["name", "keys"]);
        let keys = section.value("keys").and_then(|it| it.get_ref().as_array());
        if keys.is_some_and(|keys| keys.is_empty()) {
            // Nobody could log in, for there is no password.
            section.bad(What::PublicKey, section.at, "[]");
        }
        Self {
            name: section.word("name", What::Host(OfHost::User)),
            keys: section.words("keys", What::PublicKey),
            sudo: section.flag("sudo").is_some_and(Spanned::into_inner),
        }
    }

    fn finish(self) -> Option<User> {
        Some(User {
            name: self.name?.into_inner(),
            keys: plain(self.keys),
            sudo: self.sudo,
        })
    }
}

fn twice(section: &Section<'_>, users: &[UserDraft]) {
    let mut earlier: Vec<&Spanned<UserName>> = Vec::new();
    for name in users.iter().filter_map(|user| user.name.as_ref()) {
        let same = earlier.iter().find(|its| its.get_ref() == name.get_ref());
        if let Some(same) = same {
            let problem = Value::Twice {
                what: What::Host(OfHost::User),
                text: name.get_ref().to_string(),
                also: section.report.line(same.span().start),
            };
            section.report.add(name.span().start, problem);
        }
        earlier.push(name);
    }
}

fn hugepages(mut section: Section<'_>) -> Option<Hugepages> {
    section.require(&["size", "count"]);
    let size = section.choice("size", What::Host(OfHost::PageSize), &PAGES);
    let count = section.integer("count", What::Host(OfHost::Count));
    if let Some(count) = &count {
        section.in_range(What::Host(OfHost::Count), count, COUNT);
    }
    Some(Hugepages {
        size: size?.into_inner(),
        count: count?.into_inner(),
    })
}
