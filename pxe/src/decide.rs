//! The interlock at work: whether what a node asks for may be served, decided by its arm and nothing else. The new state
//! of the arm is durable before an answer leaves; when in doubt, the node boots its own disk.

use std::net::IpAddr;

use inventory::arm::{Arm, ArmState, Errand, Outcome, Payload, Stimulus, Texts};
use inventory::event::{Actor, Event, Subject};
use inventory::id::{NodeName, Token};
use inventory::message::{Install, Message};
use inventory::net::Mac;
use inventory::node::{NodeRecord, Phase, Written};
use inventory::store::{self, Change, Expect, StoreError, Stored};
use inventory::trial::TrialPayload;

use crate::World;

/// How often a decision is made anew when somebody else changed the arm meanwhile. Two services and one job write it,
/// so more than a few rounds means that something is wrong.
const ROUNDS: usize = 5;

/// What whoever asks for an arm's payload must show: the very address the arm was made for, and its token where one is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// MAC of the lease the asker holds.
    pub mac: Mac,
    /// The asker's address.
    pub address: IpAddr,
    /// The token in the URL; boot scripts have none.
    pub token: Option<Token>,
}

impl Claim {
    /// What does not agree with `arm`, if anything.
    fn fault(&self, arm: &Arm) -> Option<Why> {
        let is_armed = match self.address {
            IpAddr::V4(address) => address == arm.address,
            IpAddr::V6(address) => arm.over_ipv6.is_some_and(|over| over.address == address),
        };
        if self.mac != arm.mac || !is_armed {
            Some(Why::OtherAddress)
        } else if self.token.is_some_and(|token| token != arm.token) {
            Some(Why::WrongToken)
        } else {
            None
        }
    }
}

/// What may be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permit {
    /// What was rendered at arming may be served (or the report is accepted).
    Granted(Box<Arm>),
    /// The local boot answer (or the report is refused), and why.
    Local(Why),
}

/// Why a node boots its own disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No arm.
    NotArmed,
    /// The arm does not allow this now: spent, broken, expired, void, or out of order.
    NotNow,
    /// The wall clock is before this software existed.
    ClockWrong,
    /// The asker's MAC or address is not the one that was armed.
    OtherAddress,
    /// The token is not the arm's.
    WrongToken,
}

impl Why {
    /// In words, for events.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotArmed => "not armed",
            Self::NotNow => "its arm does not allow an install now",
            Self::ClockWrong => "the appliance's clock is wrong",
            Self::OtherAddress => "another MAC or address than was armed",
            Self::WrongToken => "the token is not the one of its arm",
        }
    }
}

/// Tells the arm of `node` what happened, stores what follows from it, and says whether to serve.
pub async fn tell(
    world: &World,
    node: &NodeName,
    stimulus: Stimulus,
) -> Result<Permit, StoreError> {
    tell_if(world, node, stimulus, |_| None).await
}

/// [`tell`], if the asker shows what belongs to the arm. A wrong claim leaves the arm as it is.
pub async fn tell_claimed(
    world: &World,
    node: &NodeName,
    claim: &Claim,
    stimulus: Stimulus,
) -> Result<Permit, StoreError> {
    tell_if(world, node, stimulus, |arm| claim.fault(arm)).await
}

/// What [`tell_claimed`] would answer now. Nothing is stored: a HEAD consumes nothing.
pub fn peek(
    world: &World,
    node: &NodeName,
    claim: &Claim,
    stimulus: &Stimulus,
) -> Result<Permit, StoreError> {
    let now = world.now();
    if !now.is_plausible() {
        return Ok(Permit::Local(Why::ClockWrong));
    }
    let Some(found) = store::read::<Arm>(&*world.store, node)? else {
        return Ok(Permit::Local(Why::NotArmed));
    };
    if let Some(why) = claim.fault(&found.value) {
        return Ok(Permit::Local(why));
    }
    Ok(match found.value.outcome(stimulus, world.epoch, &now) {
        Outcome::Stay | Outcome::Go(_) => Permit::Granted(Box::new(found.value)),
        Outcome::Refuse | Outcome::Close(_) => Permit::Local(Why::NotNow),
    })
}

async fn tell_if(
    world: &World,
    node: &NodeName,
    stimulus: Stimulus,
    fault: impl Fn(&Arm) -> Option<Why>,
) -> Result<Permit, StoreError> {
    let mut last = None;
    for _ in 0..ROUNDS {
        let now = world.now();
        let Some(found) = store::read::<Arm>(&*world.store, node)? else {
            return Ok(Permit::Local(Why::NotArmed));
        };
        if let Some(why) = fault(&found.value) {
            return Ok(Permit::Local(why));
        }
        let outcome = found.value.outcome(&stimulus, world.epoch, &now);
        // A wrong clock permits nothing, and keeps nothing from being ended: a reboot seen now is a reboot.
        if !now.is_plausible() && !matches!(outcome, Outcome::Close(_)) {
            return Ok(Permit::Local(Why::ClockWrong));
        }
        match settle(world, found, outcome).await {
            Err(conflict @ StoreError::Conflict { .. }) => last = Some(conflict),
            other => return other,
        }
    }
    Err(last.unwrap_or(StoreError::Closed))
}

