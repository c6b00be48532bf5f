//! Disks: a node has as many as the layout of its profile is made of.

use serde_spanned::Spanned;

use crate::config::draft::Draft;
use crate::config::problem::Value;
use crate::config::report::Report;

pub(super) fn check(draft: &Draft, report: &Report<'_>) {
    for node in &draft.nodes {
        let profile = node.profile.as_ref().map(Spanned::get_ref);
        let mut profiles = draft.profiles.iter();
        let found = profiles.find(|(name, _)| Some(name.get_ref()) == profile);
        let (Some((name, profile)), Some(first)) = (found, node.disks.first()) else {
            continue;
        };
        let (wanted, found) = (profile.disk.disks(), node.disks.len());
        if wanted != found {
            let problem = Value::DiskCount {
                profile: name.get_ref().clone(),
                wanted,
                found,
                also: report.line(name.span().start),
            };
            report.add(first.span().start, problem);
        }
    }
}
