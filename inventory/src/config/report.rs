//! Where faults are gathered while a file is read.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::fault::{Fault, Place};
use super::problem::{Form, Problem};

/// The faults found so far in `text`.
pub(super) struct Report<'t> {
    text: &'t str,
    faults: RefCell<Vec<Fault>>,
}

impl<'t> Report<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            faults: RefCell::default(),
        }
    }

    /// Adds a fault at byte `at`.
    pub(super) fn add(&self, at: usize, problem: impl Into<Problem>) {
        let problem = problem.into();
        let place = Place::of(self.text, at);
        self.faults.borrow_mut().push(Fault { place, problem });
    }

    /// The line of byte `at`, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        Place::of(self.text, at).line
    }

    /// Every fault, in the order of the file. If some of it is not TOML, what follows from that alone is left out:
    /// things that are missing, values on those lines, and values the parser made up (it places them at byte 0).
    pub(super) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        let is_syntax = |fault: &Fault| matches!(fault.problem, Problem::Form(Form::Syntax { .. }));
        let broken: BTreeSet<usize> = faults
            .iter()
            .filter(|fault| is_syntax(fault))
            .map(|fault| fault.place.line)
            .collect();
        let start = Place { line: 1, column: 1 };
        faults.retain(|fault| {
            let consequence = fault.problem.is_absence()
                || broken.contains(&fault.place.line)
                || fault.place == start;
            broken.is_empty() || is_syntax(fault) || !consequence
        });
        faults.sort_by_key(|fault| fault.place);
        faults
    }
}
