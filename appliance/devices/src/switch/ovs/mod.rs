//! Open vSwitch, configured over OVSDB (RFC 7047) on TCP.
//!
//! A change is one transaction: it waits for the rows to be as they were read, so a change made meanwhile by somebody
//! else refuses ours instead of being overwritten; and it is on the switch's disk before it is answered, so there is
//! nothing to save. It is read back over a new connection, and put back if it does not read as wanted.

mod frames;
mod operations;
mod rows;
mod session;
mod wire;

use std::net::SocketAddr;
use std::time::Duration;

use inventory::net::Mac;
use serde_json::Value;
use tokio::time::{Instant, sleep};

pub use self::rows::{PortRow, Snapshot};
use super::delta::{Change, Delta};
use super::error::SwitchError;
use super::model::{Found, Saved, State};

/// ovs-vswitchd follows its database within milliseconds; on a switch CPU that programs hardware, within seconds.
const FOLLOW_LIMIT: Duration = Duration::from_secs(10);
/// Between two looks at how far it has followed.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

const READ: &str = "read its ports";
const CHANGE: &str = "change the VLANs of its ports";
const READ_BACK: &str = "show the change";
const RESTORE: &str = "put its ports back";

/// How a person finds the port behind a hardware address: the addresses that the bridge learnt are in the memory of
/// ovs-vswitchd, which shows them on its own machine only. OVSDB has no table of them (ovs-vswitchd.conf.db(5)).
pub fn how_to_find(bridge: &str, mac: Mac) -> String {
    format!("on the switch itself, ovs-appctl fdb/show {bridge} | grep {mac}")
}

/// One bridge of one Open vSwitch.
#[derive(Debug, Clone)]
pub struct Ovs {
    address: SocketAddr,
    bridge: String,
}

/// A change that was made and read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The ports before: what a later rollback goes back to.
    pub before: Snapshot,
    /// The operations that were sent, for the event log.
    pub sent: Vec<Value>,
    /// What keeps it.
    pub saved: Saved,
}

impl Ovs {
    /// The bridge `bridge` of the switch whose OVSDB server listens at `address`. Connects when asked for something.
    pub fn new(address: SocketAddr, bridge: &str) -> Self {
        Self {
            address,
            bridge: bridge.to_owned(),
        }
    }

    /// What the ports do.
    pub async fn read(&self) -> Result<State, SwitchError> {
        Ok(self.backup().await?.state())
    }

    /// The ports as the database has them.
    pub async fn backup(&self) -> Result<Snapshot, SwitchError> {
        let results = self.transact(READ, operations::read(&self.bridge)).await?;
        let garbled = || self.garbled(READ, "rows of its ports that we cannot read");
        let bridge = results.first().and_then(|result| result["rows"].get(0));
        let bridge = bridge.ok_or_else(|| SwitchError::Refused {
            asked: self.asked(READ),
            why: format!("it has no bridge `{}`", self.bridge),
        })?;
        let ours = rows::uuids(&bridge["ports"]);
        let ports = results.get(1).and_then(|result| result["rows"].as_array());
        let ports = ports.ok_or_else(garbled)?.iter().map(rows::parse);
        let ports = ports.collect::<Option<Vec<_>>>().ok_or_else(garbled)?;
        let ports = ports
            .into_iter()
            .filter(|(_, row)| ours.contains(&row.uuid));
        Ok(Snapshot {
            ports: ports.collect(),
        })
    }

    /// The operations that `apply` will send, besides those that guard it: for the plan.
    pub fn render(&self, delta: &Delta) -> Vec<Value> {
        operations::updates(delta)
    }

    /// Makes the change: all of it or nothing. Refused if a port is no longer as it was when the plan was made.
    pub async fn apply(&self, delta: &Delta) -> Result<Applied, SwitchError> {
        let before = self.backup().await?;
        self.still_as_planned(delta, &before)?;
        let sent = self.render(delta);
        let mut change = operations::waits(delta, &before);
        change.extend(sent.iter().cloned());
        let seen = match self.commit(CHANGE, change, delta).await {
            Ok(number) => self.confirm(delta, number).await,
            Err(error) => return Err(error),
        };
        if let Err(error) = seen {
            return Err(self.taken_back(error, delta, &before).await);
        }
        Ok(Applied {
            before,
            sent,
            saved: Saved::ByCommit,
        })
    }

