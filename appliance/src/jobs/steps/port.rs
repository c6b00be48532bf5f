//! The node's switch port: into the provisioning VLAN before the install, onto its service VLANs after it. Planned
//! against what the switch really has, applied, read back by the driver over a new connection.

use std::collections::BTreeMap;

use devices::switch::ovs::Ovs;
use devices::switch::{Found, Mode, SwitchError, Trunk, Want, delta};
use inventory::job::Stage;
use inventory::message::{Device, Message, Refusal};
use inventory::net::Vlan;
use inventory::rack::{Rack, Switch, SwitchDriver};

use super::{StepError, Work, failure};

/// Only the management VLAN, untagged: firmware and installer know no tags.
pub(super) async fn provision(work: &Work<'_>) -> Result<Stage, StepError> {
    let vlan = management(work)?;
    change(work, Mode::Access(vlan)).await?;
    Ok(Stage::Arm)
}

/// The management VLAN untagged as before, and the VLANs of every other network of the host tagged.
pub(super) async fn serve(work: &Work<'_>) -> Result<Stage, StepError> {
    let native = management(work)?;
    let rack = work.context.world.rack();
    let host = rack.host_network(&work.node).ok_or_else(|| gone(work))?;
    let trunk = Trunk::new(Some(native), host.tagged).map_err(|error| {
        let device = format!("switch {}", work.node.port.switch);
        failure::fail(Device::Refused {
            device,
            detail: error.to_string(),
        })
    })?;
    change(work, Mode::Trunk(trunk)).await?;
    Ok(Stage::Register)
}

fn gone(work: &Work<'_>) -> StepError {
    Refusal::NodeGone {
        node: work.node.name.clone(),
    }
    .into()
}

pub(super) fn management(work: &Work<'_>) -> Result<Vlan, StepError> {
    let rack = work.context.world.rack();
    let network = rack.networks.get(&work.node.network);
    network
        .and_then(|network| network.vlan())
        .ok_or_else(|| gone(work))
}

/// What the node's port does now.
pub(super) async fn found(work: &Work<'_>) -> Result<Option<Found>, StepError> {
    let rack = work.context.world.rack();
    let driver = driver(switch(work, &rack)?);
    let state = driver.read().await;
    let mut state = state.map_err(|error| switch_error(work, &error))?;
    Ok(state.ports.remove(&work.node.port.port.to_string()))
}

fn switch<'a>(work: &Work<'_>, rack: &'a Rack) -> Result<&'a Switch, StepError> {
    let switch = rack.switches.get(&work.node.port.switch);
    switch.ok_or_else(|| gone(work))
}

pub(super) async fn change(work: &Work<'_>, mode: Mode) -> Result<(), StepError> {
    let rack = work.context.world.rack();
    let switch = switch(work, &rack)?;
    let driver = driver(switch);
    let fault = |error: &SwitchError| switch_error(work, error);
    let state = driver.read().await.map_err(|error| fault(&error))?;
    let port = work.node.port.port.to_string();
    let want = Want {
        ports: BTreeMap::from([(port.clone(), mode.clone())]),
        uplinks: switch.uplinks.iter().map(ToString::to_string).collect(),
    };
    let delta = delta(&state, &want).map_err(|faults| {
        let detail = faults
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ");
        failure::fail(Device::Refused {
            device: name(work),
            detail,
        })
    })?;
    let from = state
        .ports
        .get(&port)
        .map(ToString::to_string)
        .unwrap_or_default();
    let deed = format!("port {port}: {from} -> {mode}");
    let found = if delta.is_empty() {
        "it was so already".to_owned()
    } else {
        let applied = driver.apply(&delta).await.map_err(|error| fault(&error))?;
        format!("as asked; saved {:?}", applied.saved)
    };
    work.tell(Message::Device(Device::Did {
        device: name(work),
        deed,
        found,
    }))
    .await
}

fn driver(switch: &Switch) -> Ovs {
    match switch.driver {
        SwitchDriver::OpenVswitch => Ovs::new(switch.address, &switch.bridge),
    }
}

fn name(work: &Work<'_>) -> String {
    format!("switch {}", work.node.port.switch)
}

fn switch_error(work: &Work<'_>, error: &SwitchError) -> StepError {
    let (device, detail) = (name(work), error.to_string());
    match error {
        // Somebody else's change is read and planned against anew.
        SwitchError::Silent { .. } | SwitchError::Changed { .. } => {
            failure::again(Device::Silent { device, detail })
        }
        SwitchError::Denied { .. } => failure::fail(Device::Denied { device, detail }),
        SwitchError::Unsupported { .. } => failure::fail(Device::Unsupported { device, detail }),
        SwitchError::Refused { .. }
        | SwitchError::RolledBack { .. }
        | SwitchError::Unknown { .. } => failure::fail(Device::Refused { device, detail }),
    }
}
