//! What every arm is made of: a token, the medium at hand, one arm a node, one write with the job it was decided on.

use std::net::IpAddr;

use inventory::arm::{Arm, ArmState, Errand, OverIpv6, Texts};
use inventory::clock::Deadline;
use inventory::id::{MediumId, OsName, Sha256, Token};
use inventory::job::Stage;
use inventory::message::{Device, Install as Told, Message, Refusal};
use inventory::rack::{Rack, Source};
use inventory::store::{Change, Expect, read};
use ring::rand::SecureRandom;

use super::{StepError, Work, failure};
use crate::jobs::{ARM_LIFE, TRIAL_LIFE, record};
use crate::media::fit;

pub(super) fn token(work: &Work<'_>) -> Result<Token, StepError> {
    let mut bytes = [0; 16];
    let filled = work.context.random.fill(&mut bytes);
    filled.map_err(|_| broken(&"the machine gives no random numbers"))?;
    Ok(Token::from_random(bytes))
}

/// Whether the OS and the repositories are here, and what the rack file says: the installer would stop in the middle.
pub(super) fn is_at_hand<'a>(
    work: &Work<'_>,
    rack: &'a Rack,
    name: &OsName,
    repos: impl Iterator<Item = &'a MediumId>,
) -> Result<(), StepError> {
    let os = rack.oses.get(name);
    let tree = match os.map(|os| (os, &os.source)) {
        Some((_, Source::Media(id))) => Some(id),
        Some((os, Source::Tree(folder))) => {
            if let Some((wanted, found)) = fit::other_tree(os, folder) {
                let os = name.clone();
                return Err(Refusal::OtherTree { os, wanted, found }.into());
            }
            None
        }
        None => None,
    };
    for id in tree.into_iter().chain(repos) {
        if work.context.world.shelf.get(id).is_none() {
            return Err(Refusal::NoMedium { id: id.clone() }.into());
        }
    }
    Ok(())
}

/// The arm replaces an ended one of an earlier job; a live one of another job is a conflict, and the store says so.
pub(super) fn put_arm(
    work: &Work<'_>,
    (errand, os): (Errand, &OsName),
    (token, over_ipv4, over_ipv6): (Token, Texts, Option<Texts>),
    change: &mut Change,
) -> Result<Arm, StepError> {
    let now = work.context.now();
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
    let life = match errand {
        Errand::Install => ARM_LIFE,
        Errand::Trial => TRIAL_LIFE,
    };
    let arm = Arm {
        node: work.node.name.clone(),
        mac: work.node.mac,
        address: work.address(),
        job: work.job.id,
        os: os.clone(),
        errand,
        epoch: work.context.world.epoch,
        token,
        kickstart: Sha256::of(over_ipv4.kickstart.as_bytes()),
        over_ipv6: OverIpv6::of(&work.node, over_ipv6.as_ref()),
        astray: None,
        armed_at: now.wall,
        deadline: Deadline::after(&now, life),
        state: ArmState::Armed,
    };
    change.put(expect, &arm)?;
    change.tell(record::event(work.job, &now, Message::Install(told(&arm))));
    Ok(arm)
}

fn told(arm: &Arm) -> Told {
    let (os, kickstart) = (arm.os.clone(), arm.kickstart);
    let kickstart6 = arm.over_ipv6.map(|over| over.kickstart);
    match arm.errand {
        Errand::Install => Told::Armed {
            os,
            kickstart,
            kickstart6,
        },
        Errand::Trial => Told::ArmedForTrial {
            os,
            kickstart,
            kickstart6,
        },
    }
}

pub(super) fn gone(work: &Work<'_>) -> StepError {
    Refusal::NodeGone {
        node: work.node.name.clone(),
    }
    .into()
}

pub(super) async fn submit(work: &Work<'_>, mut change: Change) -> Result<Stage, StepError> {
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

pub(super) fn broken(error: &impl ToString) -> StepError {
    let device = "the appliance".to_owned();
    failure::fail(Device::Refused {
        device,
        detail: error.to_string(),
    })
}
