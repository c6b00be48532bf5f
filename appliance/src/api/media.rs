//! Handlers of the routes of installation media.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use inventory::id::MediumId;
use inventory::media::{Holds, Medium, Voucher};
use inventory::store::read_all;
use media::signature::{Fingerprint, Key};

use super::handlers::Refusal;
use super::server::Caller;
use super::types::media as types;
use crate::context::Context;
use crate::media::check::Evidence;
use crate::media::desk::{Task, Work};
use crate::media::keys::{Given, Purpose};
use crate::media::library::Wish;
use crate::media::{MediaError, keys, library, repository};

type Shared = State<Arc<Context>>;
type Answer<T> = Result<Json<T>, Refusal>;

impl From<MediaError> for Refusal {
    fn from(error: MediaError) -> Self {
        let status = match &error {
            MediaError::Unknown(_) => StatusCode::NOT_FOUND,
            MediaError::InUse { .. } => StatusCode::CONFLICT,
            MediaError::Space { .. } => StatusCode::INSUFFICIENT_STORAGE,
            MediaError::Stopped => StatusCode::SERVICE_UNAVAILABLE,
            MediaError::Io { .. } | MediaError::Rotten { .. } => StatusCode::INTERNAL_SERVER_ERROR,
            MediaError::List(_)
            | MediaError::Signature(_)
            | MediaError::StrangeKey { .. }
            | MediaError::OtherKey { .. }
            | MediaError::NoVoucher
            | MediaError::Size { .. }
            | MediaError::Digest { .. }
            | MediaError::Iso(_)
            | MediaError::NoTree { .. }
            | MediaError::TreeInfo(_)
            | MediaError::OtherMinor { .. }
            | MediaError::Part { .. }
            | MediaError::Arch { .. }
            | MediaError::Repository(_) => StatusCode::BAD_REQUEST,
            MediaError::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(status, error.to_string())
    }
}

fn bad(why: impl ToString) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, why.to_string())
}

fn id(name: &str) -> Result<MediumId, Refusal> {
    name.parse()
        .map_err(|_| MediaError::Unknown(name.to_owned()).into())
}

pub(super) async fn list(State(context): Shared) -> Answer<Vec<types::Medium>> {
    let all = read_all::<Medium>(context.store())?.into_iter();
    Ok(Json(
        all.map(|found| shown(&context, found.value)).collect(),
    ))
}

fn shown(context: &Context, medium: Medium) -> types::Medium {
    types::Medium {
        is_served: context.world.shelf.get(&medium.id).is_some(),
        id: medium.id.to_string(),
        file: medium.file,
        size: medium.size,
        sha256: medium.sha256.to_string(),
        holds: holds(medium.holds),
        imported_at: medium.imported_at,
        author: medium.author,
    }
}

fn holds(holds: Holds) -> types::Holds {
    match holds {
        Holds::Tree(tree) => types::Holds::Tree {
            release: tree.release,
            arch: tree.arch,
            signed_by: match tree.voucher {
                Voucher::Signature { key, .. } => Some(key),
                Voucher::Person => None,
            },
        },
        Holds::Repository(repository) => types::Holds::Repository {
            name: repository.name.to_string(),
            packages: repository.packages,
            signed_by: repository.keys.into_iter().collect(),
        },
    }
}

pub(super) async fn import(
    State(context): Shared,
    Extension(caller): Extension<Caller>,
    Json(wish): Json<types::Import>,
) -> Answer<types::Work> {
    let signature = wish
        .signature
        .map(|text| STANDARD.decode(text).map_err(bad));
    let digest = wish.sha256.map(|text| {
        let words = "--sha256 takes 64 hexadecimal digits";
        text.parse().map_err(|_| bad(words))
    });
    let evidence = Evidence {
        list: wish.checksum,
        signature: signature.transpose()?,
        digest: digest.transpose()?,
    };
    let path = wish.path.into();
    hand_in(&context, Task::Import(Wish { path, evidence }), &caller)
}

pub(super) async fn import_repository(
    State(context): Shared,
    Extension(caller): Extension<Caller>,
    Json(wish): Json<types::ImportRepository>,
) -> Answer<types::Work> {
    let name = wish.name.parse().map_err(bad)?;
    let path = wish.path.into();
    let wish = repository::Wish { path, name };
    hand_in(&context, Task::Repository(wish), &caller)
}

pub(super) async fn verify(
    State(context): Shared,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Answer<types::Work> {
    hand_in(&context, Task::Verify(id(&name)?), &caller)
}

fn hand_in(context: &Context, task: Task, caller: &Caller) -> Answer<types::Work> {
    let desk = context.media.desk();
    let full = || {
        let words =
            "too much work on media waits already; see `hinode events`, and try again later";
        Refusal(StatusCode::TOO_MANY_REQUESTS, words.to_owned())
    };
    let number = desk.hand_in(task, &caller.0).ok_or_else(full)?;
    let work = desk.work(number).ok_or_else(full)?;
    Ok(Json(state(number, &work)))
}

pub(super) async fn work(State(context): Shared, Path(number): Path<u64>) -> Answer<types::Work> {
    match context.media.desk().work(number) {
        Some(work) => Ok(Json(state(number, &work))),
        None => Err(Refusal(
            StatusCode::NOT_FOUND,
            format!(
                "there is no work {number}: the appliance was restarted; begin again, it goes on where it stopped"
            ),
        )),
    }
}

fn state(number: u64, work: &Work) -> types::Work {
    types::Work {
        number,
        what: work.what.clone(),
        done: work.progress.done.load(Ordering::Relaxed),
        size: work.progress.size.load(Ordering::Relaxed),
        outcome: work.outcome.get().cloned().map(|outcome| match outcome {
            Ok(id) => types::Outcome::Done(id),
            Err(why) => types::Outcome::Refused(why),
        }),
    }
}

pub(super) async fn remove(
    State(context): Shared,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Answer<types::Named> {
    let id = id(&name)?;
    library::remove(&context, &id, &caller.0).await?;
    Ok(Json(types::Named { id: id.to_string() }))
}

pub(super) async fn key(
    State(context): Shared,
    Extension(caller): Extension<Caller>,
    Json(key): Json<types::Key>,
) -> Answer<types::Kept> {
    let said = key.fingerprint.map(|text| {
        let words = "--fingerprint takes the whole fingerprint: 40 or 64 hexadecimal digits";
        Fingerprint::typed(&text).ok_or_else(|| bad(words))
    });
    let file = STANDARD.decode(key.file).map_err(bad)?;
    let given = Given {
        file,
        said: said.transpose()?,
        purpose: match key.is_for_packages {
            true => Purpose::Packages,
            false => Purpose::Media,
        },
    };
    let purpose = given.purpose;
    let key = keys::keep(&context, given, &caller.0).await?;
    Ok(Json(kept(&key, purpose)))
}

pub(super) async fn keys(State(context): Shared) -> Answer<Vec<types::Kept>> {
    let all = keys::all(context.store())?.into_iter();
    Ok(Json(
        all.map(|(key, purpose)| kept(&key, purpose)).collect(),
    ))
}

fn kept(key: &Key, purpose: Purpose) -> types::Kept {
    let fingerprint = key.fingerprint();
    types::Kept {
        maker: fingerprint.maker().map(str::to_owned),
        fingerprint: fingerprint.to_string(),
        owner: key.owner(),
        is_for_packages: purpose == Purpose::Packages,
    }
}
