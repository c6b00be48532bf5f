//! Filters and pages of list commands.

use serde_json::Value;

use super::answer::{Refused, list};
use super::form::Form;

/// Fields a list can be filtered by, as the parameters are called.
const FILTERS: [&str; 8] = [
    "id",
    "name",
    "type",
    "state",
    "resourcestate",
    "zoneid",
    "podid",
    "clusterid",
];

/// Setting `default.page.size`.
const PAGE: usize = 500;

/// The answer to a list command over `all` its objects.
pub(super) fn answer(key: &str, all: Vec<Value>, form: &Form) -> Result<Value, Refused> {
    known_id(&all, form)?;
    let fitting: Vec<Value> = all
        .into_iter()
        .filter(|object| fits(object, form))
        .collect();
    let count = fitting.len();
    let (skip, take) = page(form)?;
    let shown = fitting.into_iter().skip(skip).take(take).collect();
    Ok(list(key, shown, count))
}

/// An id of nothing is an error, not an empty list.
fn known_id(all: &[Value], form: &Form) -> Result<(), Refused> {
    match form.get("id") {
        Some(id) if !all.iter().any(|object| object["id"] == id) => {
            Err(Refused::no_such(&form.command(), "id", id))
        }
        Some(_) | None => Ok(()),
    }
}

/// Fields an object does not have do not filter it: zones have no `podid`.
fn fits(object: &Value, form: &Form) -> bool {
    let same = |name: &&str| match (form.get(name), object[*name].as_str()) {
        (Some(wanted), Some(is)) => wanted.eq_ignore_ascii_case(is),
        (None, _) | (_, None) => true,
    };
    let keyword = form.get("keyword").unwrap_or_default();
    let name = object["name"].as_str().unwrap_or_default();
    FILTERS.iter().all(same) && name.contains(keyword)
}

fn page(form: &Form) -> Result<(usize, usize), Refused> {
    let number = |name, otherwise| match form.get(name) {
        None => Ok(otherwise),
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|number| *number > 0)
            .ok_or_else(|| Refused::no_such(&form.command(), name, text)),
    };
    let size = number("pagesize", PAGE)?;
    if size > PAGE {
        return Err(Refused::new(
            431,
            format!("Page size can not exceed max allowed page size {PAGE}"),
        ));
    }
    Ok(((number("page", 1)? - 1).saturating_mul(size), size))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_filtered_paged_and_bare_when_empty() {
        let all = || {
            vec![
                json!({"id": "1", "name": "a"}),
                json!({"id": "2", "name": "b"}),
            ]
        };
        for (case, query, want) in [
            ("all", "", Ok(json!({"count": 2, "zone": all()}))),
            (
                "by name",
                "name=B",
                Ok(json!({"count": 1, "zone": [{"id": "2", "name": "b"}]})),
            ),
            ("none", "name=c", Ok(json!({}))),
            (
                "a page",
                "page=2&pagesize=1",
                Ok(json!({"count": 2, "zone": [{"id": "2", "name": "b"}]})),
            ),
            ("past the end", "page=3&pagesize=1", Ok(json!({}))),
            ("unknown id", "id=3", Err(431)),
            ("no such page", "page=0", Err(431)),
            ("too large a page", "pagesize=501", Err(431)),
        ] {
            let found = answer("zone", all(), &Form::read(query, ""));
            assert_eq!(found.map_err(|refused| refused.code), want, "{case}");
        }
    }
}
