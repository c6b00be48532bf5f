//! Certificates: trusted on first use, and no other after that.

use devices::bmc::{BmcError, Fingerprint, Redfish};
use tests::bmc::{Identity, PASSWORD};

use super::{connect, connect_pinned, sim, target};

#[tokio::test]
async fn the_first_certificate_is_learned_and_the_same_is_let_in() {
    let sim = sim().await;
    let (_, pin) = Redfish::connect(target(sim.address, PASSWORD))
        .await
        .unwrap();
    assert_eq!(pin, Fingerprint::of(&sim.identity().certificate()));
    assert_eq!(
        pin.to_string().parse::<Fingerprint>().unwrap(),
        pin,
        "it can be kept as text"
    );
    connect_pinned(&sim, pin).await.unwrap();
}

#[tokio::test]
async fn another_certificate_is_refused_before_the_password_is_sent() {
    let sim = sim().await;
    let old = Fingerprint::of(&sim.identity().certificate());
    let other = Identity::make().unwrap();
    let new = Fingerprint::of(&other.certificate());
    sim.show(other);
    match connect_pinned(&sim, old).await.unwrap_err() {
        BmcError::CertificateChanged { pinned, shown, .. } => {
            assert_eq!((pinned, shown), (old, new))
        }
        error => panic!("{error}"),
    }
    assert_eq!(
        sim.machine().requests,
        Vec::<String>::new(),
        "no login was seen"
    );
}

#[tokio::test]
async fn a_certificate_that_changes_while_we_are_logged_in_is_refused() {
    let sim = sim().await;
    let bmc = connect(&sim).await;
    sim.show(Identity::make().unwrap());
    sim.hang_up();
    let error = bmc.power_state().await.unwrap_err();
    assert!(
        matches!(error, BmcError::CertificateChanged { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_certificate_shown_without_its_key_is_refused() {
    let sim = sim().await;
    let pin = Fingerprint::of(&sim.identity().certificate());
    let stolen = sim.identity().stolen().unwrap();
    sim.show(stolen);
    let error = connect_pinned(&sim, pin).await.unwrap_err();
    assert!(matches!(error, BmcError::Unsupported { .. }), "{error}");
    assert!(error.to_string().contains("BadSignature"), "{error}");
    assert_eq!(
        sim.machine().requests,
        Vec::<String>::new(),
        "no login was seen"
    );
}
