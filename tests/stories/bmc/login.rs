//! One login budget: a refused login is not tried again, or the account is locked and the site visited.

use std::time::{Duration, Instant};

use devices::bmc::{BmcError, Outcome, PowerState, Redfish, Target};
use tests::bmc::PASSWORD;
use tests::peer::free_address;

use super::{connect, sim, target};

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let sim = sim().await;
    sim.machine().lies.lock_after = 3;
    let error = Redfish::connect(target(sim.address, "wrong"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, BmcError::Denied { status: 401, .. }),
        "{error}"
    );
    assert_eq!(sim.machine().refused_logins, 1);
    assert!(
        !error.to_string().contains("wrong"),
        "the password is not in the error: {error}"
    );
    connect(&sim).await;
}

#[tokio::test]
async fn a_password_changed_meanwhile_costs_one_try_however_many_ask() {
    let sim = sim().await;
    let bmc = connect(&sim).await;
    {
        let mut machine = sim.machine();
        machine.requests.clear();
        machine.lies.lock_after = 1;
        machine.refused_logins = 1;
    }
    let (a, b, c) = tokio::join!(bmc.power_state(), bmc.power_state(), bmc.identity());
    for error in [a.unwrap_err(), b.unwrap_err(), c.unwrap_err()] {
        assert!(matches!(error, BmcError::Denied { .. }), "{error}");
    }
    assert_eq!(sim.machine().requests.len(), 1);
}

#[tokio::test]
async fn a_service_root_that_asks_for_a_login_gets_one() {
    let sim = sim().await;
    sim.machine().lies.root_needs_login = true;
    connect(&sim).await;
    let error = Redfish::connect(target(sim.address, "wrong"))
        .await
        .unwrap_err();
    assert!(matches!(error, BmcError::Denied { .. }), "{error}");
    assert_eq!(sim.machine().refused_logins, 1);
}

#[tokio::test]
async fn a_bmc_that_is_busy_or_slow_is_waited_for() {
    let sim = sim().await;
    let bmc = connect(&sim).await;
    sim.machine().lies.failures = 2;
    assert_eq!(bmc.power_state().await.unwrap(), PowerState::Off);
    sim.machine().lies.delay = Duration::from_millis(300);
    assert_eq!(bmc.power_state().await.unwrap(), PowerState::Off);
}

#[tokio::test]
async fn a_bmc_that_stays_busy_is_reported_as_silent_within_a_minute() {
    let sim = sim().await;
    let bmc = connect(&sim).await;
    sim.machine().lies.failures = 1000;
    let begun = Instant::now();
    let error = bmc.power_state().await.unwrap_err();
    assert!(matches!(error, BmcError::Silent { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn nobody_at_the_address_is_silent_and_every_try_is_in_the_transcript() {
    let address = free_address().unwrap();
    let target = target(address, PASSWORD);
    let transcript = target.transcript.clone();
    let error = Redfish::connect(target).await.unwrap_err();
    assert!(matches!(error, BmcError::Silent { .. }), "{error}");
    let tries = transcript.drain();
    assert_eq!(tries.len(), 4);
    assert!(
        tries
            .iter()
            .all(|one| matches!(one.outcome, Outcome::Failed(_)))
    );
}

#[tokio::test]
async fn the_transcript_holds_no_secret() {
    let sim = sim().await;
    let target = target(sim.address, PASSWORD);
    let transcript = target.transcript.clone();
    assert!(!format!("{target:?}").contains(PASSWORD));
    Redfish::connect(Target {
        pin: None,
        ..target
    })
    .await
    .unwrap();
    let said = transcript.drain();
    assert_eq!(said.first().unwrap().path, "/redfish/v1/");
    assert!(
        said.iter().all(|one| one.outcome == Outcome::Status(200)),
        "{said:?}"
    );
    assert!(!format!("{said:?}").contains(PASSWORD));
}
