//! One function a route: takes the request apart, calls the function that does it, shows the result.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use inventory::id::NodeName;
use inventory::job::{self, Wipe};
use inventory::secret::{Sealed, Secret};
use inventory::store::{Link, StoreError, read};
use serde::Deserialize;

use super::server::Caller;
use super::{node, types, view};
use crate::context::Context;
use crate::discover::{self, DiscoverError};
use crate::jobs::stop;
use crate::jobs::wish::{self, WishError};
use crate::media::fit::Misfit;
use crate::pins;
use crate::racks::{self, ApplyError};
use crate::vault::{self, VaultError};

/// At most so many events in one answer; a client asks again from where it stopped.
const EVENTS_MAX: usize = 1000;

type Shared = State<Arc<Context>>;
type Answer<T> = Result<Json<T>, Refusal>;

/// A refusal with its HTTP status.
pub(super) struct Refusal(pub(super) StatusCode, pub(super) String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(types::Refused { error: self.1 })).into_response()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let status = match &error {
            StoreError::Conflict { .. } => StatusCode::CONFLICT,
            StoreError::Full => StatusCode::INSUFFICIENT_STORAGE,
            StoreError::Unreadable { .. } | StoreError::Failed(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            StoreError::Closed => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self(status, error.to_string())
    }
}

impl From<VaultError> for Refusal {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            VaultError::Missing(_) | VaultError::Secret(_) => {
                Self(StatusCode::BAD_REQUEST, error.to_string())
            }
        }
    }
}

pub(super) async fn status(State(context): Shared) -> Answer<types::Status> {
    Ok(Json(view::status(&context).await?))
}

pub(super) async fn job(State(context): Shared, Path(id): Path<u64>) -> Answer<types::Job> {
    let key = job::Job::key_of(inventory::id::JobId(id));
    match read::<job::Job>(context.store(), &key)? {
        Some(found) => Ok(Json(view::job(&context, &found.value).await?)),
        None => Err(Refusal(
            StatusCode::NOT_FOUND,
            format!("there is no job {id}"),
        )),
    }
}

pub(super) async fn console(
    State(context): Shared,
    Path(name): Path<String>,
) -> Answer<types::Console> {
    let node = node::named(&context, &name)?;
    Ok(Json(types::Console {
        is_read: node.bmc.console.is_some(),
        lines: context.consoles.all(&node.name),
    }))
}

pub(super) async fn transfers(State(context): Shared) -> Json<Vec<types::Transfer>> {
    Json(view::transfers(&context))
}

pub(super) async fn up(
    State(context): Shared,
    Extension(caller): Extension<Caller>,
    Json(up): Json<types::Up>,
) -> Answer<Vec<types::Begun>> {
    let bad = |why: String| Refusal(StatusCode::BAD_REQUEST, why);
    let mut nodes: Vec<NodeName> = Vec::new();
    for name in &up.nodes {
        nodes.push(
            name.parse()
                .map_err(|error: inventory::id::BadName| bad(error.to_string()))?,
        );
    }
    if nodes.is_empty() {
        nodes = wish::not_up_yet(&context)?;
    }
    if up.wipe.is_some() && nodes.len() != 1 {
        return Err(bad("--wipe goes with exactly one node: name it".to_owned()));
    }
    let wipe = up.wipe.map(|serial| Wipe {
        serial,
        keep_images: up.keep_images,
    });
    let mut begun = Vec::new();
    for node in nodes {
        let allowed = wish::Allowed {
            wipe: wipe.clone(),
            power_off: up.power_off,
        };
        let result = wish::bring_up(&context, &node, &caller.0, allowed).await;
        begun.push(begun_view(&node, result)?);
    }
    Ok(Json(begun))
}

pub(super) fn begun_view(
    node: &NodeName,
    result: Result<inventory::id::JobId, WishError>,
) -> Result<types::Begun, Refusal> {
    let node = node.to_string();
    match result {
        Ok(id) => Ok(types::Begun {
            node,
            job: Some(id.0),
            refused: None,
        }),
        Err(
            error @ (WishError::UnknownNode(_) | WishError::UnknownOs(_) | WishError::Busy { .. }),
        ) => Ok(types::Begun {
            node,
            job: None,
            refused: Some(error.to_string()),
        }),
        Err(WishError::Store(error)) => Err(error.into()),
    }
}

pub(super) async fn stop_all(
    State(context): Shared,
    Extension(caller): Extension<Caller>,
) -> Answer<types::Stopped> {
    let stopped = stop::stop(&context, &caller.0).await?;
    Ok(Json(types::Stopped {
        arms: stopped.arms.iter().map(ToString::to_string).collect(),
        jobs: stopped.jobs.iter().map(|job| job.0).collect(),
        pools: stopped.pools.iter().map(ToString::to_string).collect(),
    }))
}

