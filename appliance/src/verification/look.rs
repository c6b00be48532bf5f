//! The look itself: gathers what is wanted, runs the script, judges, and keeps the report.

use inventory::id::NodeName;
use inventory::node::{NodeRecord, Reports};
use inventory::rack::{Node, Rack};
use inventory::store::{Change, Expect, StoreError, read, read_all};
use inventory::verification::{Look, NodeReport, Verification};

use super::{Found, Other, Wanted, checks, cluster};
use crate::context::Context;
use crate::ssh::{Output, Session, SshError};

const LOOK: &str = concat!(
    include_str!("look.sh"),
    include_str!("storage.sh"),
    include_str!("settings.sh")
);

/// Why there is no look to judge.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The connection.
    #[error(transparent)]
    Ssh(#[from] SshError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The script broke.
    #[error("the look into the system ended with {status:?}: {stderr}; log in and look")]
    Broken {
        /// Exit status.
        status: Option<u32>,
        /// What it complained.
        stderr: String,
    },
    /// The kickstart of the node's install is not kept, so what it wrote is not known.
    #[error(
        "what its install wrote is not known: its kickstart is not kept; install it anew with `hinode up`"
    )]
    NoKickstart,
}

/// Looks into `node` over `session`. Nothing is kept.
///
/// # Errors
/// [`LookError`].
pub async fn look(
    context: &Context,
    (node, look): (&Node, Look),
    session: &Session,
) -> Result<Verification, LookError> {
    let rack = context.world.rack();
    let wanted = gather(context, (&rack, node), look)?;
    let script = format!("{}{LOOK}", wanted.variables());
    let output = session.run("sh -s", &script).await?;
    let found = Found::parse(&ended_well(output)?.stdout);
    Ok(Verification {
        at: context.now().wall,
        look,
        checks: checks(&wanted, &found),
        traits: cluster::traits(&wanted, &found),
    })
}

pub(super) fn ended_well(output: Output) -> Result<Output, LookError> {
    match output.status {
        Some(0) => Ok(output),
        status => Err(LookError::Broken {
            status,
            stderr: output.stderr.trim().to_owned(),
        }),
    }
}

/// Which look a node is due for now.
///
/// # Errors
/// The store cannot be read.
pub fn due(context: &Context, node: &NodeName) -> Result<Look, StoreError> {
    let record = read::<NodeRecord>(context.store(), node)?;
    Ok(match record.and_then(|found| found.value.cloud_host) {
        Some(_) => Look::AfterRegistration,
        None => Look::BeforeRegistration,
    })
}

/// Keeps a look as the node's last one of its kind. What came after registration goes with a new look before one.
///
/// # Errors
/// The store did not take it.
pub async fn keep(
    context: &Context,
    node: &NodeName,
    verification: Verification,
) -> Result<(), StoreError> {
    let known = read::<NodeReport>(context.store(), node)?;
    let before = known.and_then(|found| found.value.before);
    let report = match verification.look {
        Look::BeforeRegistration => NodeReport {
            node: node.clone(),
            before: Some(verification),
            after: None,
        },
        Look::AfterRegistration => NodeReport {
            node: node.clone(),
            before,
            after: Some(verification),
        },
    };
    let mut change = Change::default();
    // The node's job alone writes it.
    change.put(Expect::Any, &report)?;
    context.store().submit(change).await.map(drop)
}

fn gather<'a>(
    context: &Context,
    (rack, node): (&'a Rack, &'a Node),
    look: Look,
) -> Result<Wanted<'a>, StoreError> {
    let record = read::<NodeRecord>(context.store(), &node.name)?;
    let serial = record
        .and_then(|found| found.value.identity)
        .map(|identity| identity.serial);
    let reports = read::<Reports>(context.store(), &node.name)?;
    let installer_boot = reports.and_then(|found| {
        let mut newest = found.value.reports.iter().rev();
        newest.find_map(|report| report.facts.get("boot_id").cloned())
    });
    let is_registered = look == Look::AfterRegistration && node.cloud.is_some();
    let reports = read_all::<NodeReport>(context.store())?;
    let others = reports
        .into_iter()
        .filter_map(|found| other(rack, node, &found.value));
    Ok(Wanted {
        rack,
        node,
        host: rack.host_network(node),
        serial,
        installer_boot,
        changes: is_registered.then(devices::cloud::changes),
        others: others.collect(),
    })
}

/// Another node of the rack, as its last look saw it.
fn other(rack: &Rack, node: &Node, report: &NodeReport) -> Option<Other> {
    let its = rack.nodes.get(&report.node)?;
    if its.name == node.name {
        return None;
    }
    Some(Other {
        node: its.name.clone(),
        is_in_cluster: its.cloud.is_some() && its.cloud == node.cloud,
        traits: report.last()?.traits.clone(),
    })
}
