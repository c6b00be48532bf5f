//! The serial console of a job's node while an installer may run on it: read for evidence, and needed by nobody. Whatever
//! is wrong with it is told once and changes nothing of the job. After a power cut it is opened anew.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use devices::bmc::{Console, ConsoleAt, ConsoleError, IPMI_PORT};
use inventory::id::JobId;
use inventory::job::{Job, Stage};
use inventory::message::{Device, Message};
use inventory::rack::ConsoleDriver;
use inventory::store::{Change, read};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::{record, runner::STORE_PAUSE, steps};
use crate::context::Context;

/// The first pause before a console is opened again; doubled with each further failure in a row.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// The longest pause: whoever holds a console may have gone by then.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Failures in a row after which it is told: by then a BMC has ended the session of a reader that died (a minute).
const TOLD_AT: u32 = 4;
/// Failures in a row after which it is left alone: an hour, as long as an install may last.
const TRIES: u32 = 16;
/// A session that lasted this long was a good one: failures are counted anew.
const GOOD: Duration = Duration::from_secs(60);

/// Keeps what the console says while job `id` is in a stage in which an installer may run; ends with the job.
pub(super) async fn follow(context: &Context, id: JobId, bell: &Notify) {
    let Some(job) = until(context, id, bell, is_followed).await else {
        return;
    };
    context.consoles.begin(&job.node);
    let mut open = None;
    tokio::select! {
        () = keep(context, &job, &mut open) => {}
        _ = until(context, id, bell, |stage| !is_followed(stage)) => {}
    }
    if let Some(console) = open {
        console.close().await;
    }
}

/// From the restart into the installer until its arm is over.
fn is_followed(stage: &Stage) -> bool {
    match stage {
        Stage::Power | Stage::Install | Stage::Try => true,
        Stage::Check
        | Stage::ProvisionPort
        | Stage::Arm
        | Stage::Verify
        | Stage::ServicePort
        | Stage::Register
        | Stage::VerifyAgain
        | Stage::Playbook
        | Stage::GiveBack { .. }
        | Stage::Done
        | Stage::Failed { .. } => false,
    }
}

/// The job once its stage is as wanted; none if it is over before.
async fn until(
    context: &Context,
    id: JobId,
    bell: &Notify,
    wanted: impl Fn(&Stage) -> bool,
) -> Option<Job> {
    loop {
        let mut heard = std::pin::pin!(bell.notified());
        heard.as_mut().enable();
        match read::<Job>(context.store(), &Job::key_of(id)) {
            Ok(Some(found)) if wanted(&found.value.stage) => return Some(found.value),
            Ok(Some(found)) if !found.value.stage.is_over() => heard.await,
            Ok(Some(_) | None) => return None,
            Err(_) => sleep(STORE_PAUSE).await,
        }
    }
}

/// Listens, and opens the console again when it was lost; returns when that has no sense.
async fn keep(context: &Context, job: &Job, open: &mut Option<Console>) {
    let mut failures = 0;
    while let Some(at) = place(context, job) {
        let began = Instant::now();
        let Err(failure) = listen(context, job, (at, &mut *open)).await;
        *open = None;
        context.consoles.lost(&job.node, context.now().wall);
        failures = if began.elapsed() < GOOD {
            failures + 1
        } else {
            1
        };
        info!(%failure, failures, "the console is not read");
        let pause = pause(&failure, failures);
        if pause.is_none() || failures == TOLD_AT {
            tell(context, job, &failure).await;
        }
        let Some(pause) = pause else { return };
        sleep(pause).await;
    }
}

/// How long to wait before it is opened again; none if it is left alone from now on. A refused login is not repeated, or
/// the BMC would lock the account that installs the node.
fn pause(failure: &ConsoleError, failures: u32) -> Option<Duration> {
    match failure {
        ConsoleError::Denied { .. } | ConsoleError::Unsupported { .. } => None,
        ConsoleError::Silent { .. } | ConsoleError::Held { .. } if failures >= TRIES => None,
        ConsoleError::Silent { .. } | ConsoleError::Held { .. } => {
            let doubled = FIRST_PAUSE.saturating_mul(1 << (failures - 1).min(8));
            Some(doubled.min(LONGEST_PAUSE))
        }
    }
}

/// Where the console is, if the rack file says how it is read. A secret that cannot be used fails the job's own steps.
fn place(context: &Context, job: &Job) -> Option<ConsoleAt> {
    let rack = context.world.rack();
    let bmc = &rack.nodes.get(&job.node)?.bmc;
    let port = match bmc.console? {
        ConsoleDriver::Ipmi => IPMI_PORT,
    };
    let secret = context.vault.open(context.store(), &bmc.credential).ok()?;
    Some(ConsoleAt {
        address: SocketAddr::new(bmc.address.ip(), port),
        login: steps::bmc_login(&secret)?,
    })
}

async fn listen(
    context: &Context,
    job: &Job,
    (at, open): (ConsoleAt, &mut Option<Console>),
) -> Result<Infallible, ConsoleError> {
    let console = open.insert(Console::open(at)?);
    loop {
        let said = console.read().await?;
        let now = context.now().wall;
        context.consoles.hear(&job.node, now, &said);
    }
}

async fn tell(context: &Context, job: &Job, failure: &ConsoleError) {
    let device = format!("console of {}", job.node);
    let detail = failure.to_string();
    let what = match failure {
        ConsoleError::Silent { .. } => Device::Silent { device, detail },
        ConsoleError::Denied { .. } => Device::Denied { device, detail },
        ConsoleError::Held { .. } => Device::Refused { device, detail },
        ConsoleError::Unsupported { .. } => Device::Unsupported { device, detail },
    };
    let mut change = Change::default();
    change.tell(record::event(job, &context.now(), Message::Device(what)));
    if let Err(failure) = context.store().submit(change).await {
        warn!(%failure, "what is wrong with the console could not be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn asked() -> devices::bmc::Asked {
        devices::bmc::Asked {
            bmc: SocketAddr::from((Ipv4Addr::LOCALHOST, IPMI_PORT)),
            deed: "give the serial console",
        }
    }

    #[test]
    fn a_refused_login_is_not_repeated() {
        let (asked, why) = (asked(), String::new());
        let denied = ConsoleError::Denied { asked, why };
        assert_eq!(pause(&denied, 1), None);
    }

    #[test]
    fn a_silent_bmc_is_asked_less_and_less_for_an_hour_and_then_left_alone() {
        let (asked, why) = (asked(), String::new());
        let silent = ConsoleError::Silent { asked, why };
        let pauses: Vec<_> = (1..)
            .map_while(|failures| pause(&silent, failures))
            .collect();
        assert!(pauses.is_sorted());
        assert_eq!((pauses.len(), pauses[0]), (15, FIRST_PAUSE));
        let whole: Duration = pauses.iter().sum();
        assert!((50..75).contains(&(whole.as_secs() / 60)), "{whole:?}");
        let held = ConsoleError::Held { asked };
        let until_told: Duration = (1..TOLD_AT)
            .filter_map(|failures| pause(&held, failures))
            .sum();
        assert!(
            until_told > Duration::from_secs(63),
            "a dead reader's session ends first"
        );
    }
}
