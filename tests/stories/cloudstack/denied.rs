//! Bad answers: 401, 530, nothing, and something else altogether. Names that fit nothing.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use devices::cloud::{CloudError, CloudStack, Denial, Limits, Quiet, Refusal, Why};
use inventory::secret::Secret;
use tests::cloudstack::Simulator;
use tests::cloudstack::faults::{Fault, Wrong};

use super::{KEYS, LIMITS, clock, cloud, config};

async fn asked(simulator: &Simulator, keys: &str, limits: Limits) -> Result<(), CloudError> {
    let cloud = cloud(&simulator.endpoint());
    let keys = Secret::new(keys.to_owned());
    let driver = CloudStack::new(&cloud, &keys, limits, clock())?;
    driver.place(&cloud).await.map(|_| ())
}

#[tokio::test]
async fn a_wrong_key_and_a_wrong_clock_are_told_apart() {
    let simulator = Simulator::start(config()).await.unwrap();
    assert_eq!(asked(&simulator, KEYS, LIMITS).await, Ok(()));
    for (case, keys, ahead_s, text) in [
        (
            "wrong secret key",
            "AK-test_1:SK-other",
            0,
            "check secret `cloud`",
        ),
        (
            "wrong API key",
            "AK-other:SK-test_1",
            0,
            "check secret `cloud`",
        ),
        ("no key at all", "AK-test_1", 0, "is not APIKEY:SECRETKEY"),
        ("our clock is behind", KEYS, 3600, "(ours is behind)"),
        ("our clock is ahead", KEYS, -3600, "(ours is ahead)"),
    ] {
        simulator.shared.faults.set_clock(ahead_s);
        let error = asked(&simulator, keys, LIMITS).await.unwrap_err();
        assert!(matches!(error.why, Why::Denied(_)), "{case}: {error}");
        assert!(error.to_string().contains(text), "{case}: {error}");
        assert!(!error.to_string().contains("SK-"), "{case}: {error}");
    }
    simulator.stop().await;
}

#[tokio::test]
async fn a_401_with_the_same_time_blames_the_key() {
    let simulator = Simulator::start(config()).await.unwrap();
    simulator.shared.faults.plan(fault(Wrong::Unauthorized, 1));
    let error = asked(&simulator, KEYS, LIMITS).await.unwrap_err();
    assert!(
        matches!(error.why, Why::Denied(Denial::Key { .. })),
        "{error}"
    );
    simulator.stop().await;
}

#[tokio::test]
async fn trouble_while_reading_passes() {
    let simulator = Simulator::start(config()).await.unwrap();
    simulator
        .shared
        .faults
        .plan(fault(Wrong::Internal("database".to_owned()), 2));
    for _ in 0..2 {
        let error = asked(&simulator, KEYS, LIMITS).await.unwrap_err();
        assert!(
            matches!(error.why, Why::Silent(Quiet::Trouble { code: 530, .. })),
            "{error}"
        );
    }
    assert_eq!(asked(&simulator, KEYS, LIMITS).await, Ok(()));
    simulator.stop().await;
}

#[tokio::test]
async fn silence_ends_with_the_time_limit() {
    let simulator = Simulator::start(config()).await.unwrap();
    let short = Duration::from_millis(200);
    simulator.shared.faults.plan(fault(Wrong::Silent, 1));
    let begun = Instant::now();
    let error = asked(&simulator, KEYS, Limits { short, ..LIMITS })
        .await
        .unwrap_err();
    assert_eq!(error.why, Why::Silent(Quiet::NoAnswer(short)));
    assert!(begun.elapsed() < Duration::from_secs(5));

    simulator.shared.faults.plan(fault(Wrong::Late(50), 1));
    assert_eq!(asked(&simulator, KEYS, LIMITS).await, Ok(()));

    simulator.shared.faults.plan(fault(Wrong::Lost, 1));
    let error = asked(&simulator, KEYS, LIMITS).await.unwrap_err();
    assert!(matches!(error.why, Why::Silent(Quiet::Lost(_))), "{error}");
    simulator.stop().await;
}

#[tokio::test]
async fn nobody_there_and_somebody_else_there() {
    let simulator = Simulator::start(config()).await.unwrap();
    simulator.shared.faults.plan(fault(Wrong::Page, 1));
    let error = asked(&simulator, KEYS, LIMITS).await.unwrap_err();
    assert!(matches!(error.why, Why::Unsupported(_)), "{error}");
    let gone: SocketAddr = simulator.api;
    simulator.stop().await;

    let cloud = cloud(&format!("http://{gone}/client/api"));
    let keys = Secret::new(KEYS.to_owned());
    let driver = CloudStack::new(&cloud, &keys, LIMITS, clock()).unwrap();
    let error = driver.place(&cloud).await.unwrap_err();
    assert!(
        matches!(error.why, Why::Silent(Quiet::Unreachable(_))),
        "{error}"
    );
}

#[tokio::test]
async fn a_name_that_fits_nothing_is_answered_with_what_is_there() {
    let simulator = Simulator::start(config()).await.unwrap();
    let mut cloud = cloud(&simulator.endpoint());
    let driver = CloudStack::new(&cloud, &Secret::new(KEYS.to_owned()), LIMITS, clock()).unwrap();
    cloud.cluster = "kvm2".parse().unwrap();
    let error = driver.place(&cloud).await.unwrap_err();
    assert!(
        matches!(error.why, Why::Refused(Refusal::NotExactlyOne { .. })),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("cluster `kvm2` is there 0 times; it has: kvm"),
        "{error}"
    );
    simulator.stop().await;
}

fn fault(wrong: Wrong, times: u32) -> Fault {
    Fault {
        command: None,
        wrong,
        times,
    }
}
