//! Storage: one writer for each LUN, hosts that use what they are given, places and file systems that exist.

use serde_spanned::Spanned;

use crate::config::draft::storage::{Draft as StorageDraft, LunDraft};
use crate::config::draft::{Draft, profile};
use crate::config::of_storage::OfStorage;
use crate::config::problem::{Store, Value};
use crate::config::report::Report;
use crate::config::what::What;
use crate::id::StorageName;
use crate::rack::{ClusterFs, Family, LunUser, Release};
use crate::word::MountPoint;

pub(super) fn check(draft: &Draft, report: &Report<'_>) {
    one_writer(draft, report);
    for (name, storage) in &draft.storages {
        for lun in storage.luns() {
            user(draft, report, (name.get_ref(), lun));
        }
    }
    for (_, profile) in &draft.profiles {
        mounts(draft, report, profile);
        for name in &profile.storage {
            date(draft, report, name);
            gfs2(draft, report, (profile, name));
        }
    }
}

/// Whatever target it is reached by, a LUN is one.
fn one_writer(draft: &Draft, report: &Report<'_>) {
    let all = draft
        .storages
        .iter()
        .flat_map(|(_, storage)| storage.luns());
    let mut earlier: Vec<&LunDraft> = Vec::new();
    for lun in all {
        let Some(wwid) = &lun.wwid else {
            continue;
        };
        let same =
            |its: &&&LunDraft| its.wwid.as_ref().map(Spanned::get_ref) == Some(wwid.get_ref());
        let first = earlier.iter().find(same);
        let Some((first, at)) = first.and_then(|lun| Some((*lun, lun.wwid.as_ref()?.span().start)))
        else {
            earlier.push(lun);
            continue;
        };
        let also = report.line(at);
        let user = |lun: &LunDraft| lun.user.as_ref().map(|user| user.get_ref().clone());
        if user(first) == user(lun) {
            let what = What::Storage(OfStorage::Wwid);
            let text = wwid.get_ref().to_string();
            report.add(wwid.span().start, Value::Twice { what, text, also });
        } else {
            let wwid_text = wwid.get_ref().clone();
            let problem = Store::TwoWriters {
                wwid: wwid_text,
                also,
            };
            report.add(wwid.span().start, problem);
        }
    }
}

/// A host uses the storage by its profile; what several hosts share is a cluster file system.
fn user(draft: &Draft, report: &Report<'_>, (storage, lun): (&StorageName, &LunDraft)) {
    let Some(user) = &lun.user else {
        return;
    };
    match user.get_ref() {
        LunUser::Host(host) => {
            let mut nodes = draft.nodes.iter();
            let node = nodes.find(|it| it.name.as_ref().map(Spanned::get_ref) == Some(host));
            let Some(name) = node.and_then(|node| node.profile.as_ref()) else {
                return;
            };
            let profile = draft.profile(name.get_ref());
            let uses =
                |profile: &profile::Draft| profile.storage.iter().any(|it| it.get_ref() == storage);
            if profile.is_some_and(|profile| !uses(profile)) {
                let problem = Store::NotUsed {
                    node: host.clone(),
                    profile: name.get_ref().clone(),
                    storage: storage.clone(),
                };
                report.add(user.span().start, problem);
            }
        }
        LunUser::Shared(shared) => match draft.storage(shared) {
            Some((_, StorageDraft::Shared(_) | StorageDraft::Unknown)) | None => {}
            Some((name, StorageDraft::Nfs(_) | StorageDraft::Iscsi(_))) => {
                let problem = Store::NotShared {
                    storage: shared.clone(),
                    also: report.line(name.span().start),
                };
                report.add(user.span().start, problem);
            }
        },
    }
}

/// Of one mounted over the other, the other is not there.
fn mounts(draft: &Draft, report: &Report<'_>, profile: &profile::Draft) {
    let mut earlier: Vec<(&StorageName, &MountPoint)> = Vec::new();
    for name in &profile.storage {
        let mount = draft.storage(name.get_ref()).and_then(|(_, it)| it.mount());
        let Some(mount) = mount.map(Spanned::get_ref) else {
            continue;
        };
        let within = |one: &str, other: &str| format!("{one}/").starts_with(&format!("{other}/"));
        let taken = earlier
            .iter()
            .find(|(_, its)| within(its, mount) || within(mount, its));
        if let Some((by, _)) = taken {
            let problem = Store::MountTaken {
                mount: mount.clone(),
                by: (*by).clone(),
            };
            report.add(name.span().start, problem);
        }
        earlier.push((name.get_ref(), mount));
    }
}

fn date(draft: &Draft, report: &Report<'_>, name: &Spanned<StorageName>) {
    let has_date = draft
        .site
        .as_ref()
        .is_none_or(|site| site.iqn_date.is_some());
    match draft.storage(name.get_ref()) {
        Some((_, StorageDraft::Iscsi(_))) if !has_date => {
            let storage = name.get_ref().clone();
            report.add(name.span().start, Store::NoDate { storage });
        }
        Some(_) | None => {}
    }
}

fn gfs2(
    draft: &Draft,
    report: &Report<'_>,
    (profile, name): (&profile::Draft, &Spanned<StorageName>),
) {
    let Some((_, StorageDraft::Shared(shared))) = draft.storage(name.get_ref()) else {
        return;
    };
    match shared.file_system.as_ref().map(Spanned::get_ref) {
        Some(ClusterFs::Gfs2) => {}
        Some(ClusterFs::Cephfs) | None => return,
    }
    let Some(os_name) = &profile.os else {
        return;
    };
    let mut oses = draft.oses.iter();
    let os = oses.find(|(its, _)| its.get_ref() == os_name.get_ref());
    let lacks =
        os.and_then(|(_, os)| os.identity())
            .is_some_and(|(family, version)| match family {
                Family::Rocky | Family::Alma | Family::Rhel => match Release::of(&version) {
                    Some(Release::El10) => true,
                    Some(Release::El8 | Release::El9) | None => false,
                },
                Family::Standin => false,
            });
    if lacks {
        let problem = Store::NoGfs2 {
            storage: name.get_ref().clone(),
            os: os_name.get_ref().clone(),
        };
        report.add(name.span().start, problem);
    }
}
