//! From directory to directory, each once: no loop, no name twice, nothing outside the image, no more than [`Limits`] say.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use super::name::{self, Kind};
use super::overlap::{self, Laid};
use super::record::Record;
use super::volume::{Names, Volume};
use super::{BLOCK, Fault, Image, Limits};
use inventory::media::{Extent, Index};

/// A tree of directories whose kind of names is known.
pub(super) struct Tree {
    pub(super) names: Names,
    root: Extent,
}

/// A directory to be read.
struct Folder {
    /// With a slash at its end, the root empty.
    path: String,
    extent: Extent,
    depth: usize,
}

impl Folder {
    fn shown(&self) -> String {
        format!("folder /{}", self.path)
    }

    fn broken(&self, why: &'static str) -> Fault {
        Fault::Broken {
            what: self.shown(),
            why,
        }
    }
}

/// What was found so far.
struct Found {
    limits: Limits,
    names: Names,
    to_read: Vec<Folder>,
    seen: BTreeSet<u64>,
    entries: usize,
    directories: u64,
    files: BTreeMap<String, Extent>,
    laid: Vec<Laid>,
}

/// Looks at the root's own record: whether there are Rock Ridge names (`names` says what else).
pub(super) fn start<R: Read + Seek>(
    image: &mut Image<R>,
    volume: &Volume,
    names: Names,
) -> Result<Tree, Fault> {
    let root = volume.root.extent;
    let block = image.read((root.offset, 2048), "the root directory")?;
    let own = records(&block).next();
    let rock_ridge = match (names, own) {
        (Names::Plain, Some(Ok(record))) => name::rock_ridge(&record),
        (Names::Plain | Names::RockRidge { .. } | Names::Joliet, _) => None,
    };
    Ok(Tree {
        names: rock_ridge.map_or(names, |skip| Names::RockRidge { skip }),
        root,
    })
}

/// Every file of a tree.
pub(super) fn all<R: Read + Seek>(
    image: &mut Image<R>,
    tree: Tree,
    limits: Limits,
) -> Result<Index, Fault> {
    let mut found = Found {
        limits,
        names: tree.names,
        to_read: Vec::new(),
        seen: BTreeSet::new(),
        entries: 0,
        directories: 0,
        files: BTreeMap::new(),
        laid: Vec::new(),
    };
    found.laid.push(Laid {
        extent: Extent {
            offset: 0,
            length: 17 * BLOCK,
        },
        what: "the volume descriptors".to_owned(),
        may_share: false,
    });
    found.folder(Folder {
        path: String::new(),
        extent: tree.root,
        depth: 0,
    })?;
    while let Some(folder) = found.to_read.pop() {
        found.read(image, &folder)?;
    }
    overlap::none(found.laid)?;
    Ok(Index(found.files))
}

impl Found {
    /// A directory more.
    fn folder(&mut self, folder: Folder) -> Result<(), Fault> {
        if !self.seen.insert(folder.extent.offset) {
            return Err(folder.broken("it is in the image twice, or holds itself"));
        }
        self.directories += folder.extent.length;
        within("directories", self.directories, self.limits.directories)?;
        within(
            "nesting of folders",
            folder.depth as u64,
            self.limits.depth as u64,
        )?;
        self.laid.push(Laid {
            extent: folder.extent,
            what: folder.shown(),
            may_share: false,
        });
        self.to_read.push(folder);
        Ok(())
    }

    fn read<R: Read + Seek>(&mut self, image: &mut Image<R>, folder: &Folder) -> Result<(), Fault> {
        let extent = folder.extent;
        let length = usize::try_from(extent.length).unwrap_or(usize::MAX);
        let bytes = image.read((extent.offset, length), &folder.shown())?;
        let mut pieces: Option<Record> = None;
        for record in records(&bytes) {
            let record = record.map_err(|why| folder.broken(why))?;
            if record.is_dot() {
                continue;
            }
            let whole = match pieces.take() {
                Some(before) => joined(before, record).map_err(|why| folder.broken(why))?,
                None => record,
            };
            if whole.goes_on {
                pieces = Some(whole);
            } else {
                self.entry(image, &whole, folder)?;
            }
        }
        match pieces {
            Some(_) => Err(folder.broken("the last pieces of a file are missing")),
            None => Ok(()),
        }
    }

    fn entry<R: Read + Seek>(
        &mut self,
        image: &mut Image<R>,
        record: &Record,
        folder: &Folder,
    ) -> Result<(), Fault> {
        self.entries += 1;
        within("files", self.entries as u64, self.limits.entries as u64)?;
        let entry = name::of(image, record, (self.names, &folder.shown()))?;
        let path = format!(
            "{}{}",
            folder.path,
            name::checked(entry.name, &folder.shown())?
        );
        let extent = record.extent;
        match entry.kind {
            // They are of no use to who asks by HTTP, and nothing that installs is one.
            Kind::Special => Ok(()),
            Kind::Moved => {
                Err(folder.broken("a folder was moved elsewhere (more than eight levels)"))
            }
            Kind::Compressed => Err(folder.broken("a file is compressed by zisofs")),
            Kind::Ordinary if record.is_directory => self.folder(Folder {
                path: format!("{path}/"),
                extent,
                depth: folder.depth + 1,
            }),
            Kind::Ordinary => {
                image.holds((extent.offset, extent.length), &format!("file /{path}"))?;
                self.file(path, extent, folder)
            }
        }
    }

    fn file(&mut self, path: String, extent: Extent, folder: &Folder) -> Result<(), Fault> {
        self.laid.push(Laid {
            extent,
            what: format!("file /{path}"),
            may_share: true,
        });
        match self.files.insert(path, extent) {
            Some(_) => Err(folder.broken("two files have one name")),
            None => Ok(()),
        }
    }
}

/// A file's next piece behind those before it (ECMA-119 §6.5.1): they must follow each other, as all makers lay them.
fn joined(before: Record, next: Record) -> Result<Record, &'static str> {
    if next.name != before.name {
        return Err("the last pieces of a file are missing");
    }
    if next.extent.offset != before.extent.end() {
        return Err("the pieces of a file do not follow each other");
    }
    let length = before.extent.length + next.extent.length;
    Ok(Record {
        extent: Extent {
            offset: before.extent.offset,
            length,
        },
        ..next
    })
}

/// The records of a directory: none crosses a block, and what is left of a block is zero (ECMA-119 §6.8.1.1).
fn records(bytes: &[u8]) -> impl Iterator<Item = Result<Record, &'static str>> {
    bytes.chunks(2048).flat_map(|block| {
        let mut rest = block;
        std::iter::from_fn(move || {
            let length = usize::from(*rest.first()?);
            if length == 0 {
                return None;
            }
            let Some((record, more)) = rest.split_at_checked(length) else {
                rest = &[];
                return Some(Err("a record crosses a block"));
            };
            rest = more;
            Some(Record::parse(record))
        })
    })
}

fn within(what: &'static str, count: u64, limit: u64) -> Result<(), Fault> {
    (count <= limit)
        .then_some(())
        .ok_or(Fault::TooMuch { what, limit })
}
