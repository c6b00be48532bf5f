//! What each handler answers, by name.

use std::sync::Arc;

use futures_util::FutureExt;
use inventory::arm::{ArmState, Broke, KICKSTART_RETRY};
use inventory::node::{NodeRecord, Reports};
use inventory::store::{self, MemoryStore};

use super::super::head::Method;
use super::super::status::Status;
use super::{kickstart, report, script};
use crate::fixture::{
    Disk, Mood, SERVER, arm, codes, lease, leased, node, scene, stored, token, write,
};

/// What boots the disk of a node that is known, or of anybody else.
fn local(world: &crate::World, of: Option<&inventory::rack::Node>) -> String {
    let rack = world.rack();
    let dir = of.map(|node| {
        let os = &rack.profiles[&node.profile].os;
        format!("http://{SERVER}/os/{os}/EFI/BOOT")
    });
    templates::boot::local_ipxe(dir.as_deref()).unwrap()
}

fn reports(world: &crate::World, of: &inventory::rack::Node) -> Vec<String> {
    let found = store::read::<Reports>(&*world.store, &of.name).unwrap();
    let found = found.map_or_else(Vec::new, |found| found.value.reports);
    found
        .iter()
        .map(|report| format!("{:?} {}", report.phase, report.detail))
        .collect()
}

#[tokio::test]
async fn an_install_from_the_first_script_to_the_last_report() {
    let scene = leased();
    let (world, node) = (&scene.world, node(&scene.world, "kvm-01"));
    let payload = arm(world, &node, 1);
    let key = token(1).to_string();
    let me = (node.address, key.as_str());
    assert_eq!(script(world, node.address, Method::Get).await, payload.ipxe);
    assert_eq!(
        script(world, node.address, Method::Get).await,
        payload.ipxe,
        "a loader's retry"
    );
    let (status, body) = kickstart(world, me, Method::Get).await;
    assert_eq!((status, body), (Status::Ok, payload.kickstart.clone()));
    assert_eq!(
        kickstart(world, me, Method::Get).await.1,
        payload.kickstart,
        "curl's retry"
    );
    let record = store::read::<NodeRecord>(&*world.store, &node.name)
        .unwrap()
        .unwrap();
    assert!(
        record.value.install.is_some(),
        "never again counts as never installed"
    );
    for body in [
        "phase=pre&serial=HN0001",
        "phase=partitioned",
        "phase=installed&detail=done",
    ] {
        assert_eq!(report(world, me, body).await, Status::Ok);
        assert_eq!(
            report(world, me, body).await,
            Status::Ok,
            "its answer was lost"
        );
    }
    assert_eq!(stored(world, &node).unwrap().state, ArmState::Spent);
    assert_eq!(
        reports(world, &node),
        ["Pre ", "Partitioned ", "Installed done"]
    );
    let local = local(world, Some(&node));
    assert_eq!(script(world, node.address, Method::Get).await, local);
    assert_eq!(kickstart(world, me, Method::Get).await.0, Status::Forbidden);
    let expected = [
        "install.boot-script-served",
        "install.kickstart-served",
        "install.reported",
        "install.reported",
        "install.spent",
        "install.reported",
        "install.kickstart-refused",
    ];
    assert_eq!(codes(world), expected);
}

#[tokio::test]
async fn a_kickstart_late_or_after_a_reboot_is_refused() {
    let scene = leased();
    let (world, node) = (&scene.world, node(&scene.world, "kvm-01"));
    arm(world, &node, 1);
    let key = token(1).to_string();
    let me = (node.address, key.as_str());
    script(world, node.address, Method::Get).await;
    assert_eq!(kickstart(world, me, Method::Get).await.0, Status::Ok);
    scene.clock.forward(KICKSTART_RETRY);
    assert_eq!(kickstart(world, me, Method::Get).await.0, Status::Forbidden);
    let local = local(world, Some(&node));
    assert_eq!(script(world, node.address, Method::Head).await, local);
    assert!(
        stored(world, &node).unwrap().state.is_live(),
        "HEAD consumes nothing"
    );
    assert_eq!(script(world, node.address, Method::Get).await, local);
    let why = Broke::Rebooted;
    assert_eq!(
        stored(world, &node).unwrap().state,
        ArmState::Broken { why }
    );
    assert_eq!(
        report(world, me, "phase=installed").await,
        Status::Forbidden
    );
}