pub(super) async fn discover(
    State(context): Shared,
    Extension(caller): Extension<Caller>,
    Json(wish): Json<types::Discover>,
) -> Answer<types::Opened> {
    let bad = |error: inventory::id::BadName| Refusal(StatusCode::BAD_REQUEST, error.to_string());
    let network = wish.network.map(|name| name.parse().map_err(bad));
    let opened = discover::open(&context, network.transpose()?, wish.minutes, &caller.0).await;
    match opened {
        Ok(network) => Ok(Json(types::Opened {
            network: network.to_string(),
            minutes: wish.minutes,
        })),
        Err(DiscoverError::Store(error)) => Err(error.into()),
        Err(
            error @ (DiscoverError::NoPool
            | DiscoverError::NotAPool(..)
            | DiscoverError::Which(_)
            | DiscoverError::Minutes(_)),
        ) => Err(Refusal(StatusCode::BAD_REQUEST, error.to_string())),
    }
}

pub(super) async fn unpin(
    State(context): Shared,
    Extension(caller): Extension<Caller>,
    Json(unpin): Json<types::Unpin>,
) -> Answer<types::Unpin> {
    match pins::forget(&context, &unpin.address, &caller.0).await? {
        true => Ok(Json(unpin)),
        false => Err(Refusal(
            StatusCode::NOT_FOUND,
            format!(
                "nothing is pinned for {}; write it as HOST:PORT",
                unpin.address
            ),
        )),
    }
}

pub(super) async fn rack(State(context): Shared) -> Answer<types::Apply> {
    match racks::current(context.store())? {
        Some(found) => Ok(Json(types::Apply {
            text: found.text,
            made_from: Some(found.revision),
        })),
        None => Err(Refusal(
            StatusCode::NOT_FOUND,
            "no rack file was applied yet; do it with `hinode apply RACK`".to_owned(),
        )),
    }
}

pub(super) async fn apply(
    State(context): Shared,
    Extension(caller): Extension<Caller>,
    Json(apply): Json<types::Apply>,
) -> Answer<types::Applied> {
    match racks::apply(&context, &apply.text, apply.made_from, &caller.0).await {
        Ok(revision) => Ok(Json(types::Applied {
            revision: revision.revision,
            nodes: revision.rack.nodes.len(),
        })),
        Err(
            error @ (ApplyError::Faults(_)
            | ApplyError::Playbook(_)
            | ApplyError::Media(
                Misfit::Other { .. }
                | Misfit::Absent { .. }
                | Misfit::NoRepository { .. }
                | Misfit::OtherRelease { .. },
            )),
        ) => Err(Refusal(StatusCode::BAD_REQUEST, error.to_string())),
        Err(error @ ApplyError::Overtaken { .. }) => {
            Err(Refusal(StatusCode::CONFLICT, error.to_string()))
        }
        Err(ApplyError::Store(error) | ApplyError::Media(Misfit::Store(error))) => {
            Err(error.into())
        }
    }
}

/// Which events.
#[derive(Debug, Deserialize)]
pub(super) struct Begin {
    from: Option<u64>,
}

pub(super) async fn events(
    State(context): Shared,
    Query(Begin { from }): Query<Begin>,
) -> Answer<Vec<types::Event>> {
    let links = context.store().events(from.unwrap_or(1), EVENTS_MAX)?;
    let events = links
        .iter()
        .map(view::event)
        .collect::<Result<_, StoreError>>()?;
    Ok(Json(events))
}

pub(super) async fn chain(
    State(context): Shared,
    Query(Begin { from }): Query<Begin>,
) -> Answer<Vec<Link>> {
    Ok(Json(context.store().events(from.unwrap_or(1), EVENTS_MAX)?))
}

pub(super) async fn chain_end(State(context): Shared) -> Answer<types::ChainEnd> {
    let head = context.store().head()?;
    Ok(Json(types::ChainEnd {
        head,
        key: context.store().public_key(),
    }))
}

pub(super) async fn secrets(State(context): Shared) -> Answer<Vec<types::SecretInfo>> {
    let list = context.vault.list(context.store())?;
    Ok(Json(list.iter().map(secret_info).collect()))
}

fn secret_info(sealed: &Sealed) -> types::SecretInfo {
    types::SecretInfo {
        name: sealed.name.to_string(),
        set_at: sealed.set_at,
    }
}

pub(super) async fn set_secret(
    State(context): Shared,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    Json(set): Json<types::SetSecret>,
) -> Answer<types::SecretInfo> {
    let bad = |error: inventory::id::BadName| Refusal(StatusCode::BAD_REQUEST, error.to_string());
    let name: inventory::id::SecretName = name.parse().map_err(bad)?;
    let sealed = vault::set(&context, &name, &Secret::new(set.value), &caller.0).await?;
    Ok(Json(secret_info(&sealed)))
}

pub(super) async fn export_secrets(
    State(context): Shared,
    Json(to): Json<types::Recipient>,
) -> Answer<types::Exported> {
    let file = context.vault.export(context.store(), &to.recipient)?;
    Ok(Json(types::Exported {
        file: STANDARD.encode(file),
    }))
}
