//! Power: the node into the installer, and afterwards onto its disk. The machine's identity is read before every action.

use devices::bmc::{BootTarget, Expected, PowerAction, PowerState};
use inventory::arm::{Arm, ArmState, Stimulus};
use inventory::job::{Aim, Stage};
use inventory::message::{Job as told, Message};
use inventory::store::read;
use pxe::decide::{self, Permit};

use super::{StepError, Work, bmc, failure};
use crate::jobs::bring_up::restarts;

/// Boot from network once, read back; then off and on again, so that a lying restart shows.
pub(super) async fn boot_installer(work: &Work<'_>) -> Result<Stage, StepError> {
    let bmc = bmc::connect(work).await?;
    let expected = bmc::expected(work)?;
    let state = bmc
        .redfish
        .power_state()
        .await
        .map_err(|error| failure::bmc(&error))?;
    // Looked at right before: a machine that booted meanwhile is left alone, or its install would break.
    let restarts = restarts(work.job);
    let may_start = match own_arm(work)? {
        Some(ArmState::Armed) => true,
        Some(ArmState::Booting) if restarts > 0 => starts_anew(work).await?,
        Some(_) | None => false,
    };
    if !may_start {
        return Ok(then(work));
    }
    let deed = |action| Deed {
        action,
        expected: &expected,
    };
    if state != PowerState::Off {
        power(work, &bmc, deed(PowerAction::ForceOff)).await?;
    }
    let set = bmc.redfish.set_boot_once(BootTarget::Pxe, &expected).await;
    let found = set.map(|()| "as asked".to_owned());
    bmc.did(work, "boot from network once", found).await?;
    // Nothing is written before the kickstart. One that was served in between ends broken at the next firmware request,
    // and machine and people are better off with power than without.
    if own_arm(work)?.is_some_and(|state| state.is_live()) {
        power(work, &bmc, deed(PowerAction::On)).await?;
        if restarts > 0 {
            work.tell(Message::Job(told::StartedAnew { restarts }))
                .await?;
        }
    }
    Ok(then(work))
}

/// What the installer does once it runs.
fn then(work: &Work<'_>) -> Stage {
    match work.job.wish.aim {
        Aim::BringUp => Stage::Install,
        Aim::Trial { .. } => Stage::Try,
    }
}

/// Takes the boot script back before the machine is switched off, so that no kickstart is served meanwhile. False if one
/// was served just now: then the install runs, and is left alone.
async fn starts_anew(work: &Work<'_>) -> Result<bool, StepError> {
    let node = &work.node.name;
    let permit = decide::tell(&work.context.world, node, Stimulus::StartAnew).await?;
    Ok(matches!(permit, Permit::Granted(_)))
}

/// How far the arm of this job is.
fn own_arm(work: &Work<'_>) -> Result<Option<ArmState>, StepError> {
    let arm = read::<Arm>(work.context.store(), &work.node.name)?;
    let own = arm.filter(|arm| arm.value.job == work.job.id);
    Ok(own.map(|arm| arm.value.state))
}

/// From now on from disk. A BMC that keeps showing the network after "once" would send the node round again.
pub(super) async fn boot_disk(work: &Work<'_>) -> Result<Stage, StepError> {
    crate::media::learn(work.context, &work.node).await?;
    let bmc = bmc::connect(work).await?;
    let expected = bmc::expected(work)?;
    let set = bmc.redfish.set_boot_once(BootTarget::Hdd, &expected).await;
    bmc.did(work, "boot from disk", set.map(|()| "as asked".to_owned()))
        .await?;
    Ok(Stage::Verify)
}

pub(super) struct Deed<'a> {
    pub(super) action: PowerAction,
    pub(super) expected: &'a Expected,
}

pub(super) async fn power(
    work: &Work<'_>,
    bmc: &bmc::Bmc,
    deed: Deed<'_>,
) -> Result<(), StepError> {
    let result = bmc.redfish.set_power(deed.action, deed.expected).await;
    let found = result.map(|proof| format!("{proof:?}"));
    bmc.did(work, &format!("power {:?}", deed.action), found)
        .await
}
