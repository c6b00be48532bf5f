//! Stored records as the API shows them. Pure, but for reading the store.

use std::net::IpAddr;

use devices::switch::ovs;
use inventory::arm::{Arm, ArmState};
use inventory::dhcp::Window;
use inventory::event::{Actor, Subject};
use inventory::id::OsName;
use inventory::job::{self, Stage};
use inventory::message::Message;
use inventory::node::{ForeignServer, NodeRecord, Stranger};
use inventory::rack::{Node, Rack, SwitchDriver};
use inventory::store::{Link, StoreError, read, read_all};
use inventory::support::Left;
use jiff::tz::TimeZone;

use super::types;
use crate::context::Context;
use crate::jobs::{self, bring_up, facts};
use crate::racks;

/// A message.
pub fn text(message: &Message) -> types::Text {
    types::Text {
        code: message.code(),
        text: message.english(),
        fields: serde_json::to_value(message).unwrap_or_default(),
        evidence: message.evidence().to_vec(),
    }
}

/// The whole rack.
pub async fn status(context: &Context) -> Result<types::Status, StoreError> {
    let rack = context.world.rack();
    let jobs = read_all::<job::Job>(context.store())?;
    let mut nodes = Vec::new();
    for node in rack.nodes.values() {
        // Keys sort as numbers do, so the last one is the latest.
        let latest = jobs
            .iter()
            .rev()
            .find(|found| found.value.node == node.name);
        nodes.push(node_status(context, node, latest.map(|found| &found.value)).await?);
    }
    let strangers = read_all::<Stranger>(context.store())?;
    Ok(types::Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        epoch: context.world.epoch.0,
        revision: racks::current(context.store())?.map_or(0, |found| found.revision),
        clock_is_plausible: context.now().is_plausible(),
        nodes,
        ending: ending(context),
        pools: pools(context)?,
        strangers: strangers
            .into_iter()
            .map(|found| stranger(found.value))
            .collect(),
        foreign_servers: read_all::<ForeignServer>(context.store())?
            .into_iter()
            .filter(|found| !is_named(&rack, &found.value))
            .map(|found| foreign_server(&rack, found.value))
            .collect(),
    })
}

/// Only what nodes have: an OS of the rack file that no node has is nobody's sorrow.
fn ending(context: &Context) -> Vec<types::Ending> {
    let rack = context.world.rack();
    let today = context.now().wall.to_zoned(TimeZone::UTC).date();
    let has = |node: &Node, name: &OsName| {
        let profile = rack.profiles.get(&node.profile);
        profile.is_some_and(|profile| profile.os == *name)
    };
    let oses = rack.oses.iter().filter_map(|(name, os)| {
        let ends = os.support_ends()?;
        let left = Left::of(Some(ends), today);
        let nodes = rack.nodes.values().filter(|node| has(node, name)).count();
        (left.is_news() && nodes > 0).then(|| types::Ending {
            os: name.to_string(),
            version: os.version.to_string(),
            ends,
            left,
            nodes,
        })
    });
    oses.collect()
}

fn pools(context: &Context) -> Result<Vec<types::Pool>, StoreError> {
    let windows = read_all::<Window>(context.store())?;
    let pools = windows.into_iter().map(|found| types::Pool {
        network: found.value.network.to_string(),
        left_s: found.value.deadline.left(&context.now()).as_secs(),
        author: found.value.author,
    });
    Ok(pools.filter(|pool| pool.left_s > 0).collect())
}

async fn node_status(
    context: &Context,
    node: &Node,
    latest: Option<&job::Job>,
) -> Result<types::NodeStatus, StoreError> {
    let arm = read::<Arm>(context.store(), &node.name)?;
    let record = read::<NodeRecord>(context.store(), &node.name)?.map(|found| found.value);
    let job = match latest {
        Some(latest) => Some(job(context, latest).await?),
        None => None,
    };
    let install = record.as_ref().and_then(|record| record.install.as_ref());
    Ok(types::NodeStatus {
        name: node.name.to_string(),
        slot: node.slot.to_string(),
        mac: node.mac.to_string(),
        address: node.address.to_string(),
        arm: arm.map(|found| arm_name(&found.value.state).to_owned()),
        job,
        verified_at: install.and_then(|install| install.verified_at),
        cloud_host: record.and_then(|record| record.cloud_host),
    })
}

fn arm_name(state: &ArmState) -> &'static str {
    match state {
        ArmState::Armed => "armed",
        ArmState::Booting => "booting",
        ArmState::Installing { .. } => "installing",
        ArmState::Trying { .. } => "trying",
        ArmState::Spent => "spent",
        ArmState::Broken { .. } => "broken",
        ArmState::Expired => "expired",
        ArmState::Void => "void",
    }
}

/// A job, with what it waits for at this moment.
pub async fn job(context: &Context, job: &job::Job) -> Result<types::Job, StoreError> {
    let now = context.now();
    let is_installing = job.stage == Stage::Install;
    let known = facts::gather(context, job).await?;
    let blocker = match jobs::next(job, &known, &now) {
        bring_up::Next::Wait(wait) => Some(text(&wait.why)),
        bring_up::Next::Do(_) | bring_up::Next::Enter(_) => Some(working(job)),
        bring_up::Next::Fail(why) => Some(text(&why)),
        bring_up::Next::Over => None,
    };
    let failure = match &job.stage {
        Stage::Failed { why, .. } => Some(text(why)),
        Stage::GiveBack { failed } => failed.as_ref().map(|failure| text(&failure.why)),
        Stage::Check
        | Stage::ProvisionPort
        | Stage::Arm
        | Stage::Power
        | Stage::Install
        | Stage::Verify
        | Stage::ServicePort
        | Stage::Register
        | Stage::VerifyAgain
        | Stage::Playbook
        | Stage::Try
        | Stage::Done => None,
    };
    Ok(types::Job {
        id: job.id.0,
        node: job.node.to_string(),
        stage: job.stage.name().to_owned(),
        since: job.since,
        is_over: job.stage.is_over(),
        left_s: if job.stage.is_over() {
            0
        } else {
            job.deadline.left(&now).as_secs()
        },
        blocker,
        failure,
        past: job.past.iter().map(past).collect(),
        served: is_installing.then_some(known.served),
        expected: known.expected.filter(|_| is_installing),
    })
}

