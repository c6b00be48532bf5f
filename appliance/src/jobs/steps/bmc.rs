//! Logging in to a node's BMC: with the pin of before, pinning on first use, and every request into the history.

use devices::bmc::{BmcError, Expected, Limits, Login, Redfish, Target, Transcript};
use inventory::device::Pin;
use inventory::message::{Device, Message};
use inventory::node::NodeRecord;
use inventory::secret::Secret;
use inventory::store::{Change, Expect, read};

use super::{StepError, Work, failure};
use crate::jobs::record;

/// A BMC that we are logged in to.
pub(super) struct Bmc {
    pub(super) redfish: Redfish,
    transcript: Transcript,
}

/// Logs in. The certificate seen the first time is pinned before anything else is done.
pub(super) async fn connect(work: &Work<'_>) -> Result<Bmc, StepError> {
    let address = work.node.bmc.address;
    let name = &work.node.bmc.credential;
    let login = login(&work.secret(name)?).ok_or_else(|| {
        let detail = format!("it is not USER:PASSWORD; set it again (hinode secret set {name})");
        failure::fail(Device::Denied {
            device: format!("secret {name}"),
            detail,
        })
    })?;
    let known = read::<Pin>(work.context.store(), &address.to_string())?;
    let pin = known
        .as_ref()
        .and_then(|found| found.value.fingerprint.parse().ok());
    let transcript = Transcript::default();
    let target = Target {
        address,
        login,
        pin,
        transcript: transcript.clone(),
        limits: Limits::default(),
    };
    let connected = Redfish::connect(target).await;
    let (redfish, fingerprint) = match connected {
        Ok(connected) => connected,
        Err(error) => return Err(failure::bmc(&error)),
    };
    if known.is_none() {
        let pin = Pin {
            address: address.to_string(),
            fingerprint: fingerprint.to_string(),
            first_seen: work.context.now().wall,
        };
        remember(work, &pin).await?;
    }
    Ok(Bmc {
        redfish,
        transcript,
    })
}

async fn remember(work: &Work<'_>, pin: &Pin) -> Result<(), StepError> {
    let what = Device::Pinned {
        address: pin.address.clone(),
        fingerprint: pin.fingerprint.clone(),
    };
    let mut change = Change::default();
    change.put(Expect::Absent, pin)?.tell(record::event(
        work.job,
        &work.context.now(),
        Message::Device(what),
    ));
    Ok(work.context.store().submit(change).await.map(drop)?)
}

/// The user and password that a secret of a BMC holds, `USER:PASSWORD`.
pub(in crate::jobs) fn login(secret: &Secret) -> Option<Login> {
    let (user, password) = secret.expose().split_once(':')?;
    Some(Login {
        user: user.to_owned(),
        password: Secret::new(password.to_owned()),
    })
}

impl Bmc {
    /// Turns the result of a deed into history: which requests were sent, what was found.
    pub(super) async fn did(
        &self,
        work: &Work<'_>,
        deed: &str,
        result: Result<String, BmcError>,
    ) -> Result<(), StepError> {
        let requests: Vec<String> = self
            .transcript
            .drain()
            .into_iter()
            .filter(|exchange| exchange.method != "GET")
            .map(|exchange| {
                format!(
                    "{} {} -> {:?}",
                    exchange.method, exchange.path, exchange.outcome
                )
            })
            .collect();
        let deed = match requests.is_empty() {
            true => deed.to_owned(),
            false => format!("{deed} ({})", requests.join(", ")),
        };
        let found = match &result {
            Ok(found) => found.clone(),
            Err(error) => error.to_string(),
        };
        let device = format!("BMC of {}", work.node.name);
        work.tell(Message::Device(Device::Did {
            device,
            deed,
            found,
        }))
        .await?;
        result.map(drop).map_err(|error| failure::bmc(&error))
    }
}

/// Who the machine must be, as recognised at the check.
pub(super) fn expected(work: &Work<'_>) -> Result<Expected, StepError> {
    let record = read::<NodeRecord>(work.context.store(), &work.node.name)?;
    let identity = record.and_then(|found| found.value.identity);
    let uuid = work
        .node
        .uuid
        .or(identity.and_then(|identity| identity.uuid));
    let serial = work.node.serial.as_ref().map(ToString::to_string);
    Ok(Expected { serial, uuid })
}
