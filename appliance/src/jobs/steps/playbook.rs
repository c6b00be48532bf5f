//! The playbook of the node's profile: run by Ansible on the appliance, its last lines kept in the job's history.

use std::path::PathBuf;

use inventory::job::Stage;
use inventory::message::{self, Device, Message};

use super::{StepError, Work, failure};
use crate::handover::playbook::{PROGRAM, play};

/// The playbook that the rack file in force gives the node.
pub(super) fn of(work: &Work<'_>) -> Option<PathBuf> {
    let rack = work.context.world.rack();
    rack.profiles.get(&work.node.profile)?.playbook.clone()
}

/// Runs it. One that fails is tried again: what it waited for may come, or a person mends it meanwhile.
pub(super) async fn perform(work: &Work<'_>) -> Result<Stage, StepError> {
    let Some(path) = of(work) else {
        return Ok(Stage::Done);
    };
    let playbook = path.display().to_string();
    let played = play(work.context, &work.node, &path).await;
    let played = played.map_err(|error| {
        failure::again(Device::Refused {
            device: "the appliance".to_owned(),
            detail: format!("{PROGRAM} cannot be run: {error}"),
        })
    })?;
    let output = played.tail;
    if !played.is_good {
        return Err(StepError::Again(Message::Job(
            message::Job::PlaybookFailed {
                playbook,
                how: played.how,
                output,
            },
        )));
    }
    let ran = message::Job::PlaybookRan { playbook, output };
    work.tell(Message::Job(ran)).await?;
    Ok(Stage::Done)
}
