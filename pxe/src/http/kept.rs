//! Reports as kept: in order of arrival, each once, together with its event.

use std::net::IpAddr;

use inventory::arm::{Arm, Errand};
use inventory::event::{Actor, Event, Subject};
use inventory::id::NodeName;
use inventory::message::{Install, Message};
use inventory::node::{NodeRecord, Phase, Report, Reports};
use inventory::store::{self, Change, Expect, StoreError};
use inventory::trial::Trial;
use tracing::warn;

use crate::World;
use crate::decide::Why;

/// The most reports kept of one install; further ones count, but are not kept.
const REPORTS_MAX: usize = 64;
/// How often the append is tried anew when two reports come at once; the node has one installer, so once is rare.
const ROUNDS: usize = 5;

/// Keeps a report of the install that `arm` allowed. One that is there already (its answer was lost) is not doubled.
pub(super) async fn append(world: &World, arm: &Arm, report: &Report) -> Result<(), StoreError> {
    let mut last = None;
    for _ in 0..ROUNDS {
        let Some(change) = change(world, arm, report)? else {
            return Ok(());
        };
        match world.store.submit(change).await {
            Ok(_) => return Ok(()),
            Err(conflict @ StoreError::Conflict { .. }) => last = Some(conflict),
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or(StoreError::Closed))
}

/// Keeps the words of an installer that spoke out of turn, as evidence and no more: one event for each phase in a while.
pub(super) async fn refuse(
    world: &World,
    from: IpAddr,
    (node, report, why): (&NodeName, &Report, Why),
) -> Result<(), StoreError> {
    let now = world.now();
    if !world.is_due(from, of_phase(report.phase), &now) {
        return Ok(());
    }
    let mut change = Change::default();
    change.tell(Event {
        at: report.at,
        actor: Actor::Node(node.clone()),
        subject: Subject::Node(node.clone()),
        job: None,
        what: Message::Install(Install::ReportRefused {
            phase: report.phase,
            detail: report.detail.clone(),
            why: why.words().to_owned(),
        }),
    });
    world.store.submit(change).await?;
    Ok(())
}

fn of_phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Pre => "report pre",
        Phase::PreFailed => "report pre-failed",
        Phase::Partitioned => "report partitioned",
        Phase::Tried => "report tried",
        Phase::Installed => "report installed",
        Phase::Failed => "report failed",
    }
}

/// The record with `report` at its end, unless there is nothing to add.
fn change(world: &World, arm: &Arm, report: &Report) -> Result<Option<Change>, StoreError> {
    match arm.errand {
        Errand::Install => of_install(world, arm, report),
        Errand::Trial => of_trial(world, arm, report),
    }
}

/// A trial has one report. What is known of installs stays as it is.
fn of_trial(world: &World, arm: &Arm, report: &Report) -> Result<Option<Change>, StoreError> {
    let found = store::read::<Trial>(&*world.store, &arm.node)?;
    let Some(found) = found.filter(|found| found.value.job == arm.job) else {
        return Ok(None);
    };
    let known = found.value.report.as_ref();
    if known.is_some_and(|known| is_same(known, report)) {
        return Ok(None);
    }
    let trial = Trial {
        report: Some(report.clone()),
        ..found.value
    };
    let mut change = Change::default();
    change
        .put(Expect::Version(found.version), &trial)?
        .tell(event(arm, report));
    Ok(Some(change))
}

fn of_install(world: &World, arm: &Arm, report: &Report) -> Result<Option<Change>, StoreError> {
    let found = store::read::<Reports>(&*world.store, &arm.node)?;
    let expect = found
        .as_ref()
        .map_or(Expect::Absent, |found| Expect::Version(found.version));
    let mut reports = found
        .map(|found| found.value)
        .filter(|reports| reports.job == arm.job)
        .map_or_else(Vec::new, |reports| reports.reports);
    if reports.iter().any(|kept| is_same(kept, report)) {
        return Ok(None);
    }
    if reports.len() >= REPORTS_MAX {
        warn!(node = %arm.node, phase = ?report.phase, "too many reports of one install: not kept");
        return Ok(None);
    }
    reports.push(report.clone());
    let record = Reports {
        node: arm.node.clone(),
        job: arm.job,
        reports,
    };
    let mut change = Change::default();
    if report.phase == Phase::PreFailed && !has_passed_pre(&record) {
        nothing_written(world, arm, &mut change)?;
    }
    change.put(expect, &record)?.tell(event(arm, report));
    Ok(Some(change))
}

/// `%pre` reports before anything is written, and nothing is before that report was taken.
fn has_passed_pre(reports: &Reports) -> bool {
    let mut phases = reports.reports.iter().map(|report| report.phase);
    phases.any(|phase| phase != Phase::PreFailed)
}

/// The install that `arm` allowed left the disks as they were: the node is as new as it was before.
fn nothing_written(world: &World, arm: &Arm, change: &mut Change) -> Result<(), StoreError> {
    let Some(found) = store::read::<NodeRecord>(&*world.store, &arm.node)? else {
        return Ok(());
    };
    let mut record = found.value;
    if let Some(install) = record
        .install
        .as_mut()
        .filter(|install| install.job == arm.job)
    {
        install.written = install.written.after_refusal();
        change.put(Expect::Version(found.version), &record)?;
    }
    Ok(())
}

/// Said twice: the same but for the time.
fn is_same(one: &Report, other: &Report) -> bool {
    one.phase == other.phase && one.detail == other.detail && one.facts == other.facts
}

fn event(arm: &Arm, report: &Report) -> Event {
    Event {
        at: report.at,
        actor: Actor::Node(arm.node.clone()),
        subject: Subject::Node(arm.node.clone()),
        job: Some(arm.job),
        what: Message::Install(Install::Reported {
            phase: report.phase,
            detail: report.detail.clone(),
        }),
    }
}
