//! The budget check: how long files and functions are and how many parameters they take, by parsing the code.
//!
//! `budget [DIR]` reads every `.rs` file under DIR (default: this repository), takes out test items only, prints each breach
//! as `file:line: what` and ends with 1 if there was any. Comments and blank lines count: they are read too.

mod judge;
mod limits;
mod measure;
mod source;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let root = std::env::args_os().nth(1).unwrap_or_else(|| here.into());
    match source::measured(&PathBuf::from(root)) {
        Ok(files) => report(&files),
        Err(error) => {
            eprintln!("budget: {error}");
            ExitCode::from(2)
        }
    }
}

fn report(files: &[measure::File]) -> ExitCode {
    let breaches = judge::breaches(files);
    for breach in &breaches {
        println!("{breach}");
    }
    println!(
        "budget: {}; {} breaches",
        judge::summary(files),
        breaches.len()
    );
    match breaches.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
