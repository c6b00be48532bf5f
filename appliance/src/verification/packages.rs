//! Packages: the wanted ones are there, all are signed, and their files are as packaged.

use inventory::rack::Family;
use inventory::verification::{Check, What};

use super::check::{judged, list, skipped};
use super::{Found, Wanted};

pub(super) fn checks(wanted: &Wanted<'_>, found: &Found) -> Vec<Check> {
    let count = wanted.installed().packages.len();
    let missing = found.all("missing");
    let seen = match missing {
        [] => "all".to_owned(),
        missing => format!("missing: {}", list(missing)),
    };
    // A look that was cut off says nothing of what it did not come to.
    let is_complete = found.one("complete") == "yes";
    let installed = judged(
        What::Installed,
        "",
        (&format!("{count}"), &seen),
        missing.is_empty() && is_complete,
    );
    vec![
        installed,
        from_database(wanted, found, (What::Signed, "unsigned")),
        from_database(wanted, found, (What::Unaltered, "altered")),
    ]
}

fn from_database(wanted: &Wanted<'_>, found: &Found, (what, key): (What, &str)) -> Check {
    let asked = format!("none {key}");
    if wanted.os().is_some_and(|os| os.family == Family::Standin) {
        let why = "the stand-in has no RPM database";
        return skipped(what, "", (&asked, ""), why);
    }
    let wrong = found.all(key);
    let has_database = found.one("rpm") == "yes";
    let seen = match (has_database, wrong) {
        (false, _) => "rpm does not work".to_owned(),
        (true, []) => asked.clone(),
        (true, wrong) => format!("{key}: {}", list(wrong)),
    };
    let is_good = has_database && wrong.is_empty();
    judged(what, "", (&asked, &seen), is_good)
}
