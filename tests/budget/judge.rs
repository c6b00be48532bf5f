//! Holds the measured files against the limits. Pure.

use std::fmt;
use std::path::PathBuf;

use crate::limits;
use crate::measure::{File, Function};

/// One thing over its limit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    /// Where: file and line; nowhere for the median of all.
    pub(crate) at: Option<(PathBuf, usize)>,
    /// What.
    pub(crate) what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Some((path, line)) => write!(f, "{}:{line}: {}", path.display(), self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// All breaches, file by file, the medians last.
pub(crate) fn breaches(files: &[File]) -> Vec<Breach> {
    let own = files.iter().flat_map(|file| {
        let functions = file.functions.iter();
        let of_functions = functions.flat_map(|function| of_function(file, function));
        of_file(file).into_iter().chain(of_functions)
    });
    let medians = [
        of_median("file", median(&file_lines(files)), limits::FILE_MEDIAN),
        of_median(
            "function",
            median(&function_lines(files)),
            limits::FUNCTION_MEDIAN,
        ),
    ];
    own.chain(medians.into_iter().flatten()).collect()
}

fn of_file(file: &File) -> Option<Breach> {
    let limit = limits::file(&file.path);
    (file.lines > limit).then(|| Breach {
        at: Some((file.path.clone(), 1)),
        what: format!("file has {} lines, limit {limit}", file.lines),
    })
}

fn of_function(file: &File, function: &Function) -> Vec<Breach> {
    let breach = |found: usize, unit: &str, limit: usize| {
        (found > limit).then(|| Breach {
            at: Some((file.path.clone(), function.line)),
            what: format!("fn {} has {found} {unit}, limit {limit}", function.name),
        })
    };
    let lines = breach(function.lines.unwrap_or(0), "lines", limits::FUNCTION);
    let parameters = breach(
        function.parameters.unwrap_or(0),
        "parameters",
        limits::PARAMETERS,
    );
    lines.into_iter().chain(parameters).collect()
}

fn of_median(kind: &str, median: usize, limit: usize) -> Option<Breach> {
    (median > limit).then(|| Breach {
        at: None,
        what: format!("the median {kind} has {median} lines, limit {limit}"),
    })
}

/// Numbers of all, in one line.
pub(crate) fn summary(files: &[File]) -> String {
    let (in_files, in_functions) = (file_lines(files), function_lines(files));
    let last = |sorted: &[usize]| sorted.last().copied().unwrap_or(0);
    format!(
        "{} files, lines median {} max {}; {} functions, lines median {} max {}",
        in_files.len(),
        median(&in_files),
        last(&in_files),
        in_functions.len(),
        median(&in_functions),
        last(&in_functions)
    )
}

fn file_lines(files: &[File]) -> Vec<usize> {
    sorted(files.iter().map(|file| file.lines))
}

fn function_lines(files: &[File]) -> Vec<usize> {
    let functions = files.iter().flat_map(|file| &file.functions);
    sorted(functions.filter_map(|function| function.lines))
}

fn sorted(numbers: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut all: Vec<usize> = numbers.collect();
    all.sort_unstable();
    all
}

/// The upper one of the two in the middle; 0 of nothing.
fn median(sorted: &[usize]) -> usize {
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, lines: usize, functions: &[(usize, usize)]) -> File {
        let functions = functions.iter().map(|(lines, parameters)| Function {
            name: "f".to_owned(),
            line: 7,
            lines: Some(*lines),
            parameters: Some(*parameters),
        });
        File {
            path: path.into(),
            lines,
            functions: functions.collect(),
            test_modules: Vec::new(),
        }
    }

    /// What is found in `files`, as printed.
    fn found(files: &[File]) -> Vec<String> {
        breaches(files).iter().map(Breach::to_string).collect()
    }

    #[test]
    fn every_rule_for_files_can_fail_and_none_does_at_its_limit() {
        let many = |lines| {
            vec![
                file("a.rs", lines, &[]),
                file("b.rs", lines, &[]),
                file("c.rs", 1, &[]),
            ]
        };
        for (case, files, want) in [
            (
                "a file at its limit",
                vec![
                    file("a.rs", 400, &[]),
                    file("b.rs", 1, &[]),
                    file("c.rs", 1, &[]),
                ],
                vec![],
            ),
            (
                "a long file",
                vec![
                    file("a.rs", 401, &[]),
                    file("b.rs", 1, &[]),
                    file("c.rs", 1, &[]),
                ],
                vec!["a.rs:1: file has 401 lines, limit 400"],
            ),
            (
                "a long job",
                vec![
                    file("x/jobs/a.rs", 201, &[]),
                    file("b.rs", 1, &[]),
                    file("c.rs", 1, &[]),
                ],
                vec!["x/jobs/a.rs:1: file has 201 lines, limit 200"],
            ),
            (
                "a long step",
                vec![
                    file("x/steps/a.rs", 201, &[]),
                    file("b.rs", 1, &[]),
                    file("c.rs", 1, &[]),
                ],
                vec!["x/steps/a.rs:1: file has 201 lines, limit 200"],
            ),
            ("a median file at its limit", many(120), vec![]),
            (
                "long files",
                many(121),
                vec!["the median file has 121 lines, limit 120"],
            ),
        ] {
            assert_eq!(found(&files), want, "{case}");
        }
    }

    #[test]
    fn every_rule_for_functions_can_fail_and_none_does_at_its_limit() {
        for (case, files, want) in [
            (
                "a function at its limit",
                vec![file("a.rs", 9, &[(60, 4), (1, 0), (1, 0)])],
                vec![],
            ),
            (
                "a long function",
                vec![file("a.rs", 9, &[(61, 0), (1, 0), (1, 0)])],
                vec!["a.rs:7: fn f has 61 lines, limit 60"],
            ),
            (
                "many parameters",
                vec![file("a.rs", 9, &[(1, 5)])],
                vec!["a.rs:7: fn f has 5 parameters, limit 4"],
            ),
            (
                "a median function at its limit",
                vec![file("a.rs", 9, &[(10, 0), (10, 0), (1, 0)])],
                vec![],
            ),
            (
                "long functions",
                vec![file("a.rs", 9, &[(11, 0), (11, 0), (1, 0)])],
                vec!["the median function has 11 lines, limit 10"],
            ),
        ] {
            assert_eq!(found(&files), want, "{case}");
        }
    }
}
