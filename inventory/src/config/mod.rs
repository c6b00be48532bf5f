//! The rack file: text in, a checked [`Rack`] or every fault of the file out.
//!
//! Reading goes `text -> draft -> cross -> Rack`. A draft holds what was readable, each value with its place, so that one
//! bad line hides no other; `cross` finds what only shows between two values. Pure: files and printing belong to the
//! caller, and nothing here outlives the call. The format is described in `docs/rack-file.md`.

mod cross;
mod draft;
mod english;
mod fault;
mod of_host;
mod of_storage;
mod problem;
mod report;
mod section;
mod syntax;
mod values;
mod what;

pub use fault::{Fault, Place};
pub use of_host::OfHost;
pub use of_storage::OfStorage;
pub use problem::{Addressing, Differs, Form, Host, Layer2, Owner, Problem, Shape, Store, Value};
pub use what::What;

use toml::de::DeTable;

use crate::rack::Rack;
use draft::Draft;
use report::Report;
use section::Section;

/// The rack that `text` describes, or every fault in it, in the order of the file.
pub fn check(text: &str) -> Result<Rack, Vec<Fault>> {
    let report = Report::new(text);
    let readable = syntax::readable(text);
    for (at, detail) in readable.errors.into_values() {
        report.add(at, Form::Syntax { detail });
    }
    let Some(text) = readable.text else {
        return Err(report.into_faults());
    };
    let (document, _) = DeTable::parse_recoverable(&text);
    let draft = Draft::read(&mut Section::root(&report, document.get_ref()));
    cross::check(&draft, &report);
    let rack = draft.finish();
    match (rack, report.into_faults()) {
        (Some(rack), faults) if faults.is_empty() => Ok(rack),
        (Some(_) | None, faults) => Err(faults),
    }
}

#[cfg(test)]
mod tests;
