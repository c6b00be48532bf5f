//! The Redfish driver against a BMC that can lie, and both against somebody else's software.

mod console;
mod login;
mod third_party;
mod trust;
mod truth;

use std::net::SocketAddr;
use std::time::Duration;

use devices::bmc::{BmcError, Expected, Fingerprint, Limits, Login, Redfish, Target, Transcript};
use inventory::secret::Secret;
use tests::bmc::{BmcSim, PASSWORD, USER};
use uuid::Uuid;

const SERIAL: &str = "HN0001";
const UUID: Uuid = Uuid::from_u128(0x1111_1111_2222_3333_4444_0000_0000_0001);

async fn sim() -> BmcSim {
    BmcSim::start(SERIAL, &UUID.to_string()).await.unwrap()
}

fn target(address: SocketAddr, password: &str) -> Target {
    Target {
        address,
        login: Login {
            user: USER.into(),
            password: Secret::new(password.into()),
        },
        pin: None,
        transcript: Transcript::default(),
        // A BMC on loopback does within milliseconds what takes a real one seconds.
        limits: Limits {
            hard_power: Duration::from_secs(2),
            shutdown: Duration::from_secs(2),
            boot: Duration::from_millis(300),
            media: Duration::from_millis(300),
            look_again: Duration::from_millis(20),
        },
    }
}

async fn connect(sim: &BmcSim) -> Redfish {
    let (bmc, _) = Redfish::connect(target(sim.address, PASSWORD))
        .await
        .unwrap();
    bmc
}

async fn connect_pinned(sim: &BmcSim, pin: Fingerprint) -> Result<Redfish, BmcError> {
    let target = Target {
        pin: Some(pin),
        ..target(sim.address, PASSWORD)
    };
    Redfish::connect(target).await.map(|(bmc, _)| bmc)
}

fn expected() -> Expected {
    Expected {
        serial: Some(SERIAL.into()),
        uuid: Some(UUID),
    }
}