/// What is on its way to the nodes.
pub fn transfers(context: &Context) -> Vec<types::Transfer> {
    let (rack, now) = (context.world.rack(), context.now());
    let underway = context.world.served.underway(now.mono);
    let shown = underway.into_iter().map(|it| types::Transfer {
        node: node_at(&rack, it.begun.client),
        service: it.begun.service.word().to_owned(),
        what: it.begun.what,
        since: now.wall - now.mono.saturating_sub(it.begun.at),
        size: it.begun.size,
        sent: it.sent,
        rate: it.rate,
    });
    shown.collect()
}

/// The node's name; its address if the rack file lost the node while the transfer ran.
fn node_at(rack: &Rack, address: IpAddr) -> String {
    let node = rack.node_by_address(address);
    node.map_or_else(|| address.to_string(), |node| node.name.to_string())
}

fn working(job: &job::Job) -> types::Text {
    let stage = job.stage.name().to_owned();
    text(&Message::Job(inventory::message::Job::Working { stage }))
}

fn past(past: &job::Past) -> types::PastStage {
    types::PastStage {
        stage: past.stage.clone(),
        entered: past.entered,
        left: past.left,
    }
}

fn stranger(stranger: Stranger) -> types::Stranger {
    types::Stranger {
        mac: stranger.mac.to_string(),
        interface: stranger.interface,
        address: stranger.address.map(|address| address.to_string()),
        vendor_class: stranger.vendor_class,
        first_seen: stranger.first_seen,
        last_seen: stranger.last_seen,
    }
}

/// Whether the rack file names it by now.
fn is_named(rack: &Rack, foreign: &ForeignServer) -> bool {
    let mut interfaces = rack.appliance.interfaces.iter();
    let interface = interfaces.find(|it| it.name.as_str() == foreign.interface);
    let network = interface.and_then(|it| rack.networks.get(&it.network));
    network.is_some_and(|network| network.dhcp_servers.contains(&foreign.server))
}

/// The port of a node stands in the rack file; for others, what to ask each switch.
fn foreign_server(rack: &Rack, foreign: ForeignServer) -> types::ForeignServer {
    let node = rack.node_by_mac(foreign.mac);
    let switches = rack.switches.iter().filter(|_| node.is_none());
    let find = switches.map(|(name, switch)| match switch.driver {
        SwitchDriver::OpenVswitch => {
            format!(
                "switch {name}: {}",
                ovs::how_to_find(&switch.bridge, foreign.mac)
            )
        }
    });
    types::ForeignServer {
        server: foreign.server.to_string(),
        mac: foreign.mac.to_string(),
        interface: foreign.interface,
        port: node.map(|node| node.port.to_string()),
        find: find.collect(),
        first_seen: foreign.first_seen,
        last_seen: foreign.last_seen,
    }
}

/// An event.
pub fn event(link: &Link) -> Result<types::Event, StoreError> {
    let event = link.event()?;
    Ok(types::Event {
        seq: link.seq,
        at: event.at,
        actor: actor(&event.actor),
        subject: subject(&event.subject),
        job: event.job.map(|job| job.0),
        what: text(&event.what),
        sum: link.sum.to_string(),
    })
}

fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Person(name) => name.clone(),
        Actor::Node(node) => format!("node {node}"),
        Actor::Appliance => "appliance".to_owned(),
    }
}

fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Rack => "rack".to_owned(),
        Subject::Node(node) => node.to_string(),
        Subject::Stranger(mac) => mac.to_string(),
        Subject::Device(name) | Subject::Secret(name) => name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use inventory::net::Mac;
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn the_port_of_a_foreign_server_is_its_nodes_or_how_to_find_it() {
        let text = include_str!("../../../docs/examples/virtual-rack.toml");
        let rack = inventory::config::check(text).unwrap();
        let node = rack.nodes.values().next().unwrap();
        let seen = |mac| {
            let foreign = ForeignServer {
                mac,
                server: "10.77.10.66".parse().unwrap(),
                interface: "eth-mgmt".to_owned(),
                first_seen: Timestamp::UNIX_EPOCH,
                last_seen: Timestamp::UNIX_EPOCH,
            };
            assert!(!is_named(&rack, &foreign));
            let mut named = rack.clone();
            let network = named.networks.get_mut(&node.network).unwrap();
            network.dhcp_servers = vec![foreign.server];
            assert!(is_named(&named, &foreign));
            foreign_server(&rack, foreign)
        };
        let known = seen(node.mac);
        assert_eq!(known.port, Some(node.port.to_string()));
        assert_eq!(known.find, [""; 0]);
        let unknown = seen(Mac([2, 0, 0, 0, 0, 9]));
        let find =
            "switch tor0: on the switch itself, ovs-appctl fdb/show tor0 | grep 02:00:00:00:00:09";
        assert_eq!((unknown.port, unknown.find), (None, vec![find.to_owned()]));
    }
}
