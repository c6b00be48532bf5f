//! The rack file as read: what was readable, each value with its place. A value that was missing or bad is `None` and
//! has been reported. `finish` makes the checked type and gives `None` if anything it needs is missing.

pub(super) mod appliance;
pub(super) mod cloud;
pub(super) mod device;
pub(super) mod network;
pub(super) mod node;
pub(super) mod os;
pub(super) mod profile;
pub(super) mod repo;
pub(super) mod site;
pub(super) mod storage;

use std::collections::BTreeMap;

use serde_spanned::Spanned;

use super::problem::Form;
use super::section::Section;
use super::what::What;
use crate::id::{Name, kind};
use crate::rack::Rack;

/// The one format this program reads.
const FORMAT: u32 = 1;

/// Things of one kind by name, in the order of the file.
pub(super) type Named<K, T> = Vec<(Spanned<Name<K>>, T)>;

pub(super) struct Draft {
    pub(super) site: Option<site::Draft>,
    pub(super) appliance: Option<appliance::Draft>,
    pub(super) networks: Named<kind::Network, network::Draft>,
    pub(super) switches: Named<kind::Switch, device::Switch>,
    pub(super) firewalls: Named<kind::Firewall, device::Firewall>,
    pub(super) clouds: Named<kind::Cloud, cloud::Draft>,
    pub(super) oses: Named<kind::Os, os::Draft>,
    pub(super) repos: Named<kind::Repo, repo::Draft>,
    pub(super) storages: Named<kind::Storage, storage::Draft>,
    pub(super) profiles: Named<kind::Profile, profile::Draft>,
    pub(super) nodes: Vec<node::Draft>,
}

impl Draft {
    pub(super) fn read(root: &mut Section<'_>) -> Self {
        root.require(&["version", "site", "appliance", "network"]);
        version(root);
        Self {
            site: root.section("site").map(site::Draft::read),
            appliance: root.section("appliance").map(appliance::Draft::read),
            networks: root
                .named("network")
                .into_iter()
                .map(|(name, section)| {
                    let draft = network::Draft::read(name.get_ref(), section);
                    (name, draft)
                })
                .collect(),
            switches: each(root.named("switch"), device::Switch::read),
            firewalls: each(root.named("firewall"), device::Firewall::read),
            clouds: each(root.named("cloud"), cloud::Draft::read),
            oses: each(root.named("os"), os::Draft::read),
            repos: each(root.named("repo"), repo::Draft::read),
            storages: each(root.named("storage"), storage::Draft::read),
            profiles: each(root.named("profile"), profile::Draft::read),
            nodes: root
                .sections("node")
                .into_iter()
                .map(node::Draft::read)
                .collect(),
        }
    }

    /// The checked rack, if everything that it needs was readable.
    pub(super) fn finish(self) -> Option<Rack> {
        let management = self.management()?.get_ref().clone();
        let nodes = self.nodes.into_iter();
        let nodes = nodes.map(|node| {
            let node = node.finish(management.clone())?;
            Some((node.name.clone(), node))
        });
        Some(Rack {
            site: self.site?.finish()?,
            appliance: self.appliance?.finish()?,
            networks: finished(self.networks, network::Draft::finish)?,
            switches: finished(self.switches, device::Switch::finish)?,
            firewalls: finished(self.firewalls, device::Firewall::finish)?,
            clouds: finished(self.clouds, cloud::Draft::finish)?,
            oses: finished(self.oses, os::Draft::finish)?,
            repos: finished(self.repos, repo::Draft::finish)?,
            storages: finished(self.storages, storage::Draft::finish)?,
            profiles: finished(self.profiles, profile::Draft::finish)?,
            nodes: nodes.collect::<Option<_>>()?,
        })
    }
}

fn version(root: &mut Section<'_>) {
    let version = root.integer("version", What::Version);
    let Some(version) = version.filter(|version| *version.get_ref() != FORMAT) else {
        return;
    };
    let found = version.get_ref().to_string();
    root.report
        .add(version.span().start, Form::Version { found });
}

fn each<'r, K, T>(sections: Named<K, Section<'r>>, read: impl Fn(Section<'r>) -> T) -> Named<K, T> {
    let sections = sections.into_iter();
    sections
        .map(|(name, section)| (name, read(section)))
        .collect()
}

fn finished<K, T, C>(
    drafts: Named<K, T>,
    finish: impl Fn(T) -> Option<C>,
) -> Option<BTreeMap<Name<K>, C>> {
    let drafts = drafts.into_iter();
    drafts
        .map(|(name, draft)| Some((name.into_inner(), finish(draft)?)))
        .collect()
}

/// The values without their places.
fn plain<T>(values: Vec<Spanned<T>>) -> Vec<T> {
    values.into_iter().map(Spanned::into_inner).collect()
}