async fn settle(world: &World, found: Stored<Arm>, outcome: Outcome) -> Result<Permit, StoreError> {
    let (state, permit): (ArmState, fn(Box<Arm>) -> Permit) = match outcome {
        Outcome::Stay => return Ok(Permit::Granted(Box::new(found.value))),
        Outcome::Refuse => return Ok(Permit::Local(Why::NotNow)),
        Outcome::Go(state) => (state, Permit::Granted),
        Outcome::Close(state) => (state, |_| Permit::Local(Why::NotNow)),
    };
    let arm = Arm {
        state,
        ..found.value
    };
    let mut change = Change::default();
    change.put(Expect::Version(found.version), &arm)?;
    if matches!(arm.state, ArmState::Installing { .. }) {
        remember_install(world, &arm, &mut change)?;
    }
    if let Some(message) = message_for(&arm) {
        change.tell(event(world, &arm, message));
    }
    world.store.submit(change).await?;
    Ok(permit(Box::new(arm)))
}

/// Notes with the arm of `node`, while that waits for it, that the node asked from an address that is not its own. It stays armed
/// for its own; the job hears why nothing happens.
pub async fn note_astray(world: &World, node: &NodeName, from: IpAddr) -> Result<(), StoreError> {
    let Some(found) = store::read::<Arm>(&*world.store, node)? else {
        return Ok(());
    };
    if found.value.state != ArmState::Armed || found.value.astray == Some(from) {
        return Ok(());
    }
    let arm = Arm {
        astray: Some(from),
        ..found.value
    };
    let mut change = Change::default();
    change.put(Expect::Version(found.version), &arm)?;
    world.store.submit(change).await.map(drop)
}

/// From the kickstart on the disk may be written: the node is never again "never used", whatever comes.
fn remember_install(world: &World, arm: &Arm, change: &mut Change) -> Result<(), StoreError> {
    let found = store::read::<NodeRecord>(&*world.store, &arm.node)?;
    let expect = found
        .as_ref()
        .map_or(Expect::Absent, |found| Expect::Version(found.version));
    let earlier = found
        .as_ref()
        .and_then(|found| found.value.install.as_ref());
    let written = Written::before_next(earlier.map(|install| install.written));
    let (identity, cloud_host, checked) = match found {
        Some(found) => (
            found.value.identity,
            found.value.cloud_host,
            found.value.checked,
        ),
        None => (None, None, None),
    };
    let install = inventory::node::Install {
        job: arm.job,
        os: arm.os.clone(),
        begun_at: world.now().wall,
        host_key: None,
        verified_at: None,
        written,
    };
    let record = NodeRecord {
        node: arm.node.clone(),
        identity,
        install: Some(install),
        cloud_host,
        checked,
    };
    change.put(expect, &record)?;
    Ok(())
}

fn event(world: &World, arm: &Arm, message: Install) -> Event {
    Event {
        at: world.now().wall,
        actor: Actor::Node(arm.node.clone()),
        subject: Subject::Node(arm.node.clone()),
        job: Some(arm.job),
        what: Message::Install(message),
    }
}

fn message_for(arm: &Arm) -> Option<Install> {
    match &arm.state {
        ArmState::Armed => None,
        ArmState::Booting => Some(Install::BootScriptServed),
        ArmState::Installing { .. } => Some(Install::KickstartServed),
        ArmState::Trying { .. } => Some(Install::TrialServed),
        ArmState::Spent => Some(match arm.errand {
            Errand::Install => Install::Spent,
            Errand::Trial => Install::Tried,
        }),
        ArmState::Broken { why } => Some(Install::Broken { cause: why.clone() }),
        ArmState::Expired => Some(Install::Expired),
        ArmState::Void => Some(Install::Voided),
    }
}

/// The texts rendered when `arm` was made, if they still belong to it, for whoever asks from `to`. The arm of a trial has a
/// table of its own: no mistake elsewhere can lead from it to a kickstart that installs.
pub fn texts(world: &World, arm: &Arm, to: IpAddr) -> Result<Option<Texts>, StoreError> {
    let (token, over_ipv4, over_ipv6) = match arm.errand {
        Errand::Install => match store::read::<Payload>(&*world.store, &arm.node)? {
            Some(found) => found.value.into_texts(),
            None => return Ok(None),
        },
        Errand::Trial => match store::read::<TrialPayload>(&*world.store, &arm.node)? {
            Some(found) => {
                let payload = found.value;
                (payload.token, payload.over_ipv4, payload.over_ipv6)
            }
            None => return Ok(None),
        },
    };
    let texts = match to {
        IpAddr::V4(_) => Some(over_ipv4),
        IpAddr::V6(_) => over_ipv6,
    };
    Ok(texts.filter(|_| token == arm.token))
}

/// What a report does to the arm. The phases in between leave it as it is.
pub fn stimulus_of(phase: Phase, detail: &str) -> Option<Stimulus> {
    match phase {
        Phase::Pre | Phase::Partitioned => None,
        Phase::Installed => Some(Stimulus::Installed),
        Phase::Tried => Some(Stimulus::Tried),
        Phase::PreFailed | Phase::Failed => Some(Stimulus::Failed {
            detail: detail.to_owned(),
        }),
    }
}
