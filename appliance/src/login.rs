//! Logging in to installed nodes, with the host key that each is known by.

use std::net::SocketAddr;

use inventory::arm::Payload;
use inventory::node::NodeRecord;
use inventory::rack::Node;
use inventory::store::{StoreError, read};

use crate::context::Context;
use crate::ssh::{Session, SshError};

/// sshd's port.
pub const SSH: u16 = 22;

/// Why nobody was let in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The connection, or one of the two keys.
    #[error(transparent)]
    Ssh(#[from] SshError),
    /// It was never installed by this appliance.
    #[error("no host key is known; install it with `hinode up`")]
    NoKey,
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Logs in: with the host key made on the node, or until that one is in force with the delivered one, which travelled
/// in the clear and is worth nothing afterwards.
///
/// # Errors
/// [`LoginError`].
pub async fn login(context: &Context, node: &Node) -> Result<Session, LoginError> {
    let address = SocketAddr::from((node.address, SSH));
    let mut last = LoginError::NoKey;
    for key in host_keys(context, node)? {
        match Session::connect(address, &context.ssh, &key).await {
            Ok(session) => return Ok(session),
            Err(changed @ SshError::Changed { .. }) => last = changed.into(),
            Err(other) => return Err(other.into()),
        }
    }
    Err(last)
}

fn host_keys(context: &Context, node: &Node) -> Result<Vec<String>, StoreError> {
    let record = read::<NodeRecord>(context.store(), &node.name)?;
    let install = record.and_then(|found| found.value.install);
    let is_verified = install
        .as_ref()
        .is_some_and(|install| install.verified_at.is_some());
    let mut keys: Vec<String> = install
        .and_then(|install| install.host_key)
        .into_iter()
        .collect();
    if !is_verified {
        let payload = read::<Payload>(context.store(), &node.name)?;
        keys.extend(payload.map(|found| found.value.host_key));
    }
    Ok(keys)
}
