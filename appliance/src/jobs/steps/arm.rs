//! Rendering and arming, in one write: what the node will be served is fixed here, byte for byte.

use std::net::IpAddr;

use inventory::arm::{Arm, ArmState, OverIpv6, Payload};
use inventory::clock::Deadline;
use inventory::id::{Sha256, Token};
use inventory::job::Stage;
use inventory::message::{Device, Install as Told, Message, Refusal};
use inventory::node::{Identity, NodeRecord, Reports};
use inventory::rack::{Profile, Rack, Source};
use inventory::secret::Secret;
use inventory::store::{Change, Expect, read};
use ring::rand::SecureRandom;
use templates::{Data, HostKey, Install};

use super::{StepError, Work, failure, passphrase};
use crate::jobs::{ARM_LIFE, record};
use crate::media::fit;
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
    put_arm(work, &payload, &mut change)?;
    // Together with the job as it was decided on: an arm is not made for a job that was stopped meanwhile. The runner
    // then finds its record written by somebody else, reads it again, sees the arm, and goes on.
    change.put(Expect::Version(work.version), work.job)?;
    work.context.store().submit(change).await?;
    work.context
        .world
        .served
        .reset(IpAddr::from(work.address()));
    Ok(Stage::Power)
}

struct Parts<'a> {
    token: Token,
    identity: &'a Identity,
    host_key: &'a HostKey,
    passphrase: Option<&'a Secret>,
}

fn token(work: &Work<'_>) -> Result<Token, StepError> {
    let mut bytes = [0; 16];
    let filled = work.context.random.fill(&mut bytes);
    filled.map_err(|_| broken(&"the machine gives no random numbers"))?;
    Ok(Token::from_random(bytes))
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

/// Whether the OS and the repositories are here, and what the rack file says: the install would stop in the middle.
fn is_at_hand(work: &Work<'_>, rack: &Rack, profile: &Profile) -> Result<(), StepError> {
    let os = rack.oses.get(&profile.os);
    let tree = match os.map(|os| (os, &os.source)) {
        Some((_, Source::Media(id))) => Some(id),
        Some((os, Source::Tree(folder))) => {
            if let Some((wanted, found)) = fit::other_tree(os, folder) {
                let os = profile.os.clone();
                return Err(Refusal::OtherTree { os, wanted, found }.into());
            }
            None
        }
        None => None,
    };
    let repos = profile.repos.iter().filter_map(|repo| rack.repos.get(repo));
    for id in tree.into_iter().chain(repos) {
        if work.context.world.shelf.get(id).is_none() {
            return Err(Refusal::NoMedium { id: id.clone() }.into());
        }
    }
    Ok(())
}

/// The arm replaces an ended one of an earlier job; a live one of another job is a conflict, and the store says so.
fn put_arm(work: &Work<'_>, payload: &Payload, change: &mut Change) -> Result<(), StepError> {
    let now = work.context.now();
    let rack = work.context.world.rack();
    let gone = || Refusal::NodeGone {
        node: work.node.name.clone(),
    };
    let profile = rack.profiles.get(&work.node.profile).ok_or_else(gone)?;
    is_at_hand(work, &rack, profile)?;
    let before = read::<Arm>(work.context.store(), &work.node.name)?;
    if before
        .as_ref()
        .is_some_and(|before| before.value.state.is_live())
    {
        return Err(StepError::Fail(Message::Job(
            inventory::message::Job::ArmGone,
        )));
    }
    let expect = before.map_or(Expect::Absent, |before| Expect::Version(before.version));
    let arm = Arm {
        node: work.node.name.clone(),
        mac: work.node.mac,
        address: work.address(),
        job: work.job.id,
        os: profile.os.clone(),
        epoch: work.context.world.epoch,
        token: payload.token,
        kickstart: Sha256::of(payload.kickstart.as_bytes()),
        over_ipv6: OverIpv6::of(&work.node, payload),
        astray: None,
        armed_at: now.wall,
        deadline: Deadline::after(&now, ARM_LIFE),
        state: ArmState::Armed,
    };
    let told = Told::Armed {
        os: arm.os.clone(),
        kickstart: arm.kickstart,
        kickstart6: arm.over_ipv6.map(|over| over.kickstart),
    };
    let reports = Reports {
        node: arm.node.clone(),
        job: arm.job,
        reports: Vec::new(),
    };
    if let Some(os) = rack.oses.get(&profile.os) {
        crate::media::guess(work.context, &profile.os, os, change)?;
    }
    change
        .put(expect, &arm)?
        .put(Expect::Any, payload)?
        .put(Expect::Any, &reports)?;
    change.tell(record::event(work.job, &now, Message::Install(told)));
    Ok(())
}

fn broken(error: &impl ToString) -> StepError {
    let device = "the appliance".to_owned();
    failure::fail(Device::Refused {
        device,
        detail: error.to_string(),
    })
}
