//! Routes about trials: beginning one, and what the last one found.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use inventory::id::{BadName, OsName};
use inventory::store::read;
use inventory::trial::{Finding, Seen, Trial};
use inventory::verification::Verdict;

use super::handlers::{Refusal, begun_view};
use super::server::Caller;
use super::types;
use super::types::trial as shown;
use crate::context::Context;
use crate::jobs::wish;

type Shared = State<Arc<Context>>;
type Answer<T> = Result<Json<T>, Refusal>;

/// Begins a trial.
pub(super) async fn begin(
    State(context): Shared,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    Json(wish): Json<shown::Wish>,
) -> Answer<types::Begun> {
    let bad = |error: BadName| Refusal(StatusCode::BAD_REQUEST, error.to_string());
    let node = name.parse().map_err(bad)?;
    let os = wish.os.map(|os| os.parse::<OsName>().map_err(bad));
    let wanted = (os.transpose()?, wish.power_off);
    let begun = wish::try_out(&context, &node, &caller.0, wanted).await;
    Ok(Json(begun_view(&node, begun)?))
}

/// What the last one found.
pub(super) async fn shown(State(context): Shared, Path(name): Path<String>) -> Answer<shown::Seen> {
    let node = super::node::named(&context, &name)?;
    let trial = read::<Trial>(context.store(), &node.name)?;
    let seen = trial.and_then(|found| found.value.seen).ok_or_else(|| {
        let why = format!("{name} was not tried yet: `hinode trial {name}` does");
        Refusal(StatusCode::NOT_FOUND, why)
    })?;
    Ok(Json(view(name, seen)))
}

fn view(node: String, seen: Seen) -> shown::Seen {
    shown::Seen {
        node,
        at: seen.at,
        os: seen.os.to_string(),
        wrong: seen.faults().len(),
        findings: seen.findings.iter().map(finding).collect(),
        hardware: seen.hardware,
    }
}

fn finding(finding: &Finding) -> shown::Finding {
    let verdict = match &finding.verdict {
        Verdict::Good => "good",
        Verdict::Wrong => "wrong",
        Verdict::Skipped { .. } => "skipped",
    };
    shown::Finding {
        what: finding.what,
        subject: finding.subject(),
        asked: finding.asked.clone(),
        found: finding.found.clone(),
        verdict: verdict.to_owned(),
    }
}
