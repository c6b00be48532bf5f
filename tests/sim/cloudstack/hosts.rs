//! The hosts: who is expected, who is known, and what their agents make of their states.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::locked;
use super::world::{CLUSTER, POD, World, ZONE};

/// Agent side of a host's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Its row was just made.
    Creating,
    /// Its agent said hello.
    Connecting,
    /// Its agent is there.
    Up,
    /// Its agent closed the connection.
    Disconnected,
    /// Its agent does not say anything any more, or its connection broke.
    Alert,
}

/// A host. There is one from its agent's first hello on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its id in the API.
    pub id: String,
    /// Host name, as its agent tells.
    pub name: String,
    /// Made from its address.
    pub guid: String,
    /// What is known from `addHost`.
    pub added: Added,
    /// Agent side.
    pub state: State,
    /// Which connection of its agent counts: the newest.
    #[serde(skip)]
    link: u64,
}

/// What is known of a host from `addHost`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// Management address.
    pub address: Ipv4Addr,
    /// Host tags, joined by commas.
    pub tags: String,
    /// Whether an OVMF package was found on it.
    pub uefi: bool,
}

/// All hosts.
pub struct Hosts {
    inside: Mutex<Inside>,
    changed: watch::Sender<()>,
    file: Option<PathBuf>,
}

#[derive(Default)]
struct Inside {
    hosts: Vec<Host>,
    expected: BTreeMap<String, Added>,
    links: u64,
}

impl Hosts {
    /// Those of `file`, if there is one. Their agents have to come back first.
    pub(super) fn load(file: Option<PathBuf>) -> io::Result<Self> {
        let mut inside = Inside::default();
        if let Some(text) = file.as_ref().filter(|file| file.exists()) {
            inside.hosts = serde_json::from_slice(&std::fs::read(text)?)?;
        }
        for host in &mut inside.hosts {
            host.state = State::Disconnected;
        }
        Ok(Self {
            inside: Mutex::new(inside),
            changed: watch::Sender::new(()),
            file,
        })
    }

    /// All of them.
    pub fn all(&self) -> Vec<Host> {
        locked(&self.inside).hosts.clone()
    }

    /// An operator drains and deletes them all.
    pub fn delete_all(&self) {
        locked(&self.inside).hosts.clear();
        self.save();
    }

    /// The one with this GUID.
    pub fn by_guid(&self, guid: &str) -> Option<Host> {
        self.all().into_iter().find(|host| host.guid == guid)
    }

    /// An agent with this GUID will say hello.
    pub(super) fn expect(&self, guid: &str, added: Added) {
        locked(&self.inside).expected.insert(guid.to_owned(), added);
    }

    /// It did not.
    pub(super) fn give_up(&self, guid: &str) {
        locked(&self.inside).expected.remove(guid);
    }

    /// The address an agent with this GUID must come from.
    pub(super) fn address_of(&self, guid: &str) -> Option<Ipv4Addr> {
        let inside = locked(&self.inside);
        let known = inside.hosts.iter().find(|host| host.guid == guid);
        let added = known.map(|host| &host.added);
        Some(added.or_else(|| inside.expected.get(guid))?.address)
    }

    /// An agent said hello. Gives the number of its connection, unless nobody knows it.
    pub(super) fn hello(&self, guid: &str, name: &str) -> Option<u64> {
        let link = locked(&self.inside).hello(guid, name);
        self.save();
        link
    }

    /// The agent of connection `link` brings its host into `state`. A connection that was replaced has no say.
    pub(super) fn set(&self, link: u64, state: State) {
        let mut inside = locked(&self.inside);
        let host = inside.hosts.iter_mut().find(|host| host.link == link);
        let Some(host) = host.filter(|host| host.state != state) else {
            return;
        };
        tracing::info!(host = host.name, was = ?host.state, is = ?state, "host changes");
        host.state = state;
        drop(inside);
        self.save();
    }

    /// The host with this GUID once it is Up, or nothing after `limit`.
    pub(super) async fn until_up(&self, guid: &str, limit: Duration) -> Option<Host> {
        let mut changes = self.changed.subscribe();
        let up = async {
            loop {
                changes.borrow_and_update();
                let host = self.by_guid(guid);
                if let Some(host) = host.filter(|host| host.state == State::Up) {
                    return Some(host);
                }
                changes.changed().await.ok()?;
            }
        };
        tokio::time::timeout(limit, up).await.ok().flatten()
    }

    fn save(&self) {
        let hosts = self.all();
        let text = serde_json::to_vec_pretty(&hosts).unwrap_or_default();
        let saved = self.file.as_ref().map(|file| std::fs::write(file, text));
        if let Some(Err(error)) = saved {
            tracing::warn!(%error, "state file not written");
        }
        self.changed.send_replace(());
    }
}

impl Inside {
    fn hello(&mut self, guid: &str, name: &str) -> Option<u64> {
        self.links += 1;
        if let Some(host) = self.hosts.iter_mut().find(|host| host.guid == guid) {
            host.state = State::Connecting;
            host.link = self.links;
            return Some(self.links);
        }
        let added = self.expected.remove(guid)?;
        self.hosts.push(Host {
            id: uuid::Uuid::new_v4().to_string(),
            name: name.to_owned(),
            guid: guid.to_owned(),
            added,
            state: State::Creating,
            link: self.links,
        });
        Some(self.links)
    }
}

impl Host {
    /// As `listHosts` shows it. Its GUID is not shown.
    pub(super) fn shown(&self, world: &World) -> Value {
        let resource = match self.state {
            State::Creating => "Creating",
            State::Connecting | State::Up | State::Disconnected | State::Alert => "Enabled",
        };
        json!({
            "id": self.id, "name": self.name, "ipaddress": self.added.address, "type": "Routing", "hypervisor": "KVM",
            "state": self.state, "resourcestate": resource, "zoneid": ZONE, "zonename": world.zone, "podid": POD,
            "podname": world.pod, "clusterid": CLUSTER, "clustername": world.cluster, "clustertype": "CloudManaged",
            "hosttags": self.added.tags, "ueficapability": self.added.uefi, "version": "4.20.0.0-simulated",
        })
    }
}
