//! A rack of packet nodes, whole: BMCs over TLS that switch the nodes, a real Open vSwitch, a cloud controller that logs
//! in to the nodes, and before them the real appliance as a process in a network namespace of its own, on real ports.
//!
//! Needs root, and the program `hinode` built beside the tests.

mod appliance;
pub mod file;
mod machine;
mod switch;

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use self::appliance::{Appliance, LOOK_AGAIN};
pub use self::machine::{Lives, Machine};
pub use self::switch::Switch;

use ::appliance::api::types;
use hyper::Method;
use serde_json::Value;

use crate::cloudstack::world::World;
use crate::cloudstack::{Config, Keys, Simulator, Timing};
use crate::namespace::Cable;
use crate::packet_node::tree;

const CLOUD_KEYS: &str = "AK-packets:SK-packets";

/// The longest that anything but a kill's aftermath takes here.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A running rack.
pub struct RackOfPackets {
    /// The appliance.
    pub appliance: Appliance,
    /// The nodes, from number 1.
    pub machines: Vec<Machine>,
    /// The switch.
    pub switch: Switch,
    /// The cloud controller.
    pub cloud: Simulator,
    /// The appliance's data.
    pub data: PathBuf,
    /// Both namespaces.
    pub cable: Cable,
    _folder: tempfile::TempDir,
}

