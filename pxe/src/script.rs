//! The boot script for whoever asks: the installer's while the node's arm allows it, else "boot your own disk", which a
//! machine of no rack file does after a screen that says who it is. Served over HTTP to iPXE and GRUB, over TFTP to GRUB.
//!
//! The arm's new state is durable before a byte leaves. Any doubt, a failing store included, means local boot.

use inventory::arm::{Arm, ArmState, Payload, Stimulus};
use inventory::event::{Actor, Event, Subject};
use inventory::message::{Boot, Message};
use inventory::net::{Mac, UrlHost};
use inventory::rack::Node;
use inventory::store::{self, Change, StoreError};
use tracing::{error, info};

use crate::World;
use crate::arch::Allowed;
use crate::decide::{self, Claim, Permit, Why};
use crate::peer::{self, Ends, Nobody, Peer};

/// Which loader the script is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loader {
    /// iPXE.
    Ipxe,
    /// GRUB.
    Grub,
}

/// Why the installer's script is not served.
#[derive(Debug)]
enum Local {
    Nobody(Nobody),
    Not(Box<Node>, Why),
    /// The arm has no text: it was replaced between two reads.
    NoText(Box<Node>),
    Store(StoreError),
}

impl Local {
    /// What the asker may run instead.
    fn allowed(&self) -> Allowed {
        match self {
            Self::Nobody(Nobody::NotInRack) => Allowed::Screen,
            Self::Nobody(Nobody::NoLease | Nobody::OtherInterface)
            | Self::Not(..)
            | Self::NoText(_)
            | Self::Store(_) => Allowed::OwnDisk,
        }
    }
}

