//! Each check is seen to fail when its subject is broken, and no other with it; and a look that lost a line is never green.

mod broken;

use std::collections::BTreeSet;

use inventory::config;
use inventory::rack::Rack;
use inventory::verification::{Verdict, What};

use self::broken::CASES;
use super::{Found, Other, Wanted, checks, cluster};

const RACK: &str = include_str!("rack.toml");
const GOOD: &str = include_str!("good.txt");

fn rack() -> Rack {
    config::check(RACK).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// A registered node beside another one of its cluster.
fn wanted(rack: &Rack) -> Wanted<'_> {
    let mut nodes = rack.nodes.values();
    let (node, other) = (nodes.next().unwrap(), nodes.next().unwrap());
    let mut wanted = Wanted {
        rack,
        node,
        host: rack.host_network(node),
        serial: Some("HN0001".to_owned()),
        installer_boot: Some("a".to_owned()),
        changes: Some(devices::cloud::changes()),
        others: Vec::new(),
    };
    let mut traits = cluster::traits(&wanted, &Found::parse(GOOD));
    traits.insert("machine_id".to_owned(), format!("{:032}", 2));
    let uuid = "11111111-2222-3333-4444-000000000002";
    traits.insert("host_uuid".to_owned(), uuid.to_owned());
    let initiator = "iqn.2019-04.test.rack:kvm-02";
    traits.insert("initiator".to_owned(), initiator.to_owned());
    let lun = |last: u8| format!("3600140500000000000000000000000a{last}");
    let luns = [lun(2), lun(3), lun(9), "35000c500aaaaaa02".to_owned()];
    traits.insert("luns".to_owned(), luns.join(" "));
    wanted.others.push(Other {
        node: other.name.clone(),
        is_in_cluster: true,
        traits,
    });
    wanted
}

fn wrong(wanted: &Wanted<'_>, found: &Found) -> BTreeSet<What> {
    let checks = checks(wanted, found).into_iter();
    let wrong = checks.filter(|check| check.verdict == Verdict::Wrong);
    wrong.map(|check| check.what).collect()
}

#[test]
fn a_node_as_it_should_be_is_good_in_every_check() {
    let rack = rack();
    let checks = checks(&wanted(&rack), &Found::parse(GOOD));
    let bad = checks.iter().filter(|check| check.verdict != Verdict::Good);
    let bad: Vec<_> = bad.map(|check| check.subject()).collect();
    // Nothing listens to pings there, and that is no fault.
    assert_eq!(bad, ["full frames to the gateway (10.0.10.254)"]);
    let made: BTreeSet<What> = checks.iter().map(|check| check.what).collect();
    assert_eq!(made, BTreeSet::from(What::ALL));
}

#[test]
fn each_check_fails_when_its_subject_is_broken_and_no_other_does() {
    let rack = rack();
    let wanted = wanted(&rack);
    let mut seen = BTreeSet::new();
    for (what, how, broken) in CASES {
        let mut found = Found::parse(GOOD);
        broken(&mut found);
        assert_eq!(wrong(&wanted, &found), BTreeSet::from([*what]), "{how}");
        seen.insert(*what);
    }
    assert_eq!(seen, BTreeSet::from(What::ALL), "a check without a case");
}

#[test]
fn a_look_that_lost_its_lines_of_one_kind_is_not_green() {
    let rack = rack();
    let wanted = wanted(&rack);
    let keys: Vec<String> = Found::parse(GOOD).values().keys().cloned().collect();
    for key in keys {
        let mut found = Found::parse(GOOD);
        found.values().remove(&key);
        // Once it answers over TLS, which units make libvirt run is its own business.
        assert_eq!(wrong(&wanted, &found).is_empty(), key == "libvirt", "{key}");
    }
}

#[test]
fn before_registration_less_is_asked_and_less_is_allowed() {
    let rack = rack();
    let mut wanted = wanted(&rack);
    wanted.changes = None;
    let mut found = Found::parse(GOOD);
    found.values().remove("libvirt_tls");
    // What the controller brings has no business there yet.
    let expected = BTreeSet::from([What::Listening]);
    assert_eq!(wrong(&wanted, &found), expected);
    found
        .values()
        .get_mut("listen")
        .unwrap()
        .retain(|line| !line.contains("16514") && !line.contains("5900"));
    assert_eq!(wrong(&wanted, &found), BTreeSet::new());
    found.values().remove("libvirt");
    assert_eq!(wrong(&wanted, &found), BTreeSet::from([What::Libvirt]));
}