/// Plays `story` in a rack of `nodes` nodes that ask again after `patience`, and takes the rack down again.
///
/// It has a thread of its own, whose network is the nodes' side of the rack.
pub fn play<S, F>(nodes: u8, patience: Duration, story: S)
where
    S: FnOnce(RackOfPackets) -> F + Send + 'static,
    F: Future<Output = RackOfPackets>,
{
    let thread = std::thread::spawn(move || {
        let cable = lay(nodes);
        cable.enter_client();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.unwrap_or_else(|error| panic!("the runtime: {error}"));
        runtime.block_on(async {
            let rack = RackOfPackets::start(cable, nodes, patience).await;
            story(rack).await.stop().await;
        });
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

fn lay(nodes: u8) -> Cable {
    let cable = Cable::lay(&format!("{}/24", file::APPLIANCE));
    cable.add_to_server(&format!("{}/24", file::APPLIANCE_BMC));
    let fixed = [file::CLOUD, file::THIEF];
    let of_nodes = (1..=nodes).flat_map(|n| [file::address(n), file::bmc(n)]);
    for address in fixed.into_iter().chain(of_nodes) {
        cable.add_to_client(&format!("{address}/24"));
    }
    cable.add_to_client(&format!("{}/24", file::SWITCH.ip()));
    cable
}

impl RackOfPackets {
    async fn start(cable: Cable, nodes: u8, patience: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("a folder: {error}"));
        let ok = |what: &str, error: std::io::Error| -> ! { panic!("{what}: {error}") };
        let path = folder.path();
        tree::write(path).unwrap_or_else(|error| ok("the install tree", error));
        let switch = Switch::start(path, nodes).await;
        let switch = switch.unwrap_or_else(|error| ok("the switch", error));
        let cloud = Simulator::start(cloud()).await;
        let cloud = cloud.unwrap_or_else(|error| ok("the cloud controller", error));
        let mut machines = Vec::new();
        for n in 1..=nodes {
            let machine = Machine::start(n, patience).await;
            machines.push(machine.unwrap_or_else(|error| ok("a BMC", error)));
        }
        let data = path.join("data");
        std::fs::create_dir(&data).unwrap_or_else(|error| ok("the data folder", error));
        let rack = Self {
            appliance: Appliance::start(&cable, &data).await,
            machines,
            switch,
            cloud,
            data,
            cable,
            _folder: folder,
        };
        let text = file::text(rack._folder.path(), nodes);
        rack.load(text).await;
        rack
    }

    /// The install tree that the appliance serves.
    pub fn tree(&self) -> PathBuf {
        self._folder.path().join("tree")
    }

    async fn load(&self, text: String) {
        let made_from = None;
        let apply = types::Apply { text, made_from };
        self.send(Method::PUT, "/v1/rack", &apply).await;
        let login = format!("{}:{}", crate::bmc::USER, crate::bmc::PASSWORD);
        self.set_secret("bmc", &login).await;
        self.set_secret("cloudstack", CLOUD_KEYS).await;
    }

    /// Sets a secret.
    pub async fn set_secret(&self, name: &str, value: &str) {
        let value = value.to_owned();
        let path = format!("/v1/secrets/{name}");
        self.send(Method::PUT, &path, &types::SetSecret { value })
            .await;
    }

    /// Sends something that must be taken.
    pub async fn send(&self, method: Method, path: &str, body: &impl serde::Serialize) -> Value {
        let answer = self.appliance.client().send(method, path, body).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Node number `n`.
    pub fn machine(&self, n: u8) -> &Machine {
        &self.machines[usize::from(n) - 1]
    }

    /// Wishes that node number `n` is brought up; the job's number, or why not.
    pub async fn up(&self, n: u8, wipe: Option<String>) -> Result<u64, String> {
        self.up_allowed(n, wipe, false).await
    }

    /// [`Self::up`], of a machine that may be switched off though it runs.
    pub async fn up_allowed(
        &self,
        n: u8,
        wipe: Option<String>,
        power_off: bool,
    ) -> Result<u64, String> {
        self.wish(types::Up {
            nodes: vec![file::name(n)],
            wipe,
            keep_images: false,
            power_off,
        })
        .await
    }

    /// Wishes that a node is brought up in the way `up` says.
    pub async fn wish(&self, up: types::Up) -> Result<u64, String> {
        let begun = self.send(Method::POST, "/v1/up", &up).await;
        match begun[0]["job"].as_u64() {
            Some(job) => Ok(job),
            None => Err(begun[0]["refused"].to_string()),
        }
    }

    /// The job as it is now.
    pub async fn job(&self, id: u64) -> types::Job {
        let job = self.appliance.client().get(&format!("/v1/jobs/{id}")).await;
        job.unwrap_or_else(|error| panic!("job {id}: {error}"))
    }

    /// The job once it is over.
    pub async fn until_over(&self, id: u64) -> types::Job {
        let looking = async {
            loop {
                let job = self.job(id).await;
                if job.is_over {
                    return job;
                }
                tokio::time::sleep(LOOK_AGAIN * 4).await;
            }
        };
        match tokio::time::timeout(LIMIT, looking).await {
            Ok(job) => job,
            Err(_) => panic!("hangs: {:#?}\n{}", self.job(id).await, self.told()),
        }
    }

    /// What everybody says, for a failed story.
    pub fn told(&self) -> String {
        let lives = self.machines.iter().map(|machine| {
            let lives = machine.lives();
            format!("{:#?}\n", lives.ended)
        });
        lives.collect::<String>() + &self.appliance.log()
    }

    /// Events from number `from` on, at most a page.
    pub async fn events(&self, from: u64) -> Vec<types::Event> {
        let path = format!("/v1/events?from={from}");
        let events = self.appliance.client().get(&path).await;
        events.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// All events.
    pub async fn history(&self) -> Vec<types::Event> {
        let mut all: Vec<types::Event> = Vec::new();
        loop {
            let page = self.events(all.len() as u64 + 1).await;
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    }

    /// SIGKILL, and a new process on the same data.
    pub async fn kill(&mut self) {
        self.appliance.kill();
        self.appliance = Appliance::start(&self.cable, &self.data).await;
    }

    async fn stop(mut self) {
        assert!(self.appliance.stop(), "{}", self.appliance.log());
        self.machines.clear();
        self.cloud.stop().await;
    }
}

fn cloud() -> Config {
    let keys = Keys::read(CLOUD_KEYS).unwrap_or_else(|| panic!("the keys of the cloud"));
    Config {
        api: SocketAddr::from((file::CLOUD, 8080)),
        agents: SocketAddr::from((file::CLOUD, 8250)),
        admin: None,
        keys,
        world: World {
            zone: "zone1".to_owned(),
            pod: "pod1".to_owned(),
            cluster: "cluster1".to_owned(),
            manager: file::CLOUD.to_string(),
            private_label: "cloudbr0".to_owned(),
            guest_label: "cloudbr1".to_owned(),
        },
        ssh_port: 22,
        timing: Timing {
            agent: Duration::from_secs(10),
            ping: Duration::from_secs(5),
            ready: Duration::from_millis(50),
        },
        state: None,
    }
}
