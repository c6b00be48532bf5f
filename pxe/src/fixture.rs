//! A rack of two nodes with an arm, a clock that a test moves, and stores that behave in one way.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use inventory::arm::{Arm, ArmState, Errand, OverIpv6, Payload, Texts};
use inventory::clock::{Clock, Deadline, NOT_BEFORE, Now};
use inventory::id::{Epoch, JobId, NodeName, Sha256, Token};
use inventory::lease::{Client, Lease};
use inventory::rack::{Node, Rack};
use inventory::store::{
    self, Change, Expect, Head, Link, MemoryStore, PublicKey, Raw, Record, Settle, Store,
    StoreError, Table, Ticket, Watcher,
};

use crate::World;
use crate::peer::Ends;

static RACK: LazyLock<Rack> = LazyLock::new(|| {
    inventory::config::check(include_str!("../../docs/examples/virtual-rack.toml")).unwrap()
});

/// How long the arms of tests live.
pub(crate) const SPAN: Duration = Duration::from_secs(3600);

/// The appliance's address in the management network.
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 10, 1);

/// Its IPv6 address there.
pub(crate) const SERVER6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x77, 0, 0x10, 0, 0, 0, 1);

/// A clock that a test moves.
#[derive(Debug)]
pub(crate) struct Hands(Mutex<Now>);

impl Clock for Hands {
    fn now(&self) -> Now {
        *self.0.lock().unwrap()
    }
}

impl Hands {
    pub(crate) fn forward(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        now.mono += by;
        now.wall += by;
    }

    /// A board that lost its battery.
    pub(crate) fn lose_the_date(&self) {
        self.0.lock().unwrap().wall = NOT_BEFORE - Duration::from_secs(400 * 86_400);
    }
}

/// A world and the hands of its clock.
pub(crate) struct Scene {
    pub(crate) world: Arc<World>,
    pub(crate) clock: Arc<Hands>,
}

/// A world around `store`, with no lease given.
pub(crate) fn scene(store: Arc<dyn Store>) -> Scene {
    scene_of(store, RACK.clone())
}

/// A world around `store` and `rack`, with no lease given.
pub(crate) fn scene_of(store: Arc<dyn Store>, rack: Rack) -> Scene {
    let clock = Arc::new(Hands(Mutex::new(Now {
        wall: NOT_BEFORE,
        mono: Duration::from_secs(1000),
        boot: uuid::Uuid::from_u128(1),
    })));
    let world = Arc::new(World::new(store, clock.clone(), Epoch(1), rack));
    Scene { world, clock }
}

/// [`scene`] in memory, with a lease for each node.
pub(crate) fn leased() -> Scene {
    let scene = scene(Arc::new(MemoryStore::default()));
    for node in scene.world.rack().nodes.values() {
        write(&scene.world, &lease(&scene.world, node));
    }
    scene
}

/// The lease `node` has when DHCP gave it its own address in its own network.
pub(crate) fn lease(world: &World, node: &Node) -> Lease {
    Lease {
        mac: node.mac,
        address: node.address,
        node: node.name.clone(),
        interface: "eth-mgmt".to_owned(),
        client: Client::Ipxe,
        given_at: world.now().wall,
    }
}

/// Writes a record as the other services do.
pub(crate) fn write<R: Record>(world: &World, record: &R) {
    let mut change = Change::default();
    change.put(Expect::Any, record).unwrap();
    world.store.submit(change).wait().unwrap();
}

/// Arms `node` for the `n`th time; its texts say so.
pub(crate) fn arm(world: &World, node: &Node, n: u8) -> Payload {
    let token = token(n);
    let payload = Payload {
        node: node.name.clone(),
        token,
        ipxe: format!("#!ipxe\n# install {n}\n"),
        grub: format!("# install {n}\n"),
        kickstart: format!("# kickstart {n}\n"),
        host_key: String::new(),
        over_ipv6: Some(Texts {
            ipxe: format!("#!ipxe\n# install {n} over IPv6\n"),
            grub: format!("# install {n} over IPv6\n"),
            kickstart: format!("# kickstart {n} over IPv6\n"),
        }),
    };
    let rack = world.rack();
    write(world, &payload);
    write(
        world,
        &Arm {
            node: node.name.clone(),
            mac: node.mac,
            address: node.address,
            job: JobId(u64::from(n)),
            os: rack.profiles[&node.profile].os.clone(),
            errand: Errand::Install,
            epoch: Epoch(1),
            token,
            kickstart: Sha256::of(payload.kickstart.as_bytes()),
            over_ipv6: OverIpv6::of(node, payload.over_ipv6.as_ref()),
            astray: None,
            armed_at: world.now().wall,
            deadline: Deadline::after(&world.now(), SPAN),
            state: ArmState::Armed,
        },
    );
    payload
}

/// The token of the `n`th arm.
pub(crate) fn token(n: u8) -> Token {
    Token::from_random([n; 16])
}

/// A node of the rack.
pub(crate) fn node(world: &World, name: &str) -> Node {
    world.rack().nodes[&name.parse::<NodeName>().unwrap()].clone()
}

/// A connection from `from` to the management address.
pub(crate) fn ends(from: Ipv4Addr) -> Ends {
    Ends {
        local: IpAddr::V4(SERVER),
        remote: IpAddr::V4(from),
    }
}

/// The arm of `node` as stored.
pub(crate) fn stored(world: &World, node: &Node) -> Option<Arm> {
    let found = store::read::<Arm>(&*world.store, &node.name).unwrap();
    found.map(|found| found.value)
}

/// The codes of all events so far.
pub(crate) fn codes(world: &World) -> Vec<String> {
    let links = world.store.events(1, 10_000).unwrap();
    links
        .iter()
        .map(|link| link.event().unwrap().what.code())
        .collect()
}

/// How a [`Disk`] behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mood {
    Good,
    /// Refuses every write.
    Full,
    /// Begins to write and does not end.
    Stuck,
}

/// A memory store whose disk has moods.
pub(crate) struct Disk {
    inner: MemoryStore,
    mood: Mutex<Mood>,
    stuck: Mutex<Vec<Settle>>,
}

impl Disk {
    pub(crate) fn good() -> Arc<Self> {
        Arc::new(Self {
            inner: MemoryStore::default(),
            mood: Mutex::new(Mood::Good),
            stuck: Mutex::default(),
        })
    }

    pub(crate) fn becomes(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

impl Store for Disk {
    fn get(&self, table: Table, key: &str) -> Result<Option<Raw>, StoreError> {
        self.inner.get(table, key)
    }

    fn list(&self, table: Table) -> Result<Vec<(String, Raw)>, StoreError> {
        self.inner.list(table)
    }

    fn submit(&self, change: Change) -> Ticket {
        let (ticket, settle) = Ticket::new();
        match *self.mood.lock().unwrap() {
            Mood::Good => return self.inner.submit(change),
            Mood::Full => settle.settle(Err(StoreError::Full)),
            Mood::Stuck => self.stuck.lock().unwrap().push(settle),
        }
        ticket
    }

    fn events(&self, from: u64, limit: usize) -> Result<Vec<Link>, StoreError> {
        self.inner.events(from, limit)
    }

    fn last_event(&self) -> Result<u64, StoreError> {
        self.inner.last_event()
    }

    fn head(&self) -> Result<Option<Head>, StoreError> {
        self.inner.head()
    }

    fn public_key(&self) -> PublicKey {
        self.inner.public_key()
    }

    fn watch(&self, watcher: Watcher) {
        self.inner.watch(watcher);
    }
}