#[test]
fn only_a_registration_may_relax_selinux_and_then_for_good() {
    let rack = rack();
    let mut wanted = wanted(&rack);
    let look = |wanted: &Wanted<'_>, selinux: &str| {
        let mut found = Found::parse(GOOD);
        let seen = vec![selinux.to_owned()];
        found.values().insert("selinux".to_owned(), seen);
        wrong(wanted, &found).contains(&What::Selinux)
    };
    assert!(!look(&wanted, "Permissive permissive"));
    assert!(look(&wanted, "Permissive enforcing"));
    wanted.changes = None;
    assert!(look(&wanted, "Permissive permissive"));
    assert!(!look(&wanted, "Enforcing enforcing"));
}

#[test]
fn without_a_controller_the_packet_filter_is_on_with_the_asked_ports_alone() {
    let alone = RACK.replace("cloud = \"one\"\n", "");
    let rack = config::check(&alone).unwrap();
    let mut wanted = wanted(&rack);
    wanted.changes = None;
    let asked = "ssh cockpit 16514/tcp 49152-49215/tcp 5900-6100/tcp";
    let look = |state: &str, opened: &str| {
        let mut found = Found::parse(GOOD);
        let opened = opened.split(' ').map(str::to_owned).collect();
        found.values().insert("opened".to_owned(), opened);
        let state = vec![state.to_owned()];
        found.values().insert("firewall".to_owned(), state);
        wrong(&wanted, &found).contains(&What::Firewall)
    };
    assert!(!look("running", asked));
    assert!(look("not running", asked));
    assert!(look("running", &format!("{asked} 8080/tcp")));
    assert!(look("running", &asked.replace("ssh ", "")));
    assert!(look("running", &asked.replace("16514/tcp ", "")));
}

#[test]
fn a_shared_mount_point_has_time_until_registration() {
    let rack = rack();
    let mut wanted = wanted(&rack);
    let mut found = Found::parse(GOOD);
    found.values().get_mut("mount").unwrap().truncate(1);
    assert_eq!(wrong(&wanted, &found), BTreeSet::from([What::Mount]));
    wanted.changes = None;
    assert!(!wrong(&wanted, &found).contains(&What::Mount));
}

#[test]
fn a_lun_of_one_host_that_another_sees_too_is_wrong_on_both() {
    let rack = rack();
    let mut wanted = wanted(&rack);
    let found = Found::parse(GOOD);
    let both = "3600140500000000000000000000000a1 3600140500000000000000000000000a3";
    let traits = &mut wanted.others[0].traits;
    traits.insert("luns".to_owned(), both.to_owned());
    assert_eq!(wrong(&wanted, &found), BTreeSet::from([What::StrangeLuns]));
}

#[test]
fn a_cluster_of_two_releases_is_not_compared_across_them() {
    let rack = rack();
    let mut wanted = wanted(&rack);
    let traits = &mut wanted.others[0].traits;
    traits.insert("os".to_owned(), "rocky 8.10".to_owned());
    traits.insert("kernel".to_owned(), "4.18.0-553".to_owned());
    let found = Found::parse(GOOD);
    assert_eq!(wrong(&wanted, &found), BTreeSet::new());
    let checks = checks(&wanted, &found);
    let migration = checks.iter().find(|check| check.what == What::Migration);
    let why = format!("{:?}", migration.unwrap().verdict);
    assert!(why.contains("another release"), "{why}");
}

#[test]
fn what_a_node_says_makes_no_report_long_and_moves_no_terminal() {
    let rack = rack();
    let mut found = Found::parse(GOOD);
    let fqdn = format!("\x1b[2J{}", "x".repeat(100_000));
    found.values().insert("fqdn".to_owned(), vec![fqdn]);
    let arrays = vec!["md0 raid1 clean 1".to_owned(); 10_000];
    found.values().insert("array".to_owned(), arrays);
    let text = serde_json::to_string(&checks(&wanted(&rack), &found)).unwrap();
    assert!(
        text.len() < 200_000 && !text.contains("\\u001b"),
        "{}",
        text.len()
    );
}
