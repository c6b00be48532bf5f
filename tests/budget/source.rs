//! Finds the source files, and leaves out those that are compiled for tests only.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::measure::{self, File};

/// Folders that hold no source of ours.
const SKIPPED: [&str; 2] = ["target", "cache"];

/// All files under `root` that are not tests, measured, by path.
pub(crate) fn measured(root: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for path in sources(root)? {
        let text = fs::read_to_string(root.join(&path))?;
        let file = measure::file(&path, &text);
        files.push(file.map_err(|error| {
            let line = error.span().start().line;
            io::Error::other(format!("{}:{line}: {error}", path.display()))
        })?);
    }
    let tests: Vec<PathBuf> = files.iter().flat_map(test_files).collect();
    files.retain(|file| !tests.iter().any(|test| is_under(&file.path, test)));
    Ok(files)
}

/// Every `.rs` file under `root`, by its path from there. Links are not followed.
fn sources(root: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name();
            let path = folder.join(&name);
            let name = name.to_string_lossy();
            let skipped = name.starts_with('.') || SKIPPED.contains(&name.as_ref());
            match entry.file_type()? {
                kind if kind.is_dir() && !skipped => folders.push(path),
                kind if kind.is_file() && name.ends_with(".rs") => {
                    found.insert(path);
                }
                _ => {}
            }
        }
    }
    Ok(found)
}

/// Where the test modules of `file` can stand, without the ending `.rs`.
fn test_files(file: &File) -> Vec<PathBuf> {
    let folder = file.path.parent().unwrap_or(Path::new(""));
    let stem = file.path.with_extension("");
    let modules = file.test_modules.iter();
    let both = modules.flat_map(|module| {
        let module = module.with_extension("");
        [folder.join(&module), stem.join(&module)]
    });
    both.collect()
}

/// Whether `path` is the module `module` or one inside it.
fn is_under(path: &Path, module: &Path) -> bool {
    path.with_extension("") == module || path.starts_with(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(root: &Path) -> Vec<String> {
        let files = measured(root).unwrap();
        let paths = files.iter().map(|file| file.path.display().to_string());
        paths.collect()
    }

    #[test]
    fn tests_in_files_of_their_own_and_foreign_folders_are_left_out() {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [
            (
                "a/src/lib.rs",
                "mod b;\n#[cfg(test)]\nmod apart;\n#[cfg(test)]\n#[path = \"t.rs\"]\nmod tests;\n",
            ),
            ("a/src/apart.rs", "mod deep;\n"),
            ("a/src/apart/deep.rs", ""),
            ("a/src/apartment.rs", ""),
            ("a/src/t.rs", ""),
            ("a/src/b.rs", "#[cfg(test)]\nmod tests;\n"),
            ("a/src/b/tests.rs", ""),
            ("target/x.rs", ""),
            ("cache/x.rs", ""),
            (".git/x.rs", ""),
            ("a/notes.txt", ""),
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        assert_eq!(
            paths(root.path()),
            ["a/src/apartment.rs", "a/src/b.rs", "a/src/lib.rs"]
        );
    }

    #[test]
    fn a_file_that_does_not_parse_is_named() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.rs"), "fn a() {}\nfn b( {\n").unwrap();
        let error = measured(root.path()).unwrap_err();
        assert!(error.to_string().starts_with("a.rs:2: "), "{error}");
    }
}
