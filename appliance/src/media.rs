//! Install trees: for now, how many bytes an install of an OS fetches, learnt from the last one that ended well.

use std::net::IpAddr;

use inventory::arm::Arm;
use inventory::id::OsName;
use inventory::rack::Node;
use inventory::store::{Change, Expect, Record, Store, StoreError, Table, read};
use serde::{Deserialize, Serialize};

use crate::context::Context;

/// Bytes that the last finished install of an OS fetched: the "of N MiB" of the next one's progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched {
    /// The OS.
    pub os: OsName,
    /// Bytes.
    pub bytes: u64,
}

/// The key of a [`Fetched`].
fn key_of(os: &OsName) -> String {
    format!("fetched/{os}")
}

impl Record for Fetched {
    const TABLE: Table = Table::Meta;
    type Key = String;
    fn key(&self) -> String {
        key_of(&self.os)
    }
}

/// Bytes that an install of `os` is expected to fetch; unknown before the first one ended.
pub fn expected(store: &dyn Store, os: &OsName) -> Result<Option<u64>, StoreError> {
    Ok(read::<Fetched>(store, &key_of(os))?.map(|found| found.value.bytes))
}

/// Remembers what the install of `node`, which just ended well, fetched.
pub async fn learn(context: &Context, node: &Node) -> Result<(), StoreError> {
    let bytes = context.world.served.of(IpAddr::from(node.address));
    let Some(arm) = read::<Arm>(context.store(), &node.name)? else {
        return Ok(());
    };
    // After a restart in the middle of an install only its end was counted: such a number is worse than none.
    if expected(context.store(), &arm.value.os)?.is_some_and(|known| bytes <= known) {
        return Ok(());
    }
    let mut change = Change::default();
    change.put(
        Expect::Any,
        &Fetched {
            os: arm.value.os,
            bytes,
        },
    )?;
    context.store().submit(change).await.map(drop)
}
