//! Faults of hosts' networks and systems, and what the host network of a good file comes to.

use super::*;
use crate::rack::Lock;

#[test]
fn faults_of_the_host_network_are_found_where_they_are() {
    each_is_found(include_str!("cases/host.txt"));
}

#[test]
fn faults_of_the_system_are_found_where_they_are() {
    each_is_found(include_str!("cases/system.txt"));
}

#[test]
fn faults_of_encrypted_disks_are_found_where_they_are() {
    each_is_found(include_str!("cases/disk.txt"));
}

/// All locks must agree where the file does not say how many.
#[test]
fn the_locks_of_a_disk_are_read() {
    let text = GOOD.replacen(
        "[[node]]",
        "[profile.sealed]\nos = \"standin\"\ndisk = { encrypt = { tpm2 = true, tang = [{ url = \"http://10.9.0.5\", thumbprint = \"Vy-KzNSo9_cD1WsWwMjN7FxMe6sCyXiDrxGm0Z4uXSA\" }] } }\n[[node]]",
        1,
    );
    let rack = check(&text).unwrap();
    let encryption = rack.profiles[&"sealed".parse().unwrap()]
        .disk
        .encryption
        .clone()
        .unwrap();
    assert_eq!(encryption.need, 2);
    let [Lock::Tpm2, Lock::Tang { url, .. }] = &encryption.locks[..] else {
        panic!("{encryption:?}")
    };
    assert_eq!(url.as_str(), "http://10.9.0.5");
}

#[test]
fn hosts_of_two_clusters_may_differ() {
    let text = GOOD
        .replacen(
            "[[node]]",
            "[profile.new]\nos = \"standin\"\n[cloud.b]\ndriver = \"cloudstack\"\nendpoint = \"http://10.77.10.5:8080/client/api\"\ncredential = \"b\"\nzone = \"zone1\"\npod = \"pod1\"\ncluster = \"cluster2\"\n[[node]]",
            1,
        )
        .replacen("kvm-02\"\nprofile = \"kvm\"", "kvm-02\"\nprofile = \"new\"", 1);
    let same = text.clone();
    let other = text
        .trim_end()
        .strip_suffix("cloud = \"cloudstack\"")
        .unwrap()
        .to_owned()
        + "cloud = \"b\"\n";
    assert!(check(&same).is_err());
    let rack = check(&other).map_err(|faults| shown(&faults));
    assert!(rack.is_ok(), "{}", rack.unwrap_err());
}

/// The port carries what the largest network needs, and the VLANs of all: of bridges, addresses and trunks.
#[test]
fn the_host_network_is_worked_out_of_profile_and_node() {
    let rack = check(SIXTEEN).unwrap();
    let node = &rack.nodes[&"kvm-01".parse().unwrap()];
    let host = rack.host_network(node).unwrap();
    let ports: Vec<_> = host.ports.iter().map(ToString::to_string).collect();
    assert_eq!(ports, ["3c:ec:ef:5a:10:02", "3c:ec:ef:5a:10:03"]);
    assert_eq!(
        (host.mtu, host.tagged.to_string()),
        (9000, "30,100,1100-1199".to_owned())
    );
    let names: Vec<_> = host
        .segments
        .iter()
        .map(|it| host.link_name(it).unwrap())
        .collect();
    assert_eq!(names, ["bond0", "bond0.100", "bond0.30"]);
    let storage = &host.segments[2];
    assert_eq!(
        (storage.bridge, storage.address),
        (None, Some("10.20.30.21".parse().unwrap()))
    );
    assert_eq!(
        host.segments[0].bridge.map(|it| it.name.as_str()),
        Some("cloudbr0")
    );
}
