//! Before anything is touched: the machine is the rack file's, and three sources agree that it is not in use. The third,
//! its disks, is looked at by `%pre` before any write.

use devices::bmc::{Identity as Found, PowerState, same_uuid};
use inventory::job::Stage;
use inventory::message::Refusal;
use inventory::node::{Identity, NodeRecord, Written};
use inventory::store::{Change, Expect, Stored, read};

use super::{StepError, Work, bmc, cloud, failure};

/// Identity and evidence.
pub(super) async fn perform(work: &Work<'_>) -> Result<Stage, StepError> {
    let now = work.context.now();
    if !now.is_plausible() {
        return Err(Refusal::ClockWrong {
            shows: now.wall.to_string(),
        }
        .into());
    }
    let bmc = bmc::connect(work).await?;
    let found = bmc
        .redfish
        .identity()
        .await
        .map_err(|error| failure::bmc(&error))?;
    let identity = recognise(work, &found)?;
    let known = read::<NodeRecord>(work.context.store(), &work.node.name)?;
    let may_wipe = may_wipe(work, &identity)?;
    if !may_wipe {
        never_installed(known.as_ref())?;
        not_running(work, &bmc).await?;
    }
    // A typed serial number gives up what is on the disk, not guests that run: whoever the controller knows is refused.
    cloud::knows_not(work).await?;
    remember(work, known, identity).await?;
    Ok(Stage::ProvisionPort)
}

/// The machine's identity, if it does not contradict the rack file. A BMC that tells no serial number leaves the
/// comparison to `%pre`, which reads it from the machine itself.
pub(super) fn recognise(work: &Work<'_>, found: &Found) -> Result<Identity, Refusal> {
    if let Some(want) = work.node.uuid
        && !found.uuid.is_some_and(|uuid| same_uuid(want, uuid))
    {
        return Err(Refusal::WrongUuid {
            want,
            found: found.uuid,
        });
    }
    let shown = found.serial.clone();
    let serial = match (work.node.serial.as_ref(), shown) {
        (Some(want), Some(shown)) if !is_same(want, &shown, found.sku.as_deref()) => {
            return Err(Refusal::WrongSerial {
                want: want.to_string(),
                found: shown,
            });
        }
        (Some(want), Some(_) | None) => want.to_string(),
        (None, shown) => {
            return Err(Refusal::SerialUnconfirmed {
                found: shown.unwrap_or_default(),
            });
        }
    };
    Ok(Identity {
        serial,
        uuid: work.node.uuid.or(found.uuid),
    })
}

/// Some vendors show the service tag, which is the SMBIOS serial, as SKU.
fn is_same(want: &str, shown: &str, sku: Option<&str>) -> bool {
    let same = |text: &str| text.trim().eq_ignore_ascii_case(want.trim());
    same(shown) || sku.is_some_and(same)
}

/// A person typed the serial number of this very machine.
fn may_wipe(work: &Work<'_>, identity: &Identity) -> Result<bool, Refusal> {
    match &work.job.wish.wipe {
        None => Ok(false),
        Some(wipe) if is_same(&identity.serial, &wipe.serial, None) => Ok(true),
        Some(wipe) => Err(Refusal::WrongSerial {
            want: wipe.serial.clone(),
            found: identity.serial.clone(),
        }),
    }
}

fn never_installed(known: Option<&Stored<NodeRecord>>) -> Result<(), Refusal> {
    match known.and_then(|known| known.value.install.as_ref()) {
        Some(install) if install.written != Written::Nothing => {
            Err(Refusal::InstalledBefore { job: install.job })
        }
        Some(_) | None => Ok(()),
    }
}

/// A machine that runs is somebody's until a person says otherwise: being switched off is a loss too, even if its disks stay
/// as they are. That an earlier job started it is no proof: somebody may have put it to use since. Whoever typed its serial
/// number to have it wiped has said so.
async fn not_running(work: &Work<'_>, bmc: &bmc::Bmc) -> Result<(), StepError> {
    if work.job.wish.power_off {
        return Ok(());
    }
    let state = bmc.redfish.power_state().await;
    match state.map_err(|error| failure::bmc(&error))? {
        PowerState::Off => Ok(()),
        PowerState::On | PowerState::PoweringOn | PowerState::PoweringOff | PowerState::Paused => {
            let node = work.node.name.clone();
            Err(Refusal::Running { node }.into())
        }
    }
}

pub(super) async fn remember(
    work: &Work<'_>,
    known: Option<Stored<NodeRecord>>,
    identity: Identity,
) -> Result<(), StepError> {
    let expect = known
        .as_ref()
        .map_or(Expect::Absent, |known| Expect::Version(known.version));
    let (install, cloud_host) = match known {
        Some(known) => (known.value.install, known.value.cloud_host),
        None => (None, None),
    };
    let node = work.node.name.clone();
    let record = NodeRecord {
        node,
        identity: Some(identity),
        install,
        cloud_host,
        checked: Some(work.node.clone()),
    };
    let mut change = Change::default();
    change.put(expect, &record)?;
    Ok(work.context.store().submit(change).await.map(drop)?)
}