#[tokio::test]
async fn who_is_not_the_leased_node_gets_nothing() {
    let scene = scene(Arc::new(MemoryStore::default()));
    let (world, node) = (&scene.world, node(&scene.world, "kvm-01"));
    let payload = arm(world, &node, 1);
    let key = token(1).to_string();
    let me = (node.address, key.as_str());
    let local = local(world, None);
    assert_eq!(
        script(world, node.address, Method::Get).await,
        local,
        "no lease"
    );
    assert_eq!(kickstart(world, me, Method::Get).await.0, Status::Forbidden);
    let mut elsewhere = lease(world, &node);
    elsewhere.interface = "eth-bmc".to_owned();
    write(world, &elsewhere);
    assert_eq!(
        script(world, node.address, Method::Get).await,
        local,
        "another interface"
    );
    let mut old = lease(world, &node);
    old.address = [10, 77, 10, 77].into();
    write(world, &old);
    assert_eq!(
        script(world, node.address, Method::Get).await,
        local,
        "another address"
    );
    write(world, &lease(world, &node));
    assert_eq!(script(world, node.address, Method::Get).await, payload.ipxe);
}

#[tokio::test]
async fn somebody_who_knocks_a_thousand_times_is_told_of_once_in_a_while() {
    let scene = leased();
    let (world, node) = (&scene.world, node(&scene.world, "kvm-01"));
    let key = token(1).to_string();
    for _ in 0..1000 {
        kickstart(world, (node.address, &key), Method::Get).await;
        script(world, node.address, Method::Get).await;
    }
    assert_eq!(
        codes(world),
        ["install.kickstart-refused"],
        "a healthy node's boots are no news"
    );
    scene.clock.forward(crate::seldom::PAUSE);
    kickstart(world, (node.address, &key), Method::Get).await;
    assert_eq!(codes(world).len(), 2, "it goes on");
}

#[tokio::test]
async fn reports_are_checked_and_bounded() {
    let scene = leased();
    let (world, node) = (&scene.world, node(&scene.world, "kvm-01"));
    arm(world, &node, 1);
    let key = token(1).to_string();
    let me = (node.address, key.as_str());
    assert_eq!(
        report(world, me, "phase=pre").await,
        Status::Forbidden,
        "not installing"
    );
    script(world, node.address, Method::Get).await;
    kickstart(world, me, Method::Get).await;
    for body in [
        "",
        "phase=",
        "phase=Installed",
        "phase=done",
        "detail=x",
        "phase",
    ] {
        assert_eq!(report(world, me, body).await, Status::BadRequest, "{body}");
    }
    for n in 0..100 {
        let body = format!("phase=pre&detail={n}");
        assert_eq!(report(world, me, &body).await, Status::Ok);
    }
    assert_eq!(reports(world, &node).len(), 64);
    let long = format!("phase=failed&detail={}", "x".repeat(9000));
    assert_eq!(report(world, me, &long).await, Status::Ok);
    let state = stored(world, &node).unwrap().state;
    let ArmState::Broken {
        why: Broke::Reported { detail },
    } = state
    else {
        panic!("{state:?}");
    };
    assert_eq!(detail.len(), 4096);
}

/// The order that the interlock rests on: on the platter first, then on the wire.
#[tokio::test]
async fn nothing_leaves_before_it_is_durable() {
    let disk = Disk::good();
    let scene = scene(disk.clone());
    let (world, node) = (&scene.world, node(&scene.world, "kvm-01"));
    write(world, &lease(world, &node));
    let payload = arm(world, &node, 1);
    let key = token(1).to_string();
    let me = (node.address, key.as_str());
    let local = local(world, Some(&node));

    disk.becomes(Mood::Stuck);
    assert!(
        script(world, node.address, Method::Get)
            .now_or_never()
            .is_none()
    );
    disk.becomes(Mood::Full);
    assert_eq!(script(world, node.address, Method::Get).await, local);
    disk.becomes(Mood::Good);
    assert_eq!(script(world, node.address, Method::Get).await, payload.ipxe);

    disk.becomes(Mood::Stuck);
    assert!(kickstart(world, me, Method::Get).now_or_never().is_none());
    disk.becomes(Mood::Full);
    let busy = Status::Unavailable;
    assert_eq!(kickstart(world, me, Method::Get).await.0, busy);
    disk.becomes(Mood::Good);
    assert_eq!(kickstart(world, me, Method::Get).await.0, Status::Ok);

    disk.becomes(Mood::Stuck);
    assert!(
        report(world, me, "phase=installed")
            .now_or_never()
            .is_none()
    );
    disk.becomes(Mood::Full);
    assert_eq!(report(world, me, "phase=installed").await, busy);
    disk.becomes(Mood::Good);
    assert_eq!(report(world, me, "phase=installed").await, Status::Ok);
    assert_eq!(reports(world, &node), ["Installed "]);
}

#[test]
fn a_report_has_a_body_however_many_slashes_its_path_begins_with() {
    let head = |path: &str| super::Head {
        path: path.to_owned(),
        ..super::asked(SERVER, Method::Post).head
    };
    for path in ["/report/x", "//report/x", "///report/x"] {
        assert_eq!(
            crate::http::body_max(&head(path)),
            report::BODY_MAX,
            "{path}"
        );
    }
    for path in ["/reports/x", "/boot/report/x", "/ks/x"] {
        assert_eq!(crate::http::body_max(&head(path)), 0, "{path}");
    }
}
