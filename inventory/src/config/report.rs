//! Where faults are gathered while a file is read.

use std::cell::RefCell;

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

    /// Every fault, in the order of the file. If some of it is not TOML, nothing is said to be missing: it may stand there.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        let is_syntax = |fault: &Fault| matches!(fault.problem, Problem::Form(Form::Syntax { .. }));
        if faults.iter().any(is_syntax) {
            faults.retain(|fault| !fault.problem.is_absence());
        }
        faults.sort_by_key(|fault| fault.place);
        faults
    }
}
