//! The clock: TLS, the cloud controller's API and everybody's logs need it right.

use inventory::verification::{Check, What};

use super::Found;
use super::check::judged;

/// Further off than this and chrony is not done yet, seconds.
const OFFSET_MAX: f64 = 0.1;

pub(super) fn check(found: &Found) -> Check {
    let source = found.one("time");
    let offset: Option<f64> = found.one("offset").parse().ok();
    let is_close = offset.is_some_and(|offset| offset.abs() < OFFSET_MAX);
    let seen = match (source, offset) {
        ("", _) => "synchronised with nobody yet (chronyc sources)".to_owned(),
        (source, None) => format!("synchronised with {source}, chrony does not say how well"),
        (source, Some(offset)) => format!("{:.1} ms from {source}", offset * 1000.0),
    };
    let is_good = !source.is_empty() && is_close;
    judged(What::Clock, "", ("less than 100 ms off", &seen), is_good)
}
