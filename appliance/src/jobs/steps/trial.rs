//! A trial: what is looked at before, what is lent, its arm, and what was found.

mod back;
mod lent;

use devices::bmc::PowerState;
use inventory::arm::Errand;
use inventory::job::{Aim, Job, Stage};
use inventory::message::{self, Message, Refusal};
use inventory::node::NodeRecord;
use inventory::store::{Change, Expect, Stored, read};
use inventory::trial::{self, Hardware, Seen, Trial, Wanted};
use templates::{Boot, Ends};

use super::arming::{broken, is_at_hand, put_arm, submit, token};
use super::{StepError, Work, bmc, check, cloud, failure};
use crate::jobs::bring_up::OfTrial;
use crate::jobs::record;

/// Performs a step of a trial.
pub(super) async fn perform(work: &Work<'_>, step: OfTrial) -> Result<Stage, StepError> {
    match step {
        OfTrial::Check => check(work).await,
        OfTrial::LendPort => lent::lend_port(work).await,
        OfTrial::Arm => arm(work).await,
        OfTrial::Judge => judge(work).await,
        OfTrial::GiveBack => back::give_back(work).await,
    }
}

/// The machine is the rack file's, it is off or may be switched off, and no guests are on it. That it was installed, or that a
/// controller knows it, is no reason to refuse: nothing is written.
async fn check(work: &Work<'_>) -> Result<Stage, StepError> {
    let now = work.context.now();
    if !now.is_plausible() {
        let shows = now.wall.to_string();
        return Err(Refusal::ClockWrong { shows }.into());
    }
    let bmc = bmc::connect(work).await?;
    let found = bmc.redfish.identity().await;
    let identity = check::recognise(work, &found.map_err(|error| failure::bmc(&error))?)?;
    let state = bmc.redfish.power_state().await;
    let ran = state.map_err(|error| failure::bmc(&error))? != PowerState::Off;
    if ran && !work.job.wish.power_off {
        let node = work.node.name.clone();
        return Err(Refusal::Running { node }.into());
    }
    cloud::runs_no_guests(work).await?;
    let known = read::<NodeRecord>(work.context.store(), &work.node.name)?;
    check::remember(work, known, identity).await?;
    begin(work, ran).await?;
    Ok(Stage::ProvisionPort)
}

/// The record of this trial, with what an earlier one saw.
async fn begin(work: &Work<'_>, ran: bool) -> Result<(), StepError> {
    let Aim::Trial { os } = &work.job.wish.aim else {
        return Err(defect(work.job));
    };
    let found = read::<Trial>(work.context.store(), &work.node.name)?;
    let expect = found
        .as_ref()
        .map_or(Expect::Absent, |found| Expect::Version(found.version));
    let trial = Trial {
        node: work.node.name.clone(),
        job: work.job.id,
        os: os.clone(),
        ran,
        port: None,
        report: None,
        is_left: false,
        seen: found.and_then(|found| found.value.seen),
    };
    let mut change = Change::default();
    change.put(expect, &trial)?;
    Ok(work.context.store().submit(change).await.map(drop)?)
}

/// The record of this very trial.
fn own(work: &Work<'_>) -> Result<Option<Stored<Trial>>, StepError> {
    let found = read::<Trial>(work.context.store(), &work.node.name)?;
    Ok(found.filter(|found| found.value.job == work.job.id))
}

fn begun(work: &Work<'_>) -> Result<Stored<Trial>, StepError> {
    own(work)?.ok_or_else(|| defect(work.job))
}

fn defect(job: &Job) -> StepError {
    let stage = job.stage.name().to_owned();
    StepError::Fail(Message::Job(message::Job::Defect { stage }))
}

async fn keep(work: &Work<'_>, (version, trial): (u64, &Trial)) -> Result<(), StepError> {
    let mut change = Change::default();
    change.put(Expect::Version(version), trial)?;
    Ok(work.context.store().submit(change).await.map(drop)?)
}

/// Makes the arm of a trial: its kickstart installs nothing, and nothing that an install left behind is replaced.
async fn arm(work: &Work<'_>) -> Result<Stage, StepError> {
    let trial = begun(work)?.value;
    let rack = work.context.world.rack();
    is_at_hand(work, &rack, &trial.os, std::iter::empty())?;
    let boot = Boot {
        rack: &rack,
        node: &work.node,
        token: token(work)?,
        os: &trial.os,
    };
    let ends = match trial.ran {
        true => Ends::Restarted,
        false => Ends::Off,
    };
    let payload = templates::trial(&boot, ends).map_err(|error| broken(&error))?;
    let texts = (
        payload.token,
        payload.over_ipv4.clone(),
        payload.over_ipv6.clone(),
    );
    let mut change = Change::default();
    put_arm(work, (Errand::Trial, &trial.os), texts, &mut change)?;
    change.put(Expect::Any, &payload)?;
    submit(work, change).await
}

/// Compares what was reported with the rack file. The report is stored after the arm heard of it: it may be a moment late.
async fn judge(work: &Work<'_>) -> Result<Stage, StepError> {
    let trial = begun(work)?;
    let Some(report) = &trial.value.report else {
        return Err(StepError::Again(Message::Job(message::Job::Trying)));
    };
    let rack = work.context.world.rack();
    let known = read::<NodeRecord>(work.context.store(), &work.node.name)?;
    let identity = known.and_then(|known| known.value.identity);
    let (Some(os), Some(identity)) = (rack.oses.get(&trial.value.os), identity) else {
        let node = work.node.name.clone();
        return Err(Refusal::NodeChanged { node }.into());
    };
    let hardware = Hardware::read(&report.facts);
    let wanted = Wanted {
        node: &work.node,
        identity: &identity,
        os,
    };
    let seen = Seen {
        at: report.at,
        os: trial.value.os.clone(),
        findings: trial::judge(&wanted, &hardware),
        hardware,
    };
    let told = message::Job::Judged {
        os: seen.os.clone(),
        faults: seen.faults(),
    };
    let judged = Trial {
        seen: Some(seen),
        ..trial.value
    };
    let mut change = Change::default();
    change.put(Expect::Version(trial.version), &judged)?;
    change.tell(record::event(
        work.job,
        &work.context.now(),
        Message::Job(told),
    ));
    work.context.store().submit(change).await?;
    Ok(Stage::GiveBack { failed: None })
}
