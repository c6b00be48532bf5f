//! Handing installed nodes over to Ansible: the inventory, as the store and the rack file in force say, and playbooks.

pub mod playbook;
mod run;

use inventory::node::NodeRecord;
use inventory::store::{StoreError, read_all};
use templates::handover::{Known, KnownNodes};

use crate::context::Context;

/// What is known of each node beyond the rack file.
///
/// # Errors
/// The store cannot be read.
pub fn known(context: &Context) -> Result<KnownNodes, StoreError> {
    let records = read_all::<NodeRecord>(context.store())?;
    let known = records.into_iter().map(|found| {
        let record = found.value;
        // Before the first verification it has the delivered key, which was never a secret.
        let install = record.install.filter(|it| it.verified_at.is_some());
        let known = Known {
            host_key: install.and_then(|install| install.host_key),
            cloud_host: record.cloud_host,
            serial: record.identity.map(|identity| identity.serial),
        };
        (record.node.to_string(), known)
    });
    Ok(known.collect())
}
