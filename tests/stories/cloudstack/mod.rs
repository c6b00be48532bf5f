//! The CloudStack driver against the simulated management server, which logs in to a host by SSH.

mod adding;
mod denied;
mod host;
mod third_party;

use std::sync::Arc;
use std::time::{Duration, Instant};

use devices::cloud::{CloudStack, Existing, Limits, NewHost};
use host::{Answers, FakeHost};
use inventory::clock::{Clock, Deadline, Now};
use inventory::rack::Cloud;
use inventory::secret::Secret;
use jiff::Timestamp;
use tests::cloudstack::world::World;
use tests::cloudstack::{Config, Keys, Simulator, Timing};

const KEYS: &str = "AK-test_1:SK-test_1";
const PASSWORD: &str = "p@ss/w:rd&=%#?~+ 東";

/// The machine's clocks.
struct Machine(Instant);

impl Clock for Machine {
    fn now(&self) -> Now {
        Now {
            wall: Timestamp::now(),
            mono: self.0.elapsed(),
            boot: uuid::Uuid::nil(),
        }
    }
}

fn clock() -> Arc<Machine> {
    Arc::new(Machine(Instant::now()))
}

fn soon() -> Deadline {
    Deadline::after(&clock().now(), Duration::from_secs(20))
}

/// Waits of tests.
const LIMITS: Limits = Limits {
    add: Duration::from_secs(20),
    short: Duration::from_secs(5),
    look: Duration::from_millis(20),
};

/// A controller, and a host that it can add.
struct Site {
    simulator: Simulator,
    host: FakeHost,
}

impl Site {
    /// Host `last` of 127.0.7.0/24: one for each test.
    async fn with(last: u8, answers: Answers) -> Self {
        // The agent's port must be known to the host, and the host's SSH port to the simulator.
        let agents = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let agents_at = agents.local_addr().unwrap();
        drop(agents);
        let host = FakeHost::start(last, answers, agents_at).await;
        let config = Config {
            agents: agents_at,
            ssh_port: host.ssh_port,
            ..config()
        };
        let simulator = Simulator::start(config).await.unwrap();
        Self { simulator, host }
    }

    async fn good(last: u8) -> Self {
        let answers = Answers {
            password: PASSWORD,
            fails: None,
        };
        Self::with(last, answers).await
    }

    fn cloud(&self) -> Cloud {
        cloud(&self.simulator.endpoint())
    }

    fn driver(&self) -> CloudStack {
        self.driver_with(LIMITS)
    }

    fn driver_with(&self, limits: Limits) -> CloudStack {
        let keys = Secret::new(KEYS.to_owned());
        CloudStack::new(&self.cloud(), &keys, limits, clock()).unwrap()
    }

    /// The host as it should be added.
    async fn new_host(&self) -> NewHost {
        NewHost {
            name: "kvm-01".parse().unwrap(),
            address: self.host.address,
            place: self.driver().place(&self.cloud()).await.unwrap(),
            tags: vec!["rack1".parse().unwrap(), "ssd".parse().unwrap()],
            password: Secret::new(PASSWORD.to_owned()),
            existing: Existing::Foreign,
        }
    }

    fn added_times(&self) -> usize {
        let seen = self.simulator.shared.seen();
        seen.iter().filter(|seen| seen.command == "addHost").count()
    }

    async fn stop(self) {
        self.simulator.stop().await;
        self.host.stop().await;
    }
}

fn cloud(endpoint: &str) -> Cloud {
    Cloud {
        endpoint: endpoint.parse().unwrap(),
        credential: "cloud".parse().unwrap(),
        zone: "tokyo".parse().unwrap(),
        pod: "rack1".parse().unwrap(),
        cluster: "kvm".parse().unwrap(),
        host_tags: Vec::new(),
        login_from: Vec::new(),
    }
}

fn config() -> Config {
    let anywhere = "127.0.0.1:0".parse().unwrap();
    Config {
        api: anywhere,
        agents: anywhere,
        admin: Some(anywhere),
        keys: Keys::read(KEYS).unwrap(),
        world: World {
            zone: "tokyo".to_owned(),
            pod: "rack1".to_owned(),
            cluster: "kvm".to_owned(),
            manager: "127.0.0.1".to_owned(),
            private_label: "cloudbr0".to_owned(),
            guest_label: "cloudbr1".to_owned(),
        },
        ssh_port: 22,
        timing: Timing {
            agent: Duration::from_secs(10),
            ping: Duration::from_millis(500),
            ready: Duration::from_millis(50),
        },
        state: None,
    }
}
