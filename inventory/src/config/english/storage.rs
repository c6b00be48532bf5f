//! Faults of storage as sentences.

use crate::config::problem::Store;

pub(super) fn wrong(problem: &Store) -> String {
    match problem {
        Store::TwoWriters { wwid, also } => {
            format!(
                "LUN {wwid} has another writer already (also at line {also}), and two without a lock manager between them destroy what is on it"
            )
        }
        Store::NotUsed {
            node,
            profile,
            storage,
        } => {
            format!("node {node} is given a LUN of {storage}, which its profile {profile} does not use")
        }
        Store::NotShared { storage, also } => {
            format!("{storage} is no shared-mount-point (also at line {also}), so nothing keeps the writers of the LUN apart")
        }
        Store::NoGfs2 { storage, os } => {
            format!("{storage} is GFS2, which [os.{os}] lacks: Enterprise Linux 10 has neither it nor its cluster stack")
        }
        Store::Ocfs2 => "no kernel of Rocky Linux, AlmaLinux or RHEL has OCFS2".to_owned(),
        Store::Clvm => "CLVM shares volumes of one LUN between hosts without a file system's locks; its daemon is gone since Enterprise Linux 8".to_owned(),
        Store::PortalCount { count } => format!("{count} portals are written"),
        Store::MountTaken { mount, by } => format!("{mount} is where {by} of the same profile is"),
        Store::NoDate { storage } => {
            format!("{storage} is iSCSI, and the names of its clients begin with a date that [site] lacks")
        }
    }
}

#[rustfmt::skip]
pub(super) fn mend(problem: &Store) -> String {
    let mend = match problem {
        Store::TwoWriters { .. } => "give each host a LUN of its own, or write one entry with `shared`, a cluster file system that has a lock manager",
        Store::NotUsed { .. } => "add the storage to `storage` of the profile, or give the LUN to a host that uses it",
        Store::NotShared { .. } => "write `host`, or the NAME of a storage of kind shared-mount-point",
        Store::NoGfs2 { .. } => "take nfs, cephfs, or a LUN for each host; or stay with 9 for these hosts",
        Store::Ocfs2 => "take nfs or cephfs, or gfs2 on 8 and 9",
        Store::Clvm => "take nfs, iscsi with a LUN for each host, or shared-mount-point",
        Store::PortalCount { .. } => "write one, or two for two paths to every LUN",
        Store::MountTaken { .. } => "take another folder for one of them",
        Store::NoDate { .. } => "add `iqn_date`, year and month since when the site has its domain, to [site]",
    };
    mend.to_owned()
}
