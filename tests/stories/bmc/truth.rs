//! Nothing counts as done before it was read back.

use std::time::Duration;

use devices::bmc::{BmcError, BootTarget, Expected, PowerAction, PowerState, Proof};
use tests::bmc::PowerLie;

use super::{UUID, connect, expected, sim};

const IMAGE: &str = "http://10.77.10.1/image.iso";

#[tokio::test]
async fn power_is_changed_and_seen_to_change() {
    let sim = sim().await;
    sim.machine().lies.power_lag = Duration::from_millis(100);
    let bmc = connect(&sim).await;
    let meant = &expected();
    for (action, proof, state) in [
        (PowerAction::On, Proof::Seen, PowerState::On),
        (PowerAction::On, Proof::AlreadySo, PowerState::On),
        (PowerAction::ForceRestart, Proof::Seen, PowerState::On),
        (PowerAction::GracefulShutdown, Proof::Seen, PowerState::Off),
        (PowerAction::ForceOff, Proof::AlreadySo, PowerState::Off),
    ] {
        assert_eq!(
            bmc.set_power(action, meant).await.unwrap(),
            proof,
            "{action:?}"
        );
        assert_eq!(bmc.power_state().await.unwrap(), state, "{action:?}");
    }
    assert_eq!(sim.machine().resets, 2, "one power on, one restart");
}

#[tokio::test]
async fn a_power_action_that_answers_yes_and_does_nothing_is_caught() {
    let sim = sim().await;
    let bmc = connect(&sim).await;
    sim.machine().lies.power = PowerLie::Ignores;
    refused(bmc.set_power(PowerAction::On, &expected()).await, "is Off");
    sim.machine().on = true;
    refused(
        bmc.set_power(PowerAction::ForceOff, &expected()).await,
        "is On",
    );
    refused(
        bmc.set_power(PowerAction::ForceRestart, &expected()).await,
        "last reset is still",
    );
    sim.machine().lies.no_reset_time = true;
    let proof = bmc
        .set_power(PowerAction::ForceRestart, &expected())
        .await
        .unwrap();
    assert_eq!(
        proof,
        Proof::Claimed,
        "a BMC without reset times cannot be caught, and we say so"
    );
}

#[tokio::test]
async fn restarting_a_machine_that_is_off_is_refused() {
    let sim = sim().await;
    let bmc = connect(&sim).await;
    refused(
        bmc.set_power(PowerAction::ForceRestart, &expected()).await,
        "off",
    );
    assert!(!posted(&sim.machine().requests));
}

#[tokio::test]
async fn another_machine_is_not_touched() {
    let sim = sim().await;
    let bmc = connect(&sim).await;
    sim.machine().serial = "HN0002".into();
    let nobody = Expected::default();
    for meant in [expected(), nobody] {
        wrong_machine(bmc.set_power(PowerAction::On, &meant).await);
        wrong_machine(bmc.set_boot_once(BootTarget::Pxe, &meant).await);
        wrong_machine(bmc.insert_media(IMAGE, &meant).await);
        wrong_machine(bmc.eject_media(&meant).await);
    }
    let machine = sim.machine();
    assert!(!posted(&machine.requests), "{:?}", machine.requests);
}

#[tokio::test]
async fn a_uuid_in_the_other_byte_order_is_the_same_machine() {
    let sim = sim().await;
    let bmc = connect(&sim).await;
    {
        let mut machine = sim.machine();
        machine.serial = "Default string".into();
        machine.uuid = uuid::Uuid::from_bytes_le(*UUID.as_bytes()).to_string();
    }
    bmc.set_power(PowerAction::On, &expected()).await.unwrap();
    assert_eq!(
        bmc.identity().await.unwrap().serial,
        None,
        "a placeholder is no serial"
    );
}

#[tokio::test]
async fn the_boot_target_is_set_and_read_back() {
    let sim = sim().await;
    let bmc = connect(&sim).await;
    bmc.set_boot_once(BootTarget::Pxe, &expected())
        .await
        .unwrap();
    assert_eq!(sim.machine().boot, ("Pxe".into(), "Once".into()));
    sim.machine().lies.once_shown_as_continuous = true;
    bmc.set_boot_once(BootTarget::Cd, &expected())
        .await
        .unwrap();
    sim.machine().lies.override_reverts = true;
    refused(
        bmc.set_boot_once(BootTarget::Hdd, &expected()).await,
        "\"Cd\"",
    );
    let error = bmc
        .set_boot_once(BootTarget::UefiHttp, &expected())
        .await
        .unwrap_err();
    assert!(matches!(error, BmcError::Unsupported { .. }), "{error}");
}

#[tokio::test]
async fn a_change_made_by_another_client_meanwhile_is_not_overwritten_unread() {
    let sim = sim().await;
    let bmc = connect(&sim).await;
    sim.machine().lies.meddled = 2;
    refused(
        bmc.set_boot_once(BootTarget::Pxe, &expected()).await,
        "another client",
    );
    assert_eq!(sim.machine().boot.0, "None");
    sim.machine().lies.meddled = 1;
    bmc.set_boot_once(BootTarget::Pxe, &expected())
        .await
        .unwrap();
    sim.machine().lies.weak_tags = true;
    bmc.set_boot_once(BootTarget::Hdd, &expected())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_virtual_cd_goes_in_and_out_wherever_the_drive_hangs() {
    let sim = sim().await;
    let bmc = connect(&sim).await;
    for under_manager in [false, true] {
        sim.machine().lies.media_under_manager = under_manager;
        bmc.insert_media(IMAGE, &expected()).await.unwrap();
        assert_eq!(sim.machine().image.as_deref(), Some(IMAGE));
        bmc.eject_media(&expected()).await.unwrap();
        assert_eq!(sim.machine().image, None);
    }
    bmc.insert_media(IMAGE, &expected()).await.unwrap();
    refused(
        bmc.insert_media("http://10.77.10.1/other.iso", &expected())
            .await,
        "medium in the drive",
    );
    sim.machine().lies.eject_ignored = true;
    refused(bmc.eject_media(&expected()).await, "Inserted true");
}

fn posted(requests: &[String]) -> bool {
    requests.iter().any(|request| !request.starts_with("GET "))
}

fn refused<T: std::fmt::Debug>(result: Result<T, BmcError>, shown: &str) {
    let error = result.unwrap_err();
    assert!(matches!(error, BmcError::Refused { .. }), "{error}");
    assert!(error.to_string().contains(shown), "{error}");
}

fn wrong_machine<T: std::fmt::Debug>(result: Result<T, BmcError>) {
    let error = result.unwrap_err();
    assert!(matches!(error, BmcError::WrongMachine { .. }), "{error}");
}
