//! Verification: the installed system is looked at from inside, and the delivered host key is replaced by one made there.

use inventory::job::Stage;
use inventory::message::{self, Device, Message};
use inventory::node::NodeRecord;
use inventory::store::{Change, Expect, read};
use inventory::verification::Look;

use super::{StepError, Work, failure, host, passphrase, playbook};
use crate::ssh::Session;
use crate::verification::look::{self, LookError};
use crate::verification::manifest;

const REKEY: &str = include_str!("rekey.sh");
const SWAP: &str = concat!(include_str!("swap.sh"), include_str!("reload_sshd.sh"));

/// The first login after the install.
pub(super) async fn first(work: &Work<'_>) -> Result<Stage, StepError> {
    let session = host::login(work).await?;
    passphrase::replace(work, &session).await?;
    look(work, &session, Look::BeforeRegistration).await?;
    let made = host::run(
        work,
        &session,
        host::Script {
            name: "make a host key",
            text: REKEY,
        },
    );
    let made = made.await?.stdout.trim().to_owned();
    remember(work, |record| {
        if let Some(install) = &mut record.install {
            install.host_key.get_or_insert(made);
        }
    })
    .await?;
    host::run(
        work,
        &session,
        host::Script {
            name: "swap the host key",
            text: SWAP,
        },
    )
    .await?;
    session.close().await;
    let now = work.context.now().wall;
    remember(work, |record| {
        if let Some(install) = &mut record.install {
            install.verified_at = Some(now);
        }
    })
    .await?;
    let found = "as installed; host key made on the node".to_owned();
    let (device, deed) = (work.node.name.to_string(), "verified over SSH".to_owned());
    work.tell(Message::Device(Device::Did {
        device,
        deed,
        found,
    }))
    .await?;
    Ok(Stage::ServicePort)
}

/// The last look, over a new connection and with the key made on the node; what is on the node is listed with it.
pub(super) async fn again(work: &Work<'_>) -> Result<Stage, StepError> {
    let session = host::login(work).await?;
    look(work, &session, Look::AfterRegistration).await?;
    let listed = manifest::take(work.context, &work.node, &session).await;
    listed.map_err(|error| broken(work, error))?;
    session.close().await;
    Ok(match playbook::of(work) {
        Some(_) => Stage::Playbook,
        None => Stage::Done,
    })
}

async fn look(work: &Work<'_>, session: &Session, which: Look) -> Result<(), StepError> {
    let seen = look::look(work.context, (&work.node, which), session).await;
    let seen = seen.map_err(|error| broken(work, error))?;
    let faults = seen.faults();
    look::keep(work.context, &work.node.name, seen).await?;
    if faults.is_empty() {
        return Ok(());
    }
    let why = Message::Job(message::Job::NotAsInstalled { faults });
    // A system that has just started is not whole yet: the stage's deadline decides, and names these faults.
    Err(StepError::Again(why))
}

fn broken(work: &Work<'_>, error: LookError) -> StepError {
    let node = work.node.name.as_str();
    match error {
        LookError::Ssh(error) => failure::ssh(node, &error),
        LookError::Store(error) => error.into(),
        LookError::Broken { .. } | LookError::NoKickstart => failure::fail(Device::Refused {
            device: node.to_owned(),
            detail: error.to_string(),
        }),
    }
}

async fn remember(work: &Work<'_>, set: impl FnOnce(&mut NodeRecord)) -> Result<(), StepError> {
    let known = read::<NodeRecord>(work.context.store(), &work.node.name)?;
    let mut known = known.ok_or_else(|| {
        let detail = "nothing is known of its install; install it with `hinode up`".to_owned();
        failure::fail(Device::Refused {
            device: work.node.name.to_string(),
            detail,
        })
    })?;
    set(&mut known.value);
    let mut change = Change::default();
    change.put(Expect::Version(known.version), &known.value)?;
    Ok(work.context.store().submit(change).await.map(drop)?)
}
