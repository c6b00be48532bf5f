//! Routes about one installed node: what its last looks found, what is on it, and a new look.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use inventory::disk_key::DiskKeys;
use inventory::event::{Actor, Event, Subject};
use inventory::id::NodeName;
use inventory::manifest::Manifest;
use inventory::message::Message;
use inventory::rack::Node;
use inventory::store::{Change, read};
use inventory::verification::{Check, NodeReport, Verdict, Verification};
use serde::Serialize;

use super::handlers::Refusal;
use super::server::Caller;
use super::types::verification as types;
use crate::context::Context;
use crate::login::{self, LoginError};
use crate::secrets::SecretError;
use crate::vault::VaultError;
use crate::verification::look::{self, LookError};

type Shared = State<Arc<Context>>;
type Answer<T> = Result<Json<T>, Refusal>;

/// The node of the rack file in force.
pub(super) fn named(context: &Context, name: &str) -> Result<Node, Refusal> {
    let rack = context.world.rack();
    let node = rack.nodes.values().find(|node| node.name.as_str() == name);
    node.cloned().ok_or_else(|| {
        let why =
            format!("{name} is not in the rack file; see `hinode status` for the nodes that are");
        Refusal(StatusCode::NOT_FOUND, why)
    })
}

/// The last looks of jobs, oldest first.
pub(super) async fn report(
    State(context): Shared,
    Path(name): Path<String>,
) -> Answer<Vec<types::Verification>> {
    let node = named(&context, &name)?;
    let report = read::<NodeReport>(context.store(), &node.name)?;
    let report = report.ok_or_else(|| {
        let why = format!("{name} was not verified yet: `hinode up {name}` does, at its end");
        Refusal(StatusCode::NOT_FOUND, why)
    })?;
    let (before, after) = (report.value.before, report.value.after);
    let looks = before.iter().chain(&after);
    Ok(Json(looks.map(|seen| view(&node.name, seen)).collect()))
}

/// A look now. Reads only, and nothing is kept of it.
pub(super) async fn verify(
    State(context): Shared,
    Path(name): Path<String>,
) -> Answer<types::Verification> {
    let node = named(&context, &name)?;
    let session = enter(&context, &node).await?;
    let which = look::due(&context, &node.name)?;
    let seen = look::look(&context, (&node, which), &session).await;
    session.close().await;
    let seen = seen.map_err(|error| match error {
        LookError::Store(error) => error.into(),
        LookError::Ssh(_) | LookError::Broken { .. } | LookError::NoKickstart => {
            Refusal(StatusCode::BAD_GATEWAY, format!("{name}: {error}"))
        }
    })?;
    Ok(Json(view(&node.name, &seen)))
}

/// What the last bring-up put on it.
pub(super) async fn manifest(
    State(context): Shared,
    Path(name): Path<String>,
) -> Answer<types::Manifest> {
    let node = named(&context, &name)?;
    let found = read::<Manifest>(context.store(), &node.name)?;
    let found = found.ok_or_else(|| {
        let why = format!("{name} was not listed yet: `hinode up {name}` does, at its end");
        Refusal(StatusCode::NOT_FOUND, why)
    })?;
    let Manifest {
        node,
        at,
        packages,
        files,
        units,
        users,
    } = found.value;
    let packages = packages.into_iter().map(|package| types::Package {
        name: package.name,
        digest: package.digest,
    });
    let files = files.into_iter().map(|file| types::File {
        state: code(&file.state),
        path: file.path,
        sha256: file.found,
    });
    Ok(Json(types::Manifest {
        node: node.to_string(),
        at,
        packages: packages.collect(),
        files: files.collect(),
        units,
        users,
    }))
}

/// What opens its encrypted disks at the console, newest last. That it was asked for is told first.
pub(super) async fn passphrases(
    State(context): Shared,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Answer<Vec<types::Passphrase>> {
    let node = named(&context, &name)?;
    let known = read::<DiskKeys>(context.store(), &node.name)?;
    let known = known.ok_or_else(|| {
        let why = format!("{name} has no encrypted disks that this appliance installed");
        Refusal(StatusCode::NOT_FOUND, why)
    })?;
    let mut change = Change::default();
    change.tell(Event {
        at: context.now().wall,
        actor: Actor::Person(caller.0),
        subject: Subject::Node(node.name),
        job: None,
        what: Message::Store(inventory::message::Store::PassphraseShown),
    });
    context.store().submit(change).await?;
    let opened = known.value.keys.iter().map(|key| {
        Ok(types::Passphrase {
            job: key.job.0,
            origin: code(&key.origin),
            made_at: key.made_at,
            passphrase: context.vault.0.open(&key.sealed)?.expose().to_owned(),
        })
    });
    let opened = opened.collect::<Result<_, SecretError>>();
    Ok(Json(opened.map_err(VaultError::from)?))
}

/// A login, as a request's doing.
pub(super) async fn enter(context: &Context, node: &Node) -> Result<crate::ssh::Session, Refusal> {
    let session = login::login(context, node).await;
    session.map_err(|error| match error {
        LoginError::Store(error) => error.into(),
        LoginError::Ssh(_) | LoginError::NoKey => {
            Refusal(StatusCode::BAD_GATEWAY, format!("{}: {error}", node.name))
        }
    })
}

fn view(node: &NodeName, seen: &Verification) -> types::Verification {
    types::Verification {
        node: node.to_string(),
        at: seen.at,
        look: code(&seen.look),
        wrong: seen.faults().len(),
        checks: seen.checks.iter().map(check).collect(),
    }
}

fn check(check: &Check) -> types::Check {
    let (verdict, why) = match &check.verdict {
        Verdict::Good => ("good", None),
        Verdict::Wrong => ("wrong", None),
        Verdict::Skipped { why } => ("skipped", Some(why.clone())),
    };
    types::Check {
        topic: code(&check.what.topic()),
        what: code(&check.what),
        subject: check.subject(),
        asked: check.asked.clone(),
        found: check.found.clone(),
        verdict: verdict.to_owned(),
        why,
    }
}

/// The stable name of a plain enum's value, as it is stored.
fn code(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    let text = value.and_then(|value| value.as_str().map(str::to_owned));
    text.unwrap_or_default()
}
