//! What is stored before a reply leaves, and what an arm is told.

use std::future::Future;
use std::net::Ipv4Addr;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use inventory::arm::{Arm, ArmState, Broke, Errand};
use inventory::clock::Deadline;
use inventory::event::Event;
use inventory::id::{JobId, Sha256, Token};
use inventory::message::{Boot, Message as Told};
use inventory::net::Mac;
use inventory::store::{
    self, Change, Expect, Head, Link, MemoryStore, PublicKey, Raw, Settle, StoreError, Table,
    Ticket, Watcher,
};

use super::*;

/// A store whose disk is slow or full: nothing settles until `release`, and then as it says.
#[derive(Default)]
struct SlowDisk {
    inner: MemoryStore,
    waiting: Mutex<Vec<(Change, Settle)>>,
}

impl SlowDisk {
    fn release(&self, refused: Option<StoreError>) {
        for (change, settle) in self.waiting.lock().unwrap().drain(..) {
            settle.settle(match &refused {
                Some(error) => Err(error.clone()),
                None => self.inner.submit(change).wait(),
            });
        }
    }
}

impl Store for SlowDisk {
    fn get(&self, table: Table, key: &str) -> Result<Option<Raw>, StoreError> {
        self.inner.get(table, key)
    }
    fn list(&self, table: Table) -> Result<Vec<(String, Raw)>, StoreError> {
        self.inner.list(table)
    }
    fn submit(&self, change: Change) -> Ticket {
        let (ticket, settle) = Ticket::new();
        self.waiting.lock().unwrap().push((change, settle));
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

fn now_or_never<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

#[test]
fn the_ack_waits_for_the_platter_and_the_offer_does_not() {
    let store = Arc::new(SlowDisk::default());
    let (service, _) = service_on(store.clone());
    let offer = Packet::discover(NODE_MAC).read();
    assert!(
        now_or_never(service.respond(&offer))
            .unwrap()
            .unwrap()
            .is_some()
    );
    let request = Packet::select(NODE_MAC, SERVER, NODE).read();
    let mut ack = pin!(service.respond(&request));
    let mut context = Context::from_waker(Waker::noop());
    assert!(ack.as_mut().poll(&mut context).is_pending());
    store.release(None);
    let Poll::Ready(Ok(Some(_))) = ack.poll(&mut context) else {
        panic!("no ACK after the lease was durable");
    };
    let mac = Mac(NODE_MAC);
    assert!(
        store::read::<inventory::lease::Lease>(&*store, &mac)
            .unwrap()
            .is_some()
    );
}

/// A service whose pool is open, on a slow disk.
fn open_pool() -> (Service, Arc<SlowDisk>) {
    let store = Arc::new(SlowDisk::default());
    let window = inventory::dhcp::Window {
        network: "management".parse().unwrap(),
        deadline: Deadline::after(&noon(), Duration::from_secs(600)),
        author: "root".to_owned(),
    };
    let mut change = Change::default();
    change.put(Expect::Any, &window).unwrap();
    store.inner.submit(change).wait().unwrap();
    let clock = Arc::new(Hands(Mutex::new(noon())));
    let (service, _) = service_of(rack_in(Mode::Pool), store.clone(), clock);
    (service, store)
}

#[test]
fn a_strangers_ack_waits_for_the_platter_too_and_a_full_disk_gives_none() {
    let first = Ipv4Addr::new(10, 77, 10, 100);
    let request = Packet::select(STRANGER_MAC, SERVER, first).read();
    for refused in [None, Some(StoreError::Full)] {
        let (service, store) = open_pool();
        let mut ack = pin!(service.respond(&request));
        let mut context = Context::from_waker(Waker::noop());
        assert!(ack.as_mut().poll(&mut context).is_pending());
        store.release(refused.clone());
        let Poll::Ready(answer) = ack.poll(&mut context) else {
            panic!("still waiting");
        };
        assert_eq!(
            answer.is_ok_and(|answer| answer.is_some()),
            refused.is_none()
        );
        let key = first.to_string();
        let stored = store.get(Table::PoolLeases, &key).unwrap();
        assert_eq!(stored.is_some(), refused.is_none());
    }
}

#[test]
fn a_full_disk_gives_no_new_lease_but_honours_one_that_is_stored() {
    let store = Arc::new(SlowDisk::default());
    let (service, _) = service_on(store.clone());
    let select = Packet::select(NODE_MAC, SERVER, NODE);
    let respond = |packet: &Packet, refused: Option<StoreError>| {
        let request = packet.read();
        let mut answer = pin!(service.respond(&request));
        let mut context = Context::from_waker(Waker::noop());
        assert!(answer.as_mut().poll(&mut context).is_pending());
        store.release(refused);
        match answer.poll(&mut context) {
            Poll::Ready(answer) => answer.ok().flatten(),
            Poll::Pending => panic!("still waiting"),
        }
    };
    assert_eq!(respond(&select, Some(StoreError::Full)), None);
    assert!(respond(&select, None).is_some());
    let ipxe = select.class("PXEClient", 0).raw(77, b"iPXE");
    assert!(respond(&ipxe, Some(StoreError::Full)).is_some());
}

fn events(world: &World) -> Vec<Event> {
    let links = world.store.events(1, 1000).unwrap();
    links.iter().map(|link| link.event().unwrap()).collect()
}

#[tokio::test]
async fn a_lease_is_an_event_when_something_about_it_changed() {
    let (service, world) = service();
    let system = Packet::select(NODE_MAC, SERVER, NODE);
    let ipxe = system.clone().class("PXEClient", 0).raw(77, b"iPXE");
    for packet in [&system, &system, &system, &ipxe, &ipxe, &system] {
        service.respond(&packet.read()).await.unwrap().unwrap();
    }
    let given = events(&world).into_iter().filter(|event| {
        matches!(event.what, Told::Boot(Boot::LeaseGiven { address, .. }) if address == NODE)
    });
    assert_eq!(given.count(), 3);
}

#[tokio::test]
async fn a_stranger_is_an_event_and_gets_nothing() {
    let (service, world) = service();
    for _ in 0..100 {
        let request = Packet::discover(STRANGER_MAC).read();
        assert_eq!(service.respond(&request).await.unwrap(), None);
    }
    assert_eq!(events(&world).len(), 1);
}

fn arm(state: ArmState) -> Arm {
    Arm {
        node: "kvm-01".parse().unwrap(),
        mac: Mac(NODE_MAC),
        address: NODE,
        job: JobId(1),
        os: "quick".parse().unwrap(),
        errand: Errand::Install,
        epoch: Epoch(1),
        token: Token::from_random([7; 16]),
        kickstart: Sha256([0; 32]),
        over_ipv6: None,
        astray: None,
        armed_at: noon().wall,
        deadline: Deadline::after(&noon(), Duration::from_secs(600)),
        state,
    }
}

/// The state that an arm is in after its node sent `packet`.
async fn state_after(state: ArmState, packet: &Packet) -> ArmState {
    let (service, world) = service();
    let mut change = Change::default();
    change.put(Expect::Absent, &arm(state)).unwrap();
    world.store.submit(change).await.unwrap();
    service.respond(&packet.read()).await.unwrap();
    let node = "kvm-01".parse().unwrap();
    let found = store::read::<Arm>(&*world.store, &node).unwrap().unwrap();
    found.value.state
}

#[tokio::test]
async fn firmware_in_the_middle_of_an_install_breaks_the_arm_and_nothing_else_does() {
    let again_until = Deadline::after(&noon(), Duration::from_secs(300));
    let installing = || ArmState::Installing { again_until };
    let broken = ArmState::Broken {
        why: Broke::Rebooted,
    };
    let discover = || Packet::discover(NODE_MAC);
    let elsewhere = Packet::select(NODE_MAC, Ipv4Addr::new(10, 77, 10, 3), NODE);
    let table = [
        ("BIOS", discover().class("PXEClient", 0), broken.clone()),
        (
            "HTTP boot",
            discover().class("HTTPClient", 16),
            broken.clone(),
        ),
        (
            "iPXE",
            discover().class("PXEClient", 0).raw(77, b"iPXE"),
            broken.clone(),
        ),
        (
            "firmware at another server",
            elsewhere.class("PXEClient", 7),
            broken,
        ),
        (
            "the installer itself",
            discover().class("anaconda-Linux", 0),
            installing(),
        ),
        ("a system", discover(), installing()),
    ];
    for (name, packet, expected) in table {
        assert_eq!(state_after(installing(), &packet).await, expected, "{name}");
    }
    let firmware = discover().class("PXEClient", 0);
    assert_eq!(
        state_after(ArmState::Armed, &firmware).await,
        ArmState::Armed
    );
}
