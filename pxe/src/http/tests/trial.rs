//! The arm of a trial: it leads to the texts of the trial and to no others, and nothing that it does counts as an install.

use inventory::arm::{Arm, ArmState, Errand, OverIpv6, Texts};
use inventory::id::{JobId, OsName, Sha256};
use inventory::node::NodeRecord;
use inventory::rack::Node;
use inventory::store;
use inventory::trial::{Trial, TrialPayload};

use super::super::head::Method;
use super::super::status::Status;
use super::{kickstart, report, script};
use crate::World;
use crate::fixture::{arm, leased, node, stored, token, write};

const TRIAL: &str = "# looks, and writes nothing\n";

/// A node that is armed for a trial while the texts of an install lie beside, with the very same token.
fn armed(world: &World, node: &Node) {
    arm(world, node, 1);
    let texts = Texts {
        ipxe: "#!ipxe\n# trial\n".to_owned(),
        grub: "# trial\n".to_owned(),
        kickstart: TRIAL.to_owned(),
    };
    let installing = stored(world, node).unwrap();
    write(
        world,
        &Arm {
            errand: Errand::Trial,
            kickstart: Sha256::of(TRIAL.as_bytes()),
            over_ipv6: OverIpv6::of(node, Some(&texts)),
            ..installing
        },
    );
    let os: OsName = "rocky-9".parse().unwrap();
    let trial = Trial {
        node: node.name.clone(),
        job: JobId(1),
        os,
        ran: false,
        port: None,
        report: None,
        is_left: false,
        seen: None,
    };
    write(world, &trial);
    let payload = TrialPayload {
        node: node.name.clone(),
        token: token(1),
        over_ipv4: texts.clone(),
        over_ipv6: Some(texts),
    };
    write(world, &payload);
}

#[tokio::test]
async fn a_trial_is_served_its_own_texts_and_is_no_install() {
    let scene = leased();
    let (world, node) = (&scene.world, node(&scene.world, "kvm-01"));
    armed(world, &node);
    let key = token(1).to_string();
    let me = (node.address, key.as_str());
    let served = script(world, node.address, Method::Get).await;
    assert!(served.contains("# trial"), "{served}");
    assert_eq!(
        kickstart(world, me, Method::Get).await,
        (Status::Ok, TRIAL.to_owned())
    );
    let arm = stored(world, &node).unwrap();
    assert!(
        matches!(arm.state, ArmState::Trying { .. }),
        "{:?}",
        arm.state
    );
    for phase in ["pre", "partitioned", "installed"] {
        let body = format!("phase={phase}");
        assert_eq!(report(world, me, &body).await, Status::Forbidden, "{phase}");
    }
    for _ in 0..2 {
        assert_eq!(
            report(world, me, "phase=tried&serial=HN1").await,
            Status::Ok
        );
    }
    assert_eq!(stored(world, &node).unwrap().state, ArmState::Spent);
    assert_eq!(kickstart(world, me, Method::Get).await.0, Status::Forbidden);
    let trial = store::read::<Trial>(&*world.store, &node.name)
        .unwrap()
        .unwrap();
    assert_eq!(trial.value.report.unwrap().facts["serial"], "HN1");
    let record = store::read::<NodeRecord>(&*world.store, &node.name).unwrap();
    assert!(record.is_none_or(|found| found.value.install.is_none()));
}

/// The texts of an install cannot be reached, not even where those of the trial are missing or of another arm.
#[tokio::test]
async fn without_its_own_texts_a_trial_is_served_nothing() {
    for is_missing in [true, false] {
        let scene = leased();
        let (world, node) = (&scene.world, node(&scene.world, "kvm-01"));
        armed(world, &node);
        let found = store::read::<TrialPayload>(&*world.store, &node.name)
            .unwrap()
            .unwrap();
        let other = TrialPayload {
            node: match is_missing {
                true => "kvm-02".parse().unwrap(),
                false => node.name.clone(),
            },
            token: token(2),
            ..found.value
        };
        let mut change = store::Change::default();
        change.remove::<TrialPayload>(store::Expect::Any, &node.name);
        world.store.submit(change).wait().unwrap();
        write(world, &other);
        let key = token(1).to_string();
        let served = script(world, node.address, Method::Get).await;
        assert!(
            !served.contains("# install") && !served.contains("# trial"),
            "{served}"
        );
        let me = (node.address, key.as_str());
        let (status, body) = kickstart(world, me, Method::Get).await;
        assert_eq!(
            (status, body.contains("# kickstart")),
            (Status::Forbidden, false)
        );
    }
}

#[tokio::test]
async fn an_install_takes_no_report_of_a_trial() {
    let scene = leased();
    let (world, node) = (&scene.world, node(&scene.world, "kvm-01"));
    arm(world, &node, 1);
    let key = token(1).to_string();
    let me = (node.address, key.as_str());
    script(world, node.address, Method::Get).await;
    kickstart(world, me, Method::Get).await;
    assert_eq!(report(world, me, "phase=tried").await, Status::Forbidden);
    let arm = stored(world, &node).unwrap();
    assert!(
        matches!(arm.state, ArmState::Installing { .. }),
        "{:?}",
        arm.state
    );
}
