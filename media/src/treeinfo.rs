//! `.treeinfo` of an install tree (productmd 1.2): what it says the tree is, and the sums of what it serves.
//!
//! The network installer enforces none of the sums, so they are checked at import. Only what we need is read; the rest of
//! the file is the installer's own affair.

use std::collections::BTreeMap;

use inventory::id::Sha256;

/// Where it lies in a tree.
pub const PATH: &str = ".treeinfo";

/// What a tree says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeInfo {
    /// `Rocky Linux`.
    pub name: String,
    /// `Rocky`.
    pub short: String,
    /// `9.8`.
    pub version: String,
    /// `x86_64`.
    pub arch: String,
    /// Path of each file with a sum, and the sum.
    pub sums: BTreeMap<String, Sha256>,
}

/// Why a tree is none that we can install from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A line is neither a section nor `KEY = VALUE`.
    #[error("line {line} of .treeinfo is neither a section nor KEY = VALUE")]
    Syntax {
        /// Counted from 1.
        line: usize,
    },
    /// Something is not said.
    #[error(
        ".treeinfo says no {key} in [{section}]; this is no install tree of an Enterprise Linux"
    )]
    Missing {
        /// The section.
        section: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A sum is not `sha256:HEX`.
    #[error("the sum of {path} in .treeinfo is not sha256:HEX")]
    Sum {
        /// The path.
        path: String,
    },
}

/// Reads it. Sections and keys as Python's configparser writes them, which is what makes these files.
pub fn parse(text: &str) -> Result<TreeInfo, Fault> {
    let sections = sections(text)?;
    let get = |section: &'static str, key: &'static str| {
        let value = sections.get(&(section.to_owned(), key.to_owned()));
        value.cloned().ok_or(Fault::Missing { section, key })
    };
    let (name, version) = (get("release", "name")?, get("release", "version")?);
    let (short, arch) = (get("release", "short")?, get("tree", "arch")?);
    let mut sums = BTreeMap::new();
    for ((_, path), value) in sections
        .iter()
        .filter(|((section, _), _)| section == "checksums")
    {
        let digest = value
            .strip_prefix("sha256:")
            .and_then(|hex| hex.parse().ok());
        let digest = digest.ok_or_else(|| Fault::Sum { path: path.clone() })?;
        sums.insert(path.clone(), digest);
    }
    Ok(TreeInfo {
        name,
        short,
        version,
        arch,
        sums,
    })
}

type Sections = BTreeMap<(String, String), String>;

fn sections(text: &str) -> Result<Sections, Fault> {
    let mut sections = Sections::new();
    let mut section = String::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            name.clone_into(&mut section);
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            return Err(Fault::Syntax { line: number + 1 });
        };
        let key = (section.clone(), key.trim().to_owned());
        sections.insert(key, value.trim().to_owned());
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: &str = "a3b1c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091";

    #[test]
    fn release_and_sums_are_read() {
        let text = format!(
            "[header]\ntype = productmd.treeinfo\n\n[release]\nname = Rocky Linux\nshort = Rocky\nversion = 9.8\n\
             [tree]\narch = x86_64\n[checksums]\nimages/install.img = sha256:{SUM}\n"
        );
        let found = parse(&text).unwrap();
        assert_eq!(
            (found.name.as_str(), found.version.as_str()),
            ("Rocky Linux", "9.8")
        );
        assert_eq!(found.sums["images/install.img"].to_string(), SUM);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let table = [
            ("[release]\nname = x\n", "no version in [release]"),
            (
                "[release]\nname = x\nversion = 1\n",
                "no short in [release]",
            ),
            (
                "[release]\nname = x\nshort = y\nversion = 1\n",
                "no arch in [tree]",
            ),
            ("[release]\nnonsense\n", "line 2"),
            (
                "[release]\nname = x\nshort = y\nversion = 1\n[tree]\narch = y\n[checksums]\na = md5:00\n",
                "sum of a ",
            ),
        ];
        for (text, wanted) in table {
            let said = parse(text).unwrap_err().to_string();
            assert!(said.contains(wanted), "{said}");
        }
    }
}
