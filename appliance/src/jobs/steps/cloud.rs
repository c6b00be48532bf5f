//! The node's cloud controller: opening a client, its errors as messages, and whether it knows the node.

use devices::cloud::{CloudError, CloudStack, Limits, Why};
use inventory::message::{Device, Refusal};
use inventory::rack::Cloud;

use super::{StepError, Work, failure};

/// The node's controller as the rack file says, and a client of it; `None` if the node has none.
pub(super) fn of(work: &Work<'_>) -> Result<Option<(Cloud, CloudStack)>, StepError> {
    let Some(name) = &work.node.cloud else {
        return Ok(None);
    };
    let rack = work.context.world.rack();
    let gone = || Refusal::NodeGone {
        node: work.node.name.clone(),
    };
    let cloud = rack.clouds.get(name).cloned().ok_or_else(gone)?;
    let secret = work.secret(&cloud.credential)?;
    let clock = work.context.world.clock.clone();
    let client = CloudStack::new(&cloud, &secret, Limits::FIELD, clock);
    Ok(Some((cloud, client.map_err(|error| error_of(&error))?)))
}

/// A controller's error.
pub(super) fn error_of(error: &CloudError) -> StepError {
    let device = format!("cloud controller {}", error.endpoint);
    let detail = error.to_string();
    match &error.why {
        Why::Silent(_) => failure::again(Device::Silent { device, detail }),
        Why::Denied(_) => failure::fail(Device::Denied { device, detail }),
        Why::Unsupported(_) => failure::fail(Device::Unsupported { device, detail }),
        Why::Refused(_) => failure::fail(Device::Refused { device, detail }),
    }
}

/// Refuses if the controller says that guests are on the node. That it knows the host is no reason: a trial is for hosts
/// that serve.
pub(super) async fn runs_no_guests(work: &Work<'_>) -> Result<(), StepError> {
    let Some((cloud, client)) = of(work)? else {
        return Ok(());
    };
    let known = client.find_host(&work.node.name, work.address()).await;
    for known in known.map_err(|error| error_of(&error))? {
        let guests = client.guests_on(&known.host.id).await;
        let guests = guests.map_err(|error| error_of(&error))?;
        if guests > 0 {
            return Err(Refusal::GuestsRun {
                cloud: cloud.endpoint.to_string(),
                host: known.host.id.0,
                guests,
            }
            .into());
        }
    }
    Ok(())
}

/// Refuses if the controller knows a host with this node's name, address or derived GUID.
pub(super) async fn knows_not(work: &Work<'_>) -> Result<(), StepError> {
    let Some((cloud, client)) = of(work)? else {
        return Ok(());
    };
    let known = client.find_host(&work.node.name, work.address()).await;
    let known = known.map_err(|error| error_of(&error))?;
    match known.first() {
        None => Ok(()),
        Some(known) => Err(Refusal::KnownToCloud {
            cloud: cloud.endpoint.to_string(),
            host: known.host.id.0.clone(),
        }
        .into()),
    }
}
