//! Power: the node into the installer, and afterwards onto its disk. The machine's identity is read before every action.

use devices::bmc::{BootTarget, Expected, PowerAction, PowerState};
use inventory::arm::{Arm, ArmState};
use inventory::job::Stage;
use inventory::store::read;

use super::{StepError, Work, bmc, failure};

/// Boot from network once, read back; then off and on again, so that a lying restart shows.
pub(super) async fn boot_installer(work: &Work<'_>) -> Result<Stage, StepError> {
    let bmc = bmc::connect(work).await?;
    let expected = bmc::expected(work)?;
    let state = bmc
        .redfish
        .power_state()
        .await
        .map_err(|error| failure::bmc(&error))?;
    if state != PowerState::Off {
        power(
            work,
            &bmc,
            Deed {
                action: PowerAction::ForceOff,
                expected: &expected,
            },
        )
        .await?;
    }
    let set = bmc.redfish.set_boot_once(BootTarget::Pxe, &expected).await;
    bmc.did(
        work,
        "boot from network once",
        set.map(|()| "as asked".to_owned()),
    )
    .await?;
    // The last look before the restart: if the machine booted meanwhile, a restart would break its install.
    let arm = read::<Arm>(work.context.store(), &work.node.name)?;
    let is_armed =
        arm.is_some_and(|arm| arm.value.job == work.job.id && arm.value.state == ArmState::Armed);
    if is_armed {
        power(
            work,
            &bmc,
            Deed {
                action: PowerAction::On,
                expected: &expected,
            },
        )
        .await?;
    }
    Ok(Stage::Install)
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

struct Deed<'a> {
    action: PowerAction,
    expected: &'a Expected,
}

async fn power(work: &Work<'_>, bmc: &bmc::Bmc, deed: Deed<'_>) -> Result<(), StepError> {
    let result = bmc.redfish.set_power(deed.action, deed.expected).await;
    let found = result.map(|proof| format!("{proof:?}"));
    bmc.did(work, &format!("power {:?}", deed.action), found)
        .await
}
