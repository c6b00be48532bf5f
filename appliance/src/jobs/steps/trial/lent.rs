//! The switch port of a trial: what it carried is noted before it is changed, and it is changed only if it must be.

use devices::switch::{Found, Mode};
use inventory::job::Stage;
use inventory::message::Refusal;
use inventory::net::Vlan;
use inventory::trial::{PortBefore, Trial};

use super::super::{StepError, Work, port};
use super::{begun, keep};

/// A port that carries the management VLAN untagged, as that of every installed host does, is left as it is. Any other is
/// changed, after what it carried was noted.
pub(super) async fn lend_port(work: &Work<'_>) -> Result<Stage, StepError> {
    let management = port::management(work)?;
    let trial = begun(work)?;
    if trial.value.port.is_none() {
        let before = match port::found(work).await? {
            Some(Found::Mode(mode)) if carries(&mode) == Some(management) => return Ok(Stage::Arm),
            Some(Found::Mode(mode)) => noted(&mode),
            found @ (Some(Found::Foreign(_)) | None) => {
                let port = work.node.port.to_string();
                let found = found.map_or_else(|| "nothing".to_owned(), |found| found.to_string());
                return Err(Refusal::PortForeign { port, found }.into());
            }
        };
        let noted = Trial {
            port: Some(before),
            ..trial.value
        };
        keep(work, (trial.version, &noted)).await?;
    }
    port::change(work, Mode::Access(management)).await?;
    Ok(Stage::Arm)
}

/// The VLAN of untagged frames.
fn carries(mode: &Mode) -> Option<Vlan> {
    match mode {
        Mode::Access(vlan) => Some(*vlan),
        Mode::Trunk(trunk) => trunk.native(),
    }
}

fn noted(mode: &Mode) -> PortBefore {
    match mode {
        Mode::Access(vlan) => PortBefore::Access { vlan: *vlan },
        Mode::Trunk(trunk) => PortBefore::Trunk {
            native: trunk.native(),
            allowed: trunk.allowed().clone(),
        },
    }
}
