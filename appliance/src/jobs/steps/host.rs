//! Logging in to an installed node, and running scripts there.

use std::net::SocketAddr;

use inventory::arm::Payload;
use inventory::message::Device;
use inventory::node::NodeRecord;
use inventory::store::read;

use super::{StepError, Work, failure};
use crate::ssh::{Output, Session, SshError};

/// sshd's port.
const SSH: u16 = 22;

/// A script for `sh -s`: what it does in a few words, and its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Script<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

/// Logs in: with the host key made on the node, or until that one is in force with the delivered one, which travelled
/// in the clear and is worth nothing afterwards.
pub(super) async fn login(work: &Work<'_>) -> Result<Session, StepError> {
    let address = SocketAddr::from((work.address(), SSH));
    let mut last = None;
    for key in host_keys(work)? {
        match Session::connect(address, &work.context.ssh, &key).await {
            Ok(session) => return Ok(session),
            Err(changed @ SshError::Changed { .. }) => last = Some(changed),
            Err(other) => return Err(failure::ssh(work.node.name.as_str(), &other)),
        }
    }
    Err(match last {
        Some(changed) => failure::ssh(work.node.name.as_str(), &changed),
        None => {
            let detail = "no host key is known; install it with `hinode up`".to_owned();
            failure::fail(Device::Refused {
                device: work.node.name.to_string(),
                detail,
            })
        }
    })
}

fn host_keys(work: &Work<'_>) -> Result<Vec<String>, StepError> {
    let record = read::<NodeRecord>(work.context.store(), &work.node.name)?;
    let install = record.and_then(|found| found.value.install);
    let is_verified = install
        .as_ref()
        .is_some_and(|install| install.verified_at.is_some());
    let mut keys: Vec<String> = install
        .and_then(|install| install.host_key)
        .into_iter()
        .collect();
    if !is_verified {
        let payload = read::<Payload>(work.context.store(), &work.node.name)?;
        keys.extend(payload.map(|found| found.value.host_key));
    }
    Ok(keys)
}

/// Runs a script as root. A status other than 0 is a failure of the node.
pub(super) async fn run(
    work: &Work<'_>,
    session: &Session,
    script: Script<'_>,
) -> Result<Output, StepError> {
    let node = work.node.name.as_str();
    let output = session.run("sh -s", script.text).await;
    let output = output.map_err(|error| failure::ssh(node, &error))?;
    if output.status == Some(0) {
        return Ok(output);
    }
    let detail = format!(
        "script `{}` ended with {:?}: {}; log in and look",
        script.name,
        output.status,
        output.stderr.trim()
    );
    Err(failure::fail(Device::Refused {
        device: node.to_owned(),
        detail,
    }))
}
