//! The budget. A breach is a question to the author, not a number to dodge.

use std::path::Path;

/// Half of the files have at most so many lines.
pub(crate) const FILE_MEDIAN: usize = 120;

/// No file has more lines.
pub(crate) const FILE: usize = 400;

/// No file under a folder of [`WORKFLOW`] has more lines: workflows are where other projects' code gets out of hand.
pub(crate) const WORKFLOW_FILE: usize = 200;

/// Folders of workflows.
pub(crate) const WORKFLOW: [&str; 2] = ["jobs", "steps"];

/// Half of the functions have at most so many lines, from signature to closing brace.
pub(crate) const FUNCTION_MEDIAN: usize = 10;

/// No function has more lines.
pub(crate) const FUNCTION: usize = 60;

/// No function takes more parameters, `self` not counted.
pub(crate) const PARAMETERS: usize = 4;

/// The limit for the file at `path`.
pub(crate) fn file(path: &Path) -> usize {
    let is_workflow = |folder: &str| path.iter().any(|part| part == folder);
    match WORKFLOW.into_iter().any(is_workflow) {
        true => WORKFLOW_FILE,
        false => FILE,
    }
}
