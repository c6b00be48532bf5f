//! The end of a trial, however it went: port and machine become what they were. May be repeated: what was noted as left is not
//! switched off again.

use devices::bmc::{BootTarget, PowerAction, PowerState};
use devices::switch::{Mode, Trunk};
use inventory::job::Stage;
use inventory::trial::{PortBefore, Trial};

use super::super::power::{Deed, power};
use super::super::{StepError, Work, bmc, failure, port};
use super::{begun, defect, keep, own};
use crate::jobs::trial::has_touched_power;

/// Port and machine become what they were. Neither waits for the other: both are tried before either's failure counts.
pub(super) async fn give_back(work: &Work<'_>) -> Result<Stage, StepError> {
    let Stage::GiveBack { failed } = &work.job.stage else {
        return Err(defect(work.job));
    };
    if own(work)?.is_some() {
        let port = port_back(work).await;
        let machine = match has_touched_power(work.job) {
            true => machine_back(work).await,
            false => Ok(()),
        };
        port.and(machine)?;
    }
    Ok(match failed {
        None => Stage::Done,
        Some(failed) => Stage::Failed {
            stage: failed.stage.clone(),
            why: failed.why.clone(),
        },
    })
}

async fn port_back(work: &Work<'_>) -> Result<(), StepError> {
    let mode = match begun(work)?.value.port {
        None => return Ok(()),
        Some(PortBefore::Access { vlan }) => Mode::Access(vlan),
        Some(PortBefore::Trunk { native, allowed }) => {
            Mode::Trunk(Trunk::new(native, allowed).map_err(|_| defect(work.job))?)
        }
    };
    port::change(work, mode).await
}

/// Onto its own disk, and running if it ran. An installer that did not report, or that was to switch a machine off and did
/// not, is switched off, once: after that, what runs is the machine's own.
async fn machine_back(work: &Work<'_>) -> Result<(), StepError> {
    let trial = begun(work)?;
    let bmc = bmc::connect(work).await?;
    let expected = bmc::expected(work)?;
    let deed = |action| Deed {
        action,
        expected: &expected,
    };
    let state = async || {
        let state = bmc.redfish.power_state().await;
        state.map_err(|error| failure::bmc(&error))
    };
    if !trial.value.is_left {
        let restarts_itself = trial.value.ran && trial.value.report.is_some();
        if !restarts_itself && state().await? != PowerState::Off {
            power(work, &bmc, deed(PowerAction::ForceOff)).await?;
        }
        let left = Trial {
            is_left: true,
            ..trial.value.clone()
        };
        keep(work, (trial.version, &left)).await?;
    }
    let set = bmc.redfish.set_boot_once(BootTarget::Hdd, &expected).await;
    bmc.did(work, "boot from disk", set.map(|()| "as asked".to_owned()))
        .await?;
    if trial.value.ran && state().await? == PowerState::Off {
        power(work, &bmc, deed(PowerAction::On)).await?;
    }
    Ok(())
}
