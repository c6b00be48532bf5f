//! The kickstart: once (retries within minutes give the same bytes), for the right token, to the address that was armed.
//!
//! That it was served is durable before the first byte leaves: after a power cut the disk counts as written to.

use std::net::IpAddr;

use inventory::arm::Stimulus;
use inventory::event::{Actor, Event, Subject};
use inventory::id::{Sha256, Token};
use inventory::message::{Install, Message};
use inventory::rack::Node;
use inventory::store::{Change, StoreError};
use tracing::{error, warn};

use super::Asked;
use super::head::Method;
use super::reply::{self, Reply};
use super::status::Status;
use crate::World;
use crate::decide::{self, Claim, Permit, Why};
use crate::peer::{self, Nobody, Peer};

/// Why the kickstart is not served.
enum Refused {
    Nobody(Nobody),
    Not(Box<Node>, Why),
    NoText(Box<Node>),
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The kickstart, or 403 and an event that names why.
pub(super) async fn serve(world: &World, asked: &Asked, token: &str) -> Reply {
    // What is no token at all is not worth an event: somebody mistyped, or scans.
    let Ok(token) = token.parse::<Token>() else {
        return reply::failure(Status::NotFound);
    };
    match body(world, asked, token).await {
        Ok(text) => reply::text(text),
        Err(Refused::Store(error)) => {
            error!(from = %asked.ends.remote, %error, "a kickstart cannot be served");
            reply::failure(Status::Unavailable)
        }
        Err(refused) => {
            record(world, asked, &refused).await;
            reply::failure(Status::Forbidden)
        }
    }
}

async fn body(world: &World, asked: &Asked, token: Token) -> Result<String, Refused> {
    let node = match peer::of(world, asked.ends)? {
        Peer::Node(node) => node,
        Peer::Nobody(why) => return Err(Refused::Nobody(why)),
    };
    let claim = Claim {
        mac: node.mac,
        address: asked.ends.remote.to_canonical(),
        token: Some(token),
    };
    let seen = decide::peek(world, &node.name, &claim, &Stimulus::Kickstart)?;
    // The text comes before the consent: an arm without its text must not be consumed for nothing.
    let text = text_of(world, &seen, claim.address)?;
    let permit = if asked.head.method == Method::Head {
        seen
    } else {
        decide::tell_claimed(world, &node.name, &claim, Stimulus::Kickstart).await?
    };
    match (permit, text) {
        (Permit::Local(why), _) => Err(Refused::Not(node, why)),
        (Permit::Granted(_), None) => Err(Refused::NoText(node)),
        (Permit::Granted(_), Some(text)) => Ok(text),
    }
}

/// What was rendered when the arm was made, if it is still the text whose sum was recorded then.
fn text_of(world: &World, seen: &Permit, to: IpAddr) -> Result<Option<String>, StoreError> {
    let arm = match seen {
        Permit::Granted(arm) => arm,
        Permit::Local(_) => return Ok(None),
    };
    let text = decide::texts(world, arm, to)?.map(|texts| texts.kickstart);
    let sum = match to {
        IpAddr::V4(_) => Some(arm.kickstart),
        IpAddr::V6(_) => arm.over_ipv6.map(|over| over.kickstart),
    };
    Ok(text.filter(|text| Some(Sha256::of(text.as_bytes())) == sum))
}

/// One event for each address and reason in a while: whoever knocks again and again fills no log.
async fn record(world: &World, asked: &Asked, refused: &Refused) {
    let (node, why) = match refused {
        Refused::Nobody(why) => (None, why.words()),
        Refused::Not(node, why) => (Some(&node.name), why.words()),
        Refused::NoText(node) => (Some(&node.name), "its arm and its text do not agree"),
        Refused::Store(_) => return,
    };
    let (from, now) = (asked.ends.remote, world.now());
    warn!(%from, ?node, why, "kickstart refused");
    if !world.is_due(from, why, &now) {
        return;
    }
    let mut change = Change::default();
    change.tell(Event {
        at: now.wall,
        actor: node.map_or(Actor::Appliance, |node| Actor::Node(node.clone())),
        subject: node.map_or(Subject::Rack, |node| Subject::Node(node.clone())),
        job: None,
        what: Message::Install(Install::KickstartRefused {
            why: format!("{from}: {why}"),
        }),
    });
    if let Err(error) = world.store.submit(change).await {
        error!(%error, "a refused kickstart could not be recorded");
    }
}
