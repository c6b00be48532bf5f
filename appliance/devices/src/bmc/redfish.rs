//! A Redfish service and the one machine it manages: connecting, finding the machine by following links, and asking
//! whether it is the machine meant. What is done to the machine is in the modules beside this one.

use std::net::SocketAddr;
use std::time::Duration;

use inventory::secret::Secret;
use reqwest::Method;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::error::BmcError;
use super::identity::{Comparison, Expected, Identity};
use super::limits::Limits;
use super::link::Link;
use super::tls::Fingerprint;
use super::transcript::Transcript;
use super::wire::{Answer, Request, Wire};

/// A user of the BMC.
#[derive(Debug, Clone)]
pub struct Login {
    /// User name.
    pub user: String,
    /// Its password.
    pub password: Secret,
}

/// Which BMC, and what is known of it.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where its Redfish service listens (HTTPS).
    pub address: SocketAddr,
    /// Who logs in.
    pub login: Login,
    /// Its certificate; none if it was never seen, and then the first one shown is trusted.
    pub pin: Option<Fingerprint>,
    /// Where requests are noted; keep a clone to read them.
    pub transcript: Transcript,
    /// How long it may take to do what it said it does.
    pub limits: Limits,
}

/// Where to look for the effect of something, and how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct LookAt<'a> {
    pub(super) link: &'a Link,
    pub(super) within: Duration,
}

/// A BMC we are logged in to.
#[derive(Debug)]
pub struct Redfish {
    pub(super) wire: Wire,
    pub(super) system: Link,
    pub(super) limits: Limits,
}

impl Redfish {
    /// Logs in and finds the machine. The fingerprint is that of the certificate now trusted: keep it as the pin.
    pub async fn connect(target: Target) -> Result<(Self, Fingerprint), BmcError> {
        const DEED: &str = "log in";
        let limits = target.limits;
        let wire = Wire::new(target)?;
        let root = service_root(&wire, DEED).await?;
        let systems = Link::to(&root.body["Systems"]);
        let systems = systems.ok_or_else(|| missing(&wire, DEED, "a link to Systems"))?;
        let systems = wire.get(DEED, &systems).await?;
        let system = machine(&wire, DEED, &systems.body).await?;
        let pin = wire.pin();
        let pin = pin.ok_or_else(|| missing(&wire, DEED, "a certificate"))?;
        Ok((
            Self {
                wire,
                system,
                limits,
            },
            pin,
        ))
    }

    /// Who the machine says it is.
    pub async fn identity(&self) -> Result<Identity, BmcError> {
        let system = self.system("tell who the machine is").await?;
        Ok(Identity::of(&system.body))
    }

    /// The `ComputerSystem` as it is now.
    pub(super) async fn system(&self, deed: &'static str) -> Result<Answer, BmcError> {
        self.wire.get(deed, &self.system).await
    }

    /// The `ComputerSystem`, if it is the one meant. A machine that cannot be told apart is not touched either.
    pub(super) async fn meant(
        &self,
        deed: &'static str,
        expected: &Expected,
    ) -> Result<Answer, BmcError> {
        let system = self.system(deed).await?;
        let asked = self.wire.asked(deed);
        let found = Identity::of(&system.body);
        match expected.compare(&found) {
            Comparison::Same => Ok(system),
            Comparison::Different { expected, found } => Err(BmcError::WrongMachine {
                asked,
                expected,
                found,
            }),
            Comparison::NothingToCompare => Err(BmcError::WrongMachine {
                asked,
                expected: expected.to_string(),
                found: found.to_string(),
            }),
        }
    }

    /// Changes the system resource; false if it is no longer as it was when `etag` was read, and nothing was changed.
    pub(super) async fn patch_system(
        &self,
        deed: &'static str,
        etag: Option<&str>,
        body: &Value,
    ) -> Result<bool, BmcError> {
        let request = Request {
            deed,
            method: &Method::PATCH,
            link: &self.system,
            body: Some(body),
            etag,
            login: true,
        };
        Ok(!self.wire.call(request).await?.outdated)
    }

    /// Posts an action.
    pub(super) async fn post(
        &self,
        deed: &'static str,
        action: &Link,
        body: &Value,
    ) -> Result<(), BmcError> {
        let request = Request {
            deed,
            method: &Method::POST,
            link: action,
            body: Some(body),
            etag: None,
            login: true,
        };
        self.wire.call(request).await.map(drop)
    }

    /// Reads the resource until `look` sees what was asked for, or the time is over and it tells what it sees.
    pub(super) async fn read_back(
        &self,
        deed: &'static str,
        at: LookAt<'_>,
        look: impl Fn(&Value) -> Result<(), String>,
    ) -> Result<(), BmcError> {
        let begun = Instant::now();
        loop {
            let seen = look(&self.wire.get(deed, at.link).await?.body);
            match seen {
                Ok(()) => return Ok(()),
                Err(_) if begun.elapsed() < at.within => sleep(self.limits.look_again).await,
                Err(shown) => {
                    let why = format!("it answered yes, and {:?} later {shown}", at.within);
                    let asked = self.wire.asked(deed);
                    return Err(BmcError::Refused { asked, why });
                }
            }
        }
    }

    pub(super) fn missing(&self, deed: &'static str, what: &str) -> BmcError {
        missing(&self.wire, deed, what)
    }
}

/// The service root: without our login if the BMC keeps to the standard, so that a stranger at this address is not
/// given our password before it spoke Redfish.
async fn service_root(wire: &Wire, deed: &'static str) -> Result<Answer, BmcError> {
    let link = Link::service_root();
    let request = Request {
        deed,
        method: &Method::GET,
        link: &link,
        body: None,
        etag: None,
        login: false,
    };
    let root = match wire.call(request).await {
        Err(BmcError::Denied { .. }) => wire.get(deed, &link).await?,
        Ok(root) => root,
        Err(error) => return Err(error),
    };
    match root.body["RedfishVersion"].as_str() {
        Some(_) => Ok(root),
        None => Err(missing(wire, deed, "RedfishVersion in its service root")),
    }
}

/// The one member of Systems that can be reset: accelerators and baseboards are listed beside the machine by some.
async fn machine(wire: &Wire, deed: &'static str, systems: &Value) -> Result<Link, BmcError> {
    let mut found = Vec::new();
    for link in Link::members(systems) {
        let system = wire.get(deed, &link).await?;
        if Link::action(&system.body, "#ComputerSystem.Reset").is_some() {
            found.push(link);
        }
    }
    match <[Link; 1]>::try_from(found) {
        Ok([link]) => Ok(link),
        Err(found) => {
            let what = format!(
                "exactly one machine that can be reset (it lists {})",
                found.len()
            );
            Err(missing(wire, deed, &what))
        }
    }
}

fn missing(wire: &Wire, deed: &'static str, what: &str) -> BmcError {
    BmcError::Unsupported {
        asked: wire.asked(deed),
        what: format!("it has not {what}"),
    }
}
