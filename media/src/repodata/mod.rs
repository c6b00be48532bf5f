//! The metadata of a package repository, as createrepo_c writes it: `repomd.xml` names the metadata files, `primary.xml` the
//! packages. Both are unsigned; what they say is compared with the packages themselves, which are signed.
//!
//! Read in pieces: a hostile file costs time up to a limit, and a few MiB of memory.

mod packed;
mod xml;

use std::collections::BTreeMap;
use std::io::BufRead;

use inventory::id::Sha256;

pub use packed::Packing;

use crate::rpm::Nevra;
use crate::tar::is_below;
use packed::Fed;
use xml::{Element, Fields};

/// Where a repository says what its metadata are.
pub const REPOMD: &str = "repodata/repomd.xml";

/// Kinds of metadata in one repository; there are about a dozen.
const KINDS_MAX: usize = 64;
/// Packages; EPEL whole has 20,000.
const PACKAGES_MAX: usize = 150_000;

/// Why metadata are refused. `file` is `repomd.xml` or the file with the packages.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It cannot be read, unpacked, or is larger than any.
    #[error("{file} cannot be read ({error}); run createrepo_c anew")]
    Unreadable {
        /// Which.
        file: String,
        /// What was wrong.
        error: String,
    },
    /// It lacks something, or has it twice.
    #[error("{file}: {what}; run createrepo_c anew")]
    Wrong {
        /// Which.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// A name that leads elsewhere, or that no URL can hold as it is.
    #[error(
        "{file} names {path:?}, which no file of a repository may be called; it was made to deceive"
    )]
    BadPath {
        /// Which.
        file: String,
        /// As found.
        path: String,
    },
    /// Packed in a way that we cannot unpack.
    #[error(
        "{file} is packed in a way that is not read here; run createrepo_c anew with --general-compress-type=gz, or zstd"
    )]
    Packed {
        /// Which.
        file: String,
    },
}

/// A file as metadata name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Below the repository, without a slash in front.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256,
}

/// A package as metadata name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The file.
    pub file: File,
    /// What it is said to be.
    pub nevra: Nevra,
}

/// The metadata files by kind (`primary`, `filelists`, ...).
pub fn repomd(text: impl BufRead) -> Result<BTreeMap<String, File>, Fault> {
    let report = Report(REPOMD);
    let mut found = BTreeMap::new();
    let count = xml::each(Fed::of(text), ("repomd", "data"), |element| {
        let fields = element.fields();
        let kind = fields.text("data", "type");
        let kind = kind.ok_or_else(|| report.lacks("a kind"))?;
        let file = report.file(&fields, ("size", None))?;
        if !file.path.starts_with("repodata/") {
            return Err(report.bad_path(&file.path));
        }
        if found.len() >= KINDS_MAX {
            return Err(report.wrong(format!("more than {KINDS_MAX} kinds of metadata")));
        }
        match found.insert(kind.to_owned(), file) {
            Some(_) => Err(report.wrong(format!("two files of kind {kind}"))),
            None => Ok(()),
        }
    });
    count.map_err(|error| report.of(error))?;
    match found.contains_key("primary") {
        true => Ok(found),
        false => Err(report.wrong("no list of packages (kind primary)".to_owned())),
    }
}

/// The packages that the file at `path` lists, packed as its name says.
pub fn packages(path: &str, bytes: impl BufRead) -> Result<Vec<Listed>, Fault> {
    let report = Report(path);
    let packing = Packing::of(path).ok_or_else(|| Fault::Packed {
        file: path.to_owned(),
    })?;
    let unpacked = packed::unpack(packing, bytes).map_err(|error| report.unreadable(&error))?;
    let mut found = Vec::new();
    let said = xml::each(unpacked, ("metadata", "package"), |element| {
        if found.len() >= PACKAGES_MAX {
            return Err(report.wrong(format!("more than {PACKAGES_MAX} packages")));
        }
        found.push(report.listed(&element)?);
        Ok(())
    });
    let root = said.map_err(|error| report.of(error))?;
    let said = root.text("metadata", "packages");
    match said.and_then(|said| said.parse::<usize>().ok()) {
        Some(count) if count == found.len() => Ok(found),
        Some(_) | None => Err(report.wrong(format!(
            "it lists {} packages and says {:?}",
            found.len(),
            said.unwrap_or_default()
        ))),
    }
}

/// Makes faults of one file.
#[derive(Clone, Copy)]
struct Report<'a>(&'a str);

impl Report<'_> {
    fn of(self, error: xml::Error<Fault>) -> Fault {
        match error {
            xml::Error::Ours(fault) => fault,
            xml::Error::Xml(error) => self.unreadable(&error),
        }
    }

    fn unreadable(self, error: &impl ToString) -> Fault {
        Fault::Unreadable {
            file: self.0.to_owned(),
            error: error.to_string(),
        }
    }

    fn wrong(self, what: String) -> Fault {
        Fault::Wrong {
            file: self.0.to_owned(),
            what,
        }
    }

    fn lacks(self, what: &str) -> Fault {
        self.wrong(format!("an entry has not {what}, once"))
    }

    fn bad_path(self, path: &str) -> Fault {
        Fault::BadPath {
            file: self.0.to_owned(),
            path: path.to_owned(),
        }
    }

    /// The file of an entry; `size` is the element and the attribute that have it.
    fn file(self, fields: &Fields, size: (&str, Option<&str>)) -> Result<File, Fault> {
        let path = fields.text("location", "href");
        let path = path.ok_or_else(|| self.lacks("a location"))?;
        if fields.text("location", "xml:base").is_some() || !is_plain(path) {
            return Err(self.bad_path(path));
        }
        if fields.text("checksum", "type") != Some("sha256") {
            return Err(self.wrong(format!("{path} has no checksum of type sha256")));
        }
        let sum = fields.text("checksum", "");
        let sum = sum.and_then(|sum| sum.parse().ok());
        let said = fields.text(size.0, size.1.unwrap_or_default());
        let said = said.and_then(|said| said.parse().ok());
        Ok(File {
            path: path.to_owned(),
            size: said.ok_or_else(|| self.lacks("a size"))?,
            sha256: sum.ok_or_else(|| self.lacks("a checksum of 64 digits"))?,
        })
    }

    fn listed(self, element: &Element) -> Result<Listed, Fault> {
        let fields = element.fields();
        let get = |element: &'static str, attribute: &str| {
            let found = fields.text(element, attribute).map(str::to_owned);
            found.ok_or_else(|| self.lacks(element))
        };
        let file = self.file(&fields, ("size", Some("package")))?;
        if !file.path.ends_with(".rpm") {
            return Err(self.bad_path(&file.path));
        }
        let epoch = get("version", "epoch")?.parse();
        Ok(Listed {
            nevra: Nevra {
                name: get("name", "")?,
                epoch: epoch.map_err(|_| self.lacks("an epoch"))?,
                version: get("version", "ver")?,
                release: get("version", "rel")?,
                arch: get("arch", "")?,
            },
            file,
        })
    }
}

/// A path that stays below its folder and reads the same as a name on a disk and in a URL.
fn is_plain(path: &str) -> bool {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+~^:@=,".contains(&byte);
    path.bytes().all(is_safe) && is_below(path)
}

#[cfg(test)]
mod tests;
