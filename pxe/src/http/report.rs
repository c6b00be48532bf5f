//! Reports of an installer: checked, bounded, kept in order, told to the arm. All of it is durable before the 2xx, because
//! the installer repeats a report until it hears one, and reboots after the last.

use bytes::Bytes;
use inventory::arm::{Arm, ArmState, Stimulus};
use inventory::id::{NodeName, Token};
use inventory::node::{Phase, Report};
use inventory::store::StoreError;
use tracing::{error, warn};

use super::Asked;
use super::form;
use super::kept;
use super::reply::{self, Reply};
use super::status::Status;
use crate::World;
use crate::decide::{self, Claim, Permit, Why};
use crate::peer::{self, Nobody, Peer};

/// The largest body read: a report carries the tail of a log, not the log.
pub(super) const BODY_MAX: usize = 64 * 1024;

/// Why a report is not taken.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the body is too long or did not come in time")]
    Body,
    #[error("the form has no field `phase` of pre, pre-failed, partitioned, installed, failed")]
    Phase,
    #[error("the token in the URL is none")]
    NoToken,
    #[error("{}", .0.words())]
    Nobody(Nobody),
    #[error("{}", .0.words())]
    Not(Why),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refused {
    fn status(&self) -> Status {
        match self {
            Self::Body => Status::ContentTooLarge,
            Self::Phase => Status::BadRequest,
            Self::NoToken => Status::NotFound,
            Self::Nobody(_) | Self::Not(_) => Status::Forbidden,
            Self::Store(_) => Status::Unavailable,
        }
    }
}

/// Takes a report: 200, or why not.
pub(super) async fn serve(
    world: &World,
    asked: &Asked,
    (token, body): (&str, Option<Bytes>),
) -> Reply {
    match take(world, asked, (token, body)).await {
        Ok(()) => reply::text("ok\n".to_owned()),
        Err(refused) => {
            let from = asked.ends.remote;
            match &refused {
                Refused::Store(error) => error!(%from, %error, "a report cannot be kept"),
                other => warn!(%from, why = %other, "report refused"),
            }
            reply::failure(refused.status())
        }
    }
}

async fn take(
    world: &World,
    asked: &Asked,
    (token, body): (&str, Option<Bytes>),
) -> Result<(), Refused> {
    let token: Token = token.parse().map_err(|_| Refused::NoToken)?;
    let node = match peer::of(world, asked.ends)? {
        Peer::Node(node) => node,
        Peer::Nobody(why) => return Err(Refused::Nobody(why)),
    };
    let claim = Claim {
        mac: node.mac,
        address: asked.ends.remote.to_canonical(),
        token: Some(token),
    };
    let report = read(world, &body.ok_or(Refused::Body)?)?;
    match consent(world, (&node.name, &claim), &report).await {
        Ok(arm) => kept::append(world, &arm, &report).await?,
        Err(refused) => {
            if let Refused::Not(why @ Why::NotNow) = refused {
                kept::refuse(world, asked.ends.remote, (&node.name, &report, why)).await?;
            }
            return Err(refused);
        }
    }
    Ok(())
}

fn read(world: &World, body: &[u8]) -> Result<Report, Refused> {
    let mut facts = form::fields(body);
    let phase = facts.remove("phase").and_then(|word| phase(&word));
    Ok(Report {
        phase: phase.ok_or(Refused::Phase)?,
        at: world.now().wall,
        detail: facts.remove("detail").unwrap_or_default(),
        facts,
    })
}

fn phase(word: &str) -> Option<Phase> {
    serde_json::from_value(word.into()).ok()
}

/// Tells the arm. What lies between start and end leaves it as it is, and counts only while it installs.
async fn consent(
    world: &World,
    (node, claim): (&NodeName, &Claim),
    report: &Report,
) -> Result<Arm, Refused> {
    let stimulus = decide::stimulus_of(report.phase, &report.detail);
    let is_end = stimulus.is_some();
    let stimulus = stimulus.unwrap_or(Stimulus::Tick);
    match decide::tell_claimed(world, node, claim, stimulus).await? {
        Permit::Granted(arm) if is_end || is_installing(&arm) => Ok(*arm),
        Permit::Granted(_) => Err(Refused::Not(Why::NotNow)),
        Permit::Local(why) => Err(Refused::Not(why)),
    }
}

fn is_installing(arm: &Arm) -> bool {
    matches!(arm.state, ArmState::Installing { .. })
}
