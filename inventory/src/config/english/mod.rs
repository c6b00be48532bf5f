//! Faults as sentences: what is wrong, and the mend. The one place where they are made; a family a file.

mod addressing;
mod form;
mod layer2;
mod value;

use super::fault::Fault;
use super::problem::Problem;
use crate::rack::Role;

/// What is wrong, and what to do about it.
type Words = (String, String);

impl Fault {
    /// What is wrong, in English.
    pub fn english(&self) -> String {
        words(&self.problem).0
    }

    /// What to write instead, in English.
    pub fn mend(&self) -> String {
        words(&self.problem).1
    }
}

fn words(problem: &Problem) -> Words {
    match problem {
        Problem::Form(problem) => form::words(problem),
        Problem::Value(problem) => value::words(problem),
        Problem::Layer2(problem) => layer2::words(problem),
        Problem::Addressing(problem) => addressing::words(problem),
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
