//! What shows only between two values of the file: names that stand for nothing, values given twice, addresses that
//! collide. Works on the draft, so that one bad value hides no other.

mod addresses;
mod boot;
mod bridges;
mod cluster;
mod disks;
mod host;
mod names;
mod storage;
mod subnets;
mod twice;
mod vlans;

use serde_spanned::Spanned;

use super::draft::storage::Draft as StorageDraft;
use super::draft::{Draft, network, profile};
use super::report::Report;
use crate::id::{NetworkName, ProfileName, StorageName};
use crate::rack::Role;

/// Reports every fault between two values.
pub(super) fn check(draft: &Draft, report: &Report<'_>) {
    names::check(draft, report);
    twice::check(draft, report);
    vlans::check(draft, report);
    subnets::check(draft, report);
    addresses::check(draft, report);
    boot::check(draft, report);
    bridges::check(draft, report);
    disks::check(draft, report);
    host::check(draft, report);
    cluster::check(draft, report);
    storage::check(draft, report);
}

impl Draft {
    /// The networks of a role, in the order of the file.
    fn of_role(&self, role: Role) -> impl Iterator<Item = &(Spanned<NetworkName>, network::Draft)> {
        let has = move |draft: &network::Draft| {
            let its = draft.role.as_ref();
            its.is_some_and(|its| *its.get_ref() == role)
        };
        self.networks.iter().filter(move |(_, draft)| has(draft))
    }

    /// The name of the network nodes boot in.
    pub(super) fn management(&self) -> Option<&Spanned<NetworkName>> {
        self.of_role(Role::Management).next().map(|(name, _)| name)
    }

    fn network(&self, name: &NetworkName) -> Option<&(Spanned<NetworkName>, network::Draft)> {
        let mut networks = self.networks.iter();
        networks.find(|(its, _)| its.get_ref() == name)
    }

    fn storage(&self, name: &StorageName) -> Option<&(Spanned<StorageName>, StorageDraft)> {
        let mut storages = self.storages.iter();
        storages.find(|(its, _)| its.get_ref() == name)
    }

    fn profile(&self, name: &ProfileName) -> Option<&profile::Draft> {
        let mut profiles = self.profiles.iter();
        let (_, profile) = profiles.find(|(its, _)| its.get_ref() == name)?;
        Some(profile)
    }
}
