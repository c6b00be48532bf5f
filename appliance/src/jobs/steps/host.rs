//! Logging in to an installed node, and running scripts there.

use inventory::message::Device;

use super::{StepError, Work, failure};
use crate::login::{self, LoginError};
use crate::ssh::{Output, Session};

/// A script for `sh -s`: what it does in a few words, and its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Script<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

/// Logs in.
pub(super) async fn login(work: &Work<'_>) -> Result<Session, StepError> {
    let entered = login::login(work.context, &work.node).await;
    entered.map_err(|error| match error {
        LoginError::Ssh(error) => failure::ssh(work.node.name.as_str(), &error),
        LoginError::Store(error) => error.into(),
        LoginError::NoKey => failure::fail(Device::Refused {
            device: work.node.name.to_string(),
            detail: error.to_string(),
        }),
    })
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
