//! Faults as sentences: what is wrong, and the mend. The one place where they are made; a family a file.

mod addressing;
mod form;
mod host;
mod layer2;
mod storage;
mod value;

use super::fault::Fault;
use super::problem::Problem;
use crate::rack::Role;

impl Fault {
    /// What is wrong, in English.
    pub fn english(&self) -> String {
        match &self.problem {
            Problem::Form(problem) => form::wrong(problem),
            Problem::Value(problem) => value::wrong(problem),
            Problem::Layer2(problem) => layer2::wrong(problem),
            Problem::Addressing(problem) => addressing::wrong(problem),
            Problem::Host(problem) => host::wrong(problem),
            Problem::Storage(problem) => storage::wrong(problem),
        }
    }

    /// What to write instead, in English.
    pub fn mend(&self) -> String {
        match &self.problem {
            Problem::Form(problem) => form::mend(problem),
            Problem::Value(problem) => value::mend(problem),
            Problem::Layer2(problem) => layer2::mend(problem),
            Problem::Addressing(problem) => addressing::mend(problem),
            Problem::Host(problem) => host::mend(problem),
            Problem::Storage(problem) => storage::mend(problem),
        }
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Bmc => "bmc",
        Role::Management => "management",
        Role::Storage => "storage",
        Role::Service => "service",
        Role::Transit => "transit",
        Role::Parking => "parking",
    }
}

/// The mend of a name that stands for nothing. `known` may be empty.
fn meant(near: Option<&str>, known: &str) -> String {
    match (near, known) {
        (Some(near), _) => format!("did you mean `{near}`? Known here: {known}"),
        (None, "") => "take it out: nothing can stand here".to_owned(),
        (None, known) => format!("write one of: {known}"),
    }
}
