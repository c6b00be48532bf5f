//! What a job must know beside itself, gathered for one decision. Ticks an overdue arm on the way, so that its end is
//! stored by the same state machine that guards its use.

use std::net::IpAddr;
use std::time::Duration;

use inventory::arm::{Arm, Stimulus};
use inventory::job::Job;
use inventory::store::{StoreError, read};

use super::bring_up::Facts;
use crate::context::Context;
use crate::media;

/// The facts for `job`.
pub async fn gather(context: &Context, job: &Job) -> Result<Facts, StoreError> {
    let mut arm = read::<Arm>(context.store(), &job.node)?.map(|found| found.value);
    let overdue = arm
        .as_ref()
        .is_some_and(|arm| arm.state.is_live() && arm.deadline.has_passed(&context.now()));
    if overdue {
        pxe::decide::tell(&context.world, &job.node, Stimulus::Tick).await?;
        arm = read::<Arm>(context.store(), &job.node)?.map(|found| found.value);
    }
    let rack = context.world.rack();
    let node = rack.nodes.get(&job.node);
    let address = node.map(|node| IpAddr::from(node.address));
    let expected = match &arm {
        Some(arm) => media::expected(context.store(), &arm.os)?,
        None => None,
    };
    let profile = node.and_then(|node| rack.profiles.get(&node.profile));
    let boot_patience = profile.map_or(0, |profile| profile.boot_patience_s);
    Ok(Facts {
        boot_patience: Duration::from_secs(boot_patience.into()),
        served: address
            .map(|address| context.world.served.of(address))
            .unwrap_or_default(),
        requests: address
            .map(|address| context.world.served.requests(address))
            .unwrap_or_default(),
        console: context.consoles.tail(&job.node),
        has_cloud: node.is_some_and(|node| node.cloud.is_some()),
        expected,
        arm,
    })
}
