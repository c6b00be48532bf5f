//! Passphrases of encrypted disks: one is delivered with the kickstart, and replaced at the first login by one that the
//! node makes. The new one is in the store before the node makes use of it.
//!
//! After a power cut at any point one of the two in the store opens the disks.

use inventory::disk_key::{DiskKey, DiskKeys, Origin};
use inventory::message::{Device, Message};
use inventory::secret::Secret;
use inventory::store::{Change, Expect, Stored, read};
use ring::rand::SecureRandom;

use super::host::{self, Script};
use super::{StepError, Work, failure};
use crate::ssh::Session;

const MAKE: &str = include_str!("passphrase.sh");
const REPLACE: &str = include_str!("locks.sh");
/// Eight groups of four hex digits.
const LENGTH: usize = 8 * 4 + 7;

/// A passphrase for the kickstart; kept by `change`. None if the disks of the node's profile are not encrypted.
pub(super) fn deliver(work: &Work<'_>, change: &mut Change) -> Result<Option<Secret>, StepError> {
    if !is_encrypted(work) {
        return Ok(None);
    }
    let mut bytes = [0; 16];
    let filled = work.context.random.fill(&mut bytes);
    filled.map_err(|_| refused(work, "the appliance's machine gives no random numbers"))?;
    let groups = bytes.chunks(2).map(hex::encode);
    let passphrase = Secret::new(groups.collect::<Vec<_>>().join("-"));
    let known = read::<DiskKeys>(work.context.store(), &work.node.name)?;
    add(work, change, known, (Origin::Delivered, &passphrase))?;
    Ok(Some(passphrase))
}

/// At the first login: the node's own passphrase in place of the delivered one.
pub(super) async fn replace(work: &Work<'_>, session: &Session) -> Result<(), StepError> {
    let store = work.context.store();
    let known = read::<DiskKeys>(store, &work.node.name)?;
    let sealed = |origin| known.as_ref()?.value.find(work.job.id, origin).cloned();
    let (delivered, made) = (sealed(Origin::Delivered), sealed(Origin::Node));
    // What its install delivered decides, not what the profile says meanwhile.
    if delivered.is_none() && made.is_none() {
        return Ok(());
    }
    let delivered = delivered.map(|key| open(work, &key)).transpose()?;
    let made = match made {
        Some(made) => open(work, &made)?,
        None => make(work, session, known).await?,
    };
    let delivered = delivered.as_ref().map_or("", Secret::expose);
    let text = format!(
        "delivered='{delivered}'\nmade='{}'\n{REPLACE}",
        made.expose()
    );
    let name = "replace the disk's passphrase";
    let text = text.as_str();
    host::run(work, session, Script { name, text }).await?;
    forget(work).await?;
    let (device, deed) = (
        work.node.name.to_string(),
        "its disk's passphrase replaced".to_owned(),
    );
    let found = "made on the node; `hinode node passphrase` shows it".to_owned();
    let did = Device::Did {
        device,
        deed,
        found,
    };
    work.tell(Message::Device(did)).await
}

fn is_encrypted(work: &Work<'_>) -> bool {
    let rack = work.context.world.rack();
    let profile = rack.profiles.get(&work.node.profile);
    profile.is_some_and(|profile| profile.disk.encryption.is_some())
}

async fn make(
    work: &Work<'_>,
    session: &Session,
    known: Option<Stored<DiskKeys>>,
) -> Result<Secret, StepError> {
    let (name, text) = ("make a passphrase", MAKE);
    let made = host::run(work, session, Script { name, text })
        .await?
        .stdout;
    let made = made.trim();
    let is_one = made.len() == LENGTH && made.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if !is_one {
        return Err(refused(work, "it made no passphrase; log in and look"));
    }
    let made = Secret::new(made.to_owned());
    let mut change = Change::default();
    add(work, &mut change, known, (Origin::Node, &made))?;
    work.context.store().submit(change).await?;
    Ok(made)
}

fn add(
    work: &Work<'_>,
    change: &mut Change,
    known: Option<Stored<DiskKeys>>,
    (origin, passphrase): (Origin, &Secret),
) -> Result<(), StepError> {
    let now = work.context.now().wall;
    let name = DiskKeys::sealed_as(&work.node.name);
    let sealed = work.context.vault.0.seal(name, passphrase, now);
    let key = DiskKey {
        job: work.job.id,
        origin,
        made_at: now,
        sealed: sealed.map_err(|error| refused(work, &error.to_string()))?,
    };
    let (expect, mut keys) = match known {
        Some(known) => (Expect::Version(known.version), known.value),
        None => (Expect::Absent, DiskKeys::of(work.node.name.clone())),
    };
    keys.add(key);
    change.put(expect, &keys)?;
    Ok(())
}

fn open(work: &Work<'_>, key: &DiskKey) -> Result<Secret, StepError> {
    let opened = work.context.vault.0.open(&key.sealed);
    opened.map_err(|error| refused(work, &error.to_string()))
}

async fn forget(work: &Work<'_>) -> Result<(), StepError> {
    let known = read::<DiskKeys>(work.context.store(), &work.node.name)?;
    let Some(mut known) = known else {
        return Ok(());
    };
    known.value.forget_delivered(work.job.id);
    let mut change = Change::default();
    change.put(Expect::Version(known.version), &known.value)?;
    Ok(work.context.store().submit(change).await.map(drop)?)
}

fn refused(work: &Work<'_>, detail: &str) -> StepError {
    let device = format!("the disk of {}", work.node.name);
    let detail = detail.to_owned();
    failure::fail(Device::Refused { device, detail })
}