    /// Reads back over a new connection: the switch has followed to `number`, and the ports do what was asked for.
    async fn confirm(&self, delta: &Delta, number: u64) -> Result<(), SwitchError> {
        self.followed(number).await?;
        let state = self.read().await?;
        let differs = |change: &&Change| match state.ports.get(&change.port) {
            Some(Found::Mode(mode)) => *mode != change.to,
            Some(Found::Foreign(_)) | None => true,
        };
        match delta.changes().iter().find(differs) {
            None => Ok(()),
            Some(change) => Err(SwitchError::Refused {
                asked: self.asked(READ_BACK),
                why: format!(
                    "port {} reads {}",
                    change.port,
                    describe(&state, &change.port)
                ),
            }),
        }
    }

    /// Puts these ports back as in `before`, whatever they do now: an unknown state is worse than the old one. Does not
    /// wait for ovs-vswitchd: that it does not follow may be why we are here.
    pub async fn rollback(&self, delta: &Delta, before: &Snapshot) -> Result<(), SwitchError> {
        let ports = delta
            .changes()
            .iter()
            .filter_map(|change| before.ports.get_key_value(&change.port));
        let restores = operations::restores(ports);
        self.commit(RESTORE, restores, delta).await.map(drop)
    }

    async fn taken_back(
        &self,
        error: SwitchError,
        delta: &Delta,
        before: &Snapshot,
    ) -> SwitchError {
        let asked = self.asked(CHANGE);
        let why = error.to_string();
        match self.rollback(delta, before).await {
            Ok(()) => SwitchError::RolledBack { asked, why },
            Err(error) => SwitchError::Unknown {
                asked,
                why,
                rollback: error.to_string(),
            },
        }
    }

    fn still_as_planned(&self, delta: &Delta, before: &Snapshot) -> Result<(), SwitchError> {
        let state = before.state();
        let moved = |change: &&Change| state.ports.get(&change.port) != Some(&change.from);
        match delta.changes().iter().find(moved) {
            None => Ok(()),
            Some(change) => Err(SwitchError::Changed {
                asked: self.asked(CHANGE),
                port: change.port.clone(),
                planned: change.from.to_string(),
                found: describe(&state, &change.port),
            }),
        }
    }

    /// Sends operations that change something; the number that ovs-vswitchd reaches once it has followed.
    async fn commit(
        &self,
        deed: &'static str,
        change: Vec<Value>,
        delta: &Delta,
    ) -> Result<u64, SwitchError> {
        let changes: Vec<_> = delta.changes().iter().map(ToString::to_string).collect();
        let comment = format!("hinode: {deed}: {}", changes.join("; "));
        let select = change.len() + 1;
        let operations = [change, operations::ending(&comment)].concat();
        let results = self.transact(deed, operations).await?;
        let number = results
            .get(select)
            .and_then(|result| result["rows"][0]["next_cfg"].as_u64());
        number.ok_or_else(|| self.garbled(deed, "a next_cfg that we cannot read"))
    }

    /// Waits until ovs-vswitchd does what its database says.
    async fn followed(&self, number: u64) -> Result<(), SwitchError> {
        let begun = Instant::now();
        loop {
            let results = self.transact(READ_BACK, operations::progress()).await?;
            let reached = results
                .first()
                .and_then(|result| result["rows"][0]["cur_cfg"].as_u64());
            if reached.is_some_and(|reached| reached >= number) {
                return Ok(());
            }
            if begun.elapsed() > FOLLOW_LIMIT {
                let why = format!(
                    "ovs-vswitchd does not follow its database ({reached:?} of {number}); is it running?"
                );
                return Err(SwitchError::Silent {
                    asked: self.asked(READ_BACK),
                    why,
                });
            }
            sleep(LOOK_AGAIN).await;
        }
    }
}

fn describe(state: &State, port: &str) -> String {
    state
        .ports
        .get(port)
        .map_or_else(|| "gone".to_owned(), Found::to_string)
}