impl From<StoreError> for Local {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The script to serve now; from here the arm counts as booting.
pub async fn take(world: &World, ends: Ends, loader: Loader) -> String {
    match installer(world, ends, loader).await {
        Ok(text) => text,
        Err(local) => {
            tell(world, ends, &local).await;
            instead(world, ends, (&local, loader))
        }
    }
}

/// [`take`] for a GRUB that names the MAC of its card. One that is another node's than the asker's gets no installer.
pub async fn take_for(world: &World, ends: Ends, mac: Mac) -> String {
    let rack = world.rack();
    let owner = rack.node_by_mac(mac);
    if owner.is_some_and(|node| node.has(ends.remote)) {
        return take(world, ends, Loader::Grub).await;
    }
    info!(from = %ends.remote, %mac, "GRUB configuration of another machine asked for: local boot");
    match (owner, who(world, ends)) {
        (None, Err(local)) => instead(world, ends, (&local, Loader::Grub)),
        (Some(_), _) | (None, Ok(_)) => templates::boot::local_grub().to_owned(),
    }
}

/// The script [`take`] would serve now, consuming nothing: for HEAD.
pub fn look(world: &World, ends: Ends, loader: Loader) -> String {
    let found = who(world, ends).and_then(|node| {
        let claim = claim(&node, ends);
        let permit = decide::peek(world, &node.name, &claim, &Stimulus::BootScript)?;
        text(world, node, permit, (ends, loader))
    });
    found.unwrap_or_else(|local| instead(world, ends, (&local, loader)))
}

async fn installer(world: &World, ends: Ends, loader: Loader) -> Result<String, Local> {
    let node = who(world, ends)?;
    let claim = claim(&node, ends);
    let permit = decide::tell_claimed(world, &node.name, &claim, Stimulus::BootScript).await?;
    text(world, node, permit, (ends, loader))
}

fn who(world: &World, ends: Ends) -> Result<Box<Node>, Local> {
    match peer::of(world, ends)? {
        Peer::Node(node) => Ok(node),
        Peer::Nobody(why) => Err(Local::Nobody(why)),
    }
}

fn claim(node: &Node, ends: Ends) -> Claim {
    Claim {
        mac: node.mac,
        address: ends.remote.to_canonical(),
        token: None,
    }
}

fn text(
    world: &World,
    node: Box<Node>,
    permit: Permit,
    (ends, loader): (Ends, Loader),
) -> Result<String, Local> {
    let arm = match permit {
        Permit::Granted(arm) => arm,
        Permit::Local(why) => return Err(Local::Not(node, why)),
    };
    let payload = decide::payload(world, &arm)?;
    let text = payload.and_then(|payload| text_for(payload, ends, loader));
    text.ok_or(Local::NoText(node))
}

/// The text whose URLs are of the family that the node asks by.
fn text_for(payload: Payload, ends: Ends, loader: Loader) -> Option<String> {
    let is_ipv6 = ends.remote.to_canonical().is_ipv6();
    match (loader, is_ipv6) {
        (Loader::Ipxe, false) => Some(payload.ipxe),
        (Loader::Grub, false) => Some(payload.grub),
        (Loader::Ipxe, true) => Some(payload.over_ipv6?.ipxe),
        (Loader::Grub, true) => Some(payload.over_ipv6?.grub),
    }
}

/// What is served in the place of the installer's script.
fn instead(world: &World, ends: Ends, (local, loader): (&Local, Loader)) -> String {
    match (local.allowed(), loader) {
        (Allowed::Screen, Loader::Ipxe) => templates::boot::unknown_ipxe().to_owned(),
        (Allowed::Screen, Loader::Grub) => templates::boot::unknown_grub().to_owned(),
        (Allowed::OwnDisk | Allowed::Installer, Loader::Ipxe) => local_ipxe(world, ends),
        (Allowed::OwnDisk | Allowed::Installer, Loader::Grub) => {
            templates::boot::local_grub().to_owned()
        }
    }
}

/// A node's iPXE is told where the GRUB of its OS lies, which a UEFI needs to boot a disk.
fn local_ipxe(world: &World, ends: Ends) -> String {
    let dir = grub_dir(world, ends);
    // A template without loops over one string: it does not fail, and an empty script is an error to iPXE.
    templates::boot::local_ipxe(dir.as_deref()).unwrap_or_default()
}

fn grub_dir(world: &World, ends: Ends) -> Option<String> {
    let node = who(world, ends).ok()?;
    let rack = world.rack();
    let os = &rack.profiles.get(&node.profile)?.os;
    let server = UrlHost(ends.local.to_canonical());
    Some(format!("http://{server}/os/{os}/EFI/BOOT"))
}

/// Logs every local boot; an event is worth only what somebody would want to know tomorrow: a node that was meant to be
/// installed and is not, or a clock that stops every install. A healthy node that boots its disk is no news.
async fn tell(world: &World, ends: Ends, local: &Local) {
    let from = ends.remote;
    match local {
        Local::Nobody(why) => info!(%from, why = why.words(), "local boot"),
        Local::Store(error) => error!(%from, %error, "local boot, for the store does not answer"),
        Local::NoText(node) => {
            record(world, ends, node, "its arm was replaced while it asked").await;
        }
        Local::Not(node, why) if is_news(world, node, *why) => {
            record(world, ends, node, why.words()).await;
        }
        Local::Not(node, why) => info!(%from, node = %node.name, why = why.words(), "local boot"),
    }
}

/// Whether somebody expects an install of this node: its arm ended otherwise than by success.
fn is_news(world: &World, node: &Node, why: Why) -> bool {
    match why {
        Why::NotArmed => false,
        Why::ClockWrong | Why::OtherAddress | Why::WrongToken => true,
        Why::NotNow => store::read::<Arm>(&*world.store, &node.name)
            .is_ok_and(|arm| arm.is_some_and(|arm| arm.value.state != ArmState::Spent)),
    }
}

async fn record(world: &World, ends: Ends, node: &Node, why: &'static str) {
    let now = world.now();
    info!(from = %ends.remote, node = %node.name, why, "local boot");
    if !world.seldom.is_due(ends.remote, why, &now) {
        return;
    }
    let mut change = Change::default();
    change.tell(Event {
        at: now.wall,
        actor: Actor::Node(node.name.clone()),
        subject: Subject::Node(node.name.clone()),
        job: None,
        what: Message::Boot(Boot::LocalBoot {
            why: why.to_owned(),
        }),
    });
    if let Err(error) = world.store.submit(change).await {
        error!(%error, "a local boot could not be recorded");
    }
}

#[cfg(test)]
mod tests;
