//! The boot script for whoever asks: the installer's while the node's arm allows it, else "boot your own disk", which a
//! machine at an address of no node does after a screen that says who it is. Served over HTTP to iPXE and GRUB, over TFTP to GRUB.
//!
//! The arm's new state is durable before a byte leaves. Any doubt, a failing store included, means local boot.

use std::net::{IpAddr, Ipv6Addr};

use inventory::arm::{Arm, ArmState, Stimulus};
use inventory::dhcp::Mode;
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
use crate::stray;

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
    /// A node, at an address of no node.
    Stray(Box<Node>),
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
            | Self::Stray(_)
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
        // Which node it is says the neighbour table. The name that it asked by is only its word.
        (_, Err(local @ Local::Stray(_))) => {
            tell(world, ends, &local).await;
            instead(world, ends, (&local, Loader::Grub))
        }
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
        Peer::Nobody(Nobody::NotInRack) => Err(match stray::node(&world.rack(), ends) {
            Some(node) => Local::Stray(Box::new(node.clone())),
            None => Local::Nobody(Nobody::NotInRack),
        }),
        Peer::Nobody(why @ (Nobody::NoLease | Nobody::OtherInterface)) => Err(Local::Nobody(why)),
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
    let texts = decide::texts(world, &arm, ends.remote.to_canonical())?;
    let texts = texts.ok_or(Local::NoText(node))?;
    Ok(match loader {
        Loader::Ipxe => texts.ipxe,
        Loader::Grub => texts.grub,
    })
}

/// What is served in the place of the installer's script. The templates have no loops and print a few words: they do not
/// fail, and an empty script is an error to a loader.
fn instead(world: &World, ends: Ends, (local, loader): (&Local, Loader)) -> String {
    let from = ends.remote.to_canonical();
    if let Local::Stray(node) = local {
        return stray_screen(world, ends, (node, loader)).unwrap_or_default();
    }
    let text = match (local.allowed(), loader) {
        (Allowed::Screen, Loader::Ipxe) => templates::boot::unknown_ipxe(from),
        (Allowed::Screen, Loader::Grub) => templates::boot::unknown_grub(from),
        (Allowed::OwnDisk | Allowed::Installer, Loader::Ipxe) => {
            local_ipxe(world, ends, who(world, ends).ok().as_deref())
        }
        (Allowed::OwnDisk | Allowed::Installer, Loader::Grub) => {
            Ok(templates::boot::local_grub().to_owned())
        }
    };
    text.unwrap_or_default()
}

/// Says which node it is and what it lacks, and boots its own disk.
fn stray_screen(
    world: &World,
    ends: Ends,
    (node, loader): (&Node, Loader),
) -> Result<String, templates::Error> {
    let from = ends.remote.to_canonical();
    let own = stray::own(node, from);
    let node_name = &node.name;
    let screen = templates::boot::Stray {
        node: node_name,
        from,
        own,
    };
    match loader {
        Loader::Ipxe => Ok(screen.ipxe()? + &local_ipxe(world, ends, Some(node))?),
        Loader::Grub => screen.grub(),
    }
}

/// A node's iPXE is told where the GRUB of its OS lies, which a UEFI needs to boot a disk.
fn local_ipxe(world: &World, ends: Ends, node: Option<&Node>) -> Result<String, templates::Error> {
    let dir = node.and_then(|node| grub_dir(world, ends, node));
    templates::boot::local_ipxe(dir.as_deref())
}

/// None beside another DHCP server: GRUB would ask that one for its configuration (`arch::next_beside`), and stop there.
fn grub_dir(world: &World, ends: Ends, node: &Node) -> Option<String> {
    let rack = world.rack();
    if rack.networks.get(&node.network)?.dhcp.mode == Mode::Proxy {
        return None;
    }
    let name = &rack.profiles.get(&node.profile)?.os;
    let tree = rack.oses.get(name)?.folder(name);
    let server = UrlHost(ends.local.to_canonical());
    Some(format!("http://{server}/{tree}/EFI/BOOT"))
}

/// Logs every local boot; an event is worth only what somebody would want to know tomorrow: a node that was meant to be
/// installed and is not, or a clock that stops every install. A healthy node that boots its disk is no news.
async fn tell(world: &World, ends: Ends, local: &Local) {
    let from = ends.remote;
    match local {
        Local::Nobody(Nobody::NotInRack) if from.to_canonical().is_ipv6() => {
            tell_unknown(world, ends).await;
        }
        Local::Nobody(why) => info!(%from, why = why.words(), "local boot"),
        Local::Stray(node) => tell_stray(world, ends, node).await,
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
    info!(from = %ends.remote, node = %node.name, why, "local boot");
    if world.is_due(ends.remote, why, &world.now()) {
        let why = why.to_owned();
        store_event(world, of_node(node), Boot::LocalBoot { why }).await;
    }
}

/// The node's arm hears it each time, for its job; people once in a while.
async fn tell_stray(world: &World, ends: Ends, node: &Node) {
    let address = ends.remote.to_canonical();
    info!(from = %address, node = %node.name, "local boot: not the node's address");
    if let Err(error) = decide::note_astray(world, &node.name, address).await {
        error!(%error, "the arm of a node that asks from a strange address was not told");
    }
    if world.is_due(address, "stray", &world.now()) {
        let own = stray::own(node, address);
        store_event(world, of_node(node), Boot::StrayNode { address, own }).await;
    }
}

/// A machine that takes no address by DHCPv6 is heard nowhere else. Addresses cost it nothing, so all of them together are told
/// once in a while.
async fn tell_unknown(world: &World, ends: Ends) {
    const ALL: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    let address = ends.remote.to_canonical();
    let mac = stray::mac(&world.rack(), ends);
    info!(from = %address, ?mac, "local boot: an address of no node");
    if world.is_due(ALL, "stray", &world.now()) {
        let (actor, what) = (Actor::Appliance, Boot::StrayAddress { address, mac });
        let subject = mac.map_or(Subject::Rack, Subject::Stranger);
        store_event(world, (actor, subject), what).await;
    }
}

fn of_node(node: &Node) -> (Actor, Subject) {
    let name = node.name.clone();
    (Actor::Node(name.clone()), Subject::Node(name))
}

async fn store_event(world: &World, (actor, subject): (Actor, Subject), what: Boot) {
    let mut change = Change::default();
    change.tell(Event {
        at: world.now().wall,
        actor,
        subject,
        job: None,
        what: Message::Boot(what),
    });
    if let Err(error) = world.store.submit(change).await {
        error!(%error, "a local boot could not be recorded");
    }
}

#[cfg(test)]
mod tests;
