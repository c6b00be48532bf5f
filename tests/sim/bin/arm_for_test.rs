//! `arm-for-test --data FOLDER NODE...`: arms nodes that have no BMC, for boot tests of firmware alone.
//!
//! Works on the data folder of an appliance that does not run (the store lets only one in), and makes what the job's
//! step makes: the same texts, the same records. No job goes with it, so nothing registers or verifies such a node.
//! The product has no such way: there, only a job arms, after its checks.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use appliance::clock::SystemClock;
use appliance::context::Context;
use appliance::serve;
use appliance::ssh::make_host_key;
use clap::Parser;
use inventory::arm::{Arm, ArmState, Errand, OverIpv6, Payload};
use inventory::clock::Deadline;
use inventory::event::{Actor, Event, Subject};
use inventory::id::{JobId, Sha256, Token};
use inventory::message::{Install as Told, Message};
use inventory::node::{Identity, NodeRecord};
use inventory::rack::Node;
use inventory::store::{Change, Expect};
use ring::rand::SecureRandom;
use templates::Install;

/// Longer than any test runs.
const LIFE: Duration = Duration::from_secs(3600);
/// No job has this number.
const NO_JOB: JobId = JobId(0);

type Failure = Box<dyn std::error::Error>;

/// Arms nodes of a stopped appliance.
#[derive(Parser)]
struct Args {
    /// The appliance's data folder.
    #[arg(long)]
    data: PathBuf,
    /// Names of the nodes.
    #[arg(required = true)]
    nodes: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("arm-for-test: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<(), Failure> {
    let context = serve::open(&args.data, Arc::new(SystemClock::new()?)).await?;
    let rack = context.world.rack();
    for name in &args.nodes {
        let node = rack
            .nodes
            .get(&name.parse()?)
            .ok_or(format!("{name} is not in the rack"))?;
        arm(&context, node).await?;
    }
    Ok(())
}

async fn arm(context: &Context, node: &Node) -> Result<(), Failure> {
    let serial = node
        .serial
        .as_ref()
        .ok_or("the node has no serial number")?;
    let identity = Identity {
        serial: serial.to_string(),
        uuid: node.uuid,
    };
    let payload = render(context, node, &identity)?;
    let arm = record(context, node, &payload)?;
    let told = Told::Armed {
        os: arm.os.clone(),
        kickstart: arm.kickstart,
        kickstart6: arm.over_ipv6.map(|over| over.kickstart),
    };
    let known = NodeRecord {
        node: node.name.clone(),
        identity: Some(identity),
        install: None,
        cloud_host: None,
        checked: Some(node.clone()),
    };
    let mut change = Change::default();
    change
        .put(Expect::Any, &arm)?
        .put(Expect::Any, &payload)?
        .put(Expect::Any, &known)?;
    change.tell(Event {
        at: arm.armed_at,
        actor: Actor::Person("arm-for-test".to_owned()),
        subject: Subject::Node(node.name.clone()),
        job: None,
        what: Message::Install(told),
    });
    Ok(context.store().submit(change).await.map(drop)?)
}

fn render(context: &Context, node: &Node, identity: &Identity) -> Result<Payload, Failure> {
    let mut bytes = [0; 16];
    let filled = context.random.fill(&mut bytes);
    filled.map_err(|_| "no random numbers")?;
    let host_key = make_host_key(&context.random, node.name.as_str())?;
    let install = Install {
        rack: &context.world.rack(),
        node,
        token: Token::from_random(bytes),
        identity,
        data: templates::Data::Refused,
        host_key: &host_key,
        passphrase: None,
        appliance_key: &context.ssh.public()?,
    };
    Ok(templates::payload(&install)?)
}

fn record(context: &Context, node: &Node, payload: &Payload) -> Result<Arm, Failure> {
    let now = context.now();
    let rack = context.world.rack();
    let profile = rack
        .profiles
        .get(&node.profile)
        .ok_or("the node has no profile")?;
    Ok(Arm {
        node: node.name.clone(),
        mac: node.mac,
        address: node.address,
        job: NO_JOB,
        os: profile.os.clone(),
        errand: Errand::Install,
        epoch: context.world.epoch,
        token: payload.token,
        kickstart: Sha256::of(payload.kickstart.as_bytes()),
        over_ipv6: OverIpv6::of(node, payload.over_ipv6.as_ref()),
        astray: None,
        armed_at: now.wall,
        deadline: Deadline::after(&now, LIFE),
        state: ArmState::Armed,
    })
}
