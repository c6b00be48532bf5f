//! Rendering and arming, in one write: what the node will be served is fixed here, byte for byte.

use inventory::arm::{Errand, Payload};
use inventory::id::Token;
use inventory::job::Stage;
use inventory::message::Refusal;
use inventory::node::{Identity, NodeRecord, Reports};
use inventory::secret::Secret;
use inventory::store::{Change, Expect, read};
use templates::{Data, HostKey, Install};

use super::arming::{broken, gone, is_at_hand, put_arm, submit, token};
use super::{StepError, Work, passphrase};
use crate::ssh::make_host_key;

/// Makes the arm.
pub(super) async fn perform(work: &Work<'_>) -> Result<Stage, StepError> {
    let now = work.context.now();
    if !now.is_plausible() {
        return Err(Refusal::ClockWrong {
            shows: now.wall.to_string(),
        }
        .into());
    }
    let known = read::<NodeRecord>(work.context.store(), &work.node.name)?;
    let known_identity = known
        .as_ref()
        .and_then(|known| known.value.identity.clone());
    let identity = known_identity.ok_or_else(|| Refusal::SerialUnconfirmed {
        found: String::new(),
    })?;
    let token = token(work)?;
    let host_key = make_host_key(&work.context.random, work.node.name.as_str())
        .map_err(|error| broken(&error))?;
    let mut change = Change::default();
    let passphrase = passphrase::deliver(work, &mut change)?;
    let payload = render(
        work,
        &Parts {
            token,
            identity: &identity,
            host_key: &host_key,
            passphrase: passphrase.as_ref(),
        },
    )?;
    let rack = work.context.world.rack();
    let profile = rack.profiles.get(&work.node.profile);
    let profile = profile.ok_or_else(|| gone(work))?;
    let repos = profile.repos.iter().filter_map(|repo| rack.repos.get(repo));
    is_at_hand(work, &rack, &profile.os, repos)?;
    let arm = put_arm(
        work,
        (Errand::Install, &profile.os),
        payload.clone().into_texts(),
        &mut change,
    )?;
    let reports = Reports {
        node: arm.node.clone(),
        job: arm.job,
        reports: Vec::new(),
    };
    if let Some(os) = rack.oses.get(&profile.os) {
        crate::media::guess(work.context, &profile.os, os, &mut change)?;
    }
    change
        .put(Expect::Any, &payload)?
        .put(Expect::Any, &reports)?;
    submit(work, change).await
}

struct Parts<'a> {
    token: Token,
    identity: &'a Identity,
    host_key: &'a HostKey,
    passphrase: Option<&'a Secret>,
}

fn render(work: &Work<'_>, parts: &Parts<'_>) -> Result<Payload, StepError> {
    let rack = work.context.world.rack();
    let appliance_key = work.context.ssh.public().map_err(|error| broken(&error))?;
    let install = Install {
        rack: &rack,
        node: &work.node,
        token: parts.token,
        identity: parts.identity,
        data: data(work)?,
        host_key: parts.host_key,
        passphrase: parts.passphrase,
        appliance_key: &appliance_key,
    };
    templates::payload(&install).map_err(|error| broken(&error))
}

/// What a person allowed. Images stay where they are only if the layout has them where the kickstart finds them again.
fn data(work: &Work<'_>) -> Result<Data, StepError> {
    let keeps = match &work.job.wish.wipe {
        None => return Ok(Data::Refused),
        Some(wipe) => wipe.keep_images,
    };
    if !keeps {
        return Ok(Data::Wiped);
    }
    let rack = work.context.world.rack();
    let profile = rack.profiles.get(&work.node.profile);
    match profile.is_some_and(|profile| profile.disk.can_keep_images()) {
        true => Ok(Data::ImagesKept),
        false => Err(Refusal::CannotKeep {
            profile: work.node.profile.clone(),
        }
        .into()),
    }
}
