//! Faults of storage, and what a good file comes to.

use super::*;
use crate::rack::{ClusterFs, Storage};

#[test]
fn faults_of_storage_are_found_where_they_are() {
    each_is_found(include_str!("cases/storage.txt"));
}

#[test]
fn a_host_has_a_name_of_its_own_and_its_own_luns() {
    let rack = check(SIXTEEN).unwrap();
    let [one, other] = ["kvm-01", "kvm-02"].map(|name| &rack.nodes[&name.parse().unwrap()]);
    let name = "iqn.2014-04.jp.example.tyo1:kvm-01";
    assert_eq!(rack.initiator(one).as_deref(), Some(name));
    assert_ne!(rack.initiator(one), rack.initiator(other));
    let given = |node| rack.luns().filter(|lun| rack.is_given(lun, node)).count();
    assert_eq!((rack.luns().count(), given(one), given(other)), (2, 1, 1));
}

#[test]
fn a_cluster_file_system_may_be_on_a_lun_that_its_hosts_share() {
    let shared = "[storage.gfs]\nkind = \"shared-mount-point\"\npath = \"/mnt/gfs\"\nfile_system = \"gfs2\"\n[profile.kvm]";
    let text = SIXTEEN
        .replacen("[profile.kvm]", shared, 1)
        .replacen("\"array\"]", "\"array\", \"gfs\"]", 1)
        .replacen("host = \"kvm-01\"", "shared = \"gfs\"", 1);
    let rack = check(&text).map_err(|faults| shown(&faults));
    let rack = rack.unwrap_or_else(|faults| panic!("{faults}"));
    let given = rack.nodes.values().map(|node| {
        let luns = rack.luns().filter(|lun| rack.is_given(lun, node));
        luns.count()
    });
    assert_eq!(given.sum::<usize>(), rack.nodes.len() + 1);
    let storage = &rack.storages[&"gfs".parse().unwrap()];
    let Storage::SharedMountPoint(shared) = storage else {
        panic!("{storage:?}");
    };
    assert_eq!(shared.file_system, ClusterFs::Gfs2);
}

#[test]
fn a_rack_with_storage_reads_what_it_writes() {
    let rack = check(SIXTEEN).unwrap();
    let text = serde_json::to_string(&rack).unwrap();
    assert_eq!(
        serde_json::from_str::<crate::rack::Rack>(&text).unwrap(),
        rack
    );
}
