//! Package repositories: CloudStack's, a part of EPEL, a site's own. One is checked against its metadata, each package
//! against its signature (the installer looks at none), and what is good is written into one tar, from which it is served.
//!
//! The tar holds what the metadata name and nothing else, in one order and without times: the same repository is the same
//! bytes, whether it came as a folder or as a tar, and has the same id. After a power cut what was written is cleared away.

mod fault;
mod pack;
mod packages;
mod source;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::BufReader;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use inventory::file::rename_durably;
use inventory::id::{MediumId, RepoName, Sha256};
use inventory::media::{Holds, Medium, Repository};
use inventory::message;
use inventory::store::{Change, Expect, read};
use media::repodata::{self, Listed, REPOMD};
use media::signature::Key;
use media::tar;
use pxe::shelf::Image;

use super::library::{Folder, event, io_of};
use super::pass::Progress;
use super::{MediaError, keys};
use crate::context::Context;
use pack::Pack;
use packages::Signers;
use source::Source;

pub use fault::Fault;

/// Where the keys that signed are served; no metadata file and no package can be called so.
pub const KEYS: &str = "RPM-GPG-KEY";
/// Bytes of `repomd.xml`; it has a few KiB.
const REPOMD_MAX: u64 = 1024 * 1024;
/// Hexadecimal digits of the digest in an id.
const DIGITS: usize = 8;
/// Letters of the name in an id, so that there is room for the digits.
const NAME_MAX: usize = 48;

/// A repository to be imported.
#[derive(Debug, Clone)]
pub struct Wish {
    /// A folder that has `repodata`, or a tar of one.
    pub path: PathBuf,
    /// What it shall be called.
    pub name: RepoName,
}

/// A repository that was checked and written.
struct Taken {
    id: MediumId,
    sha256: Sha256,
    size: u64,
    image: Image,
    holds: Repository,
}

/// Imports a repository; the medium that it is from now on. One that is here already is only named.
pub async fn import(
    context: &Context,
    wish: Wish,
    progress: Arc<Progress>,
    author: &str,
) -> Result<MediumId, MediaError> {
    let file = wish.path.display().to_string();
    let keys = keys::all(context.store())?.into_iter();
    let keys: Vec<Key> = keys.map(|(key, _)| key).collect();
    let folder = context.media.folder.clone();
    let taking = move || take(&folder, &wish, &keys, &progress);
    let taken = tokio::task::spawn_blocking(taking).await;
    let taken = taken.map_err(|error| MediaError::Io {
        path: PathBuf::from(&file),
        source: error.into(),
    })??;
    let id = taken.id;
    if read::<Medium>(context.store(), &id)?.is_none() {
        let imported = message::Store::RepositoryImported {
            id: id.clone(),
            sha256: taken.sha256,
            packages: taken.holds.packages,
            keys: taken.holds.keys.clone(),
        };
        let medium = Medium {
            id: id.clone(),
            file,
            size: taken.size,
            sha256: taken.sha256,
            holds: Holds::Repository(taken.holds),
            imported_at: context.now().wall,
            author: author.to_owned(),
        };
        let mut change = Change::default();
        change.put(Expect::Any, &medium)?;
        change.tell(event(context, imported, author));
        context.store().submit(change).await?;
    }
    context.world.shelf.put(id.clone(), taken.image);
    Ok(id)
}

/// Opens the tar of a repository.
pub(super) fn open(path: &Path) -> Result<Image, MediaError> {
    let file = File::open(path).map_err(io_of(path))?;
    let index = tar::read(&file).map_err(Fault::from)?;
    Ok(Image {
        file: Arc::new(file),
        index,
    })
}

/// Checks a repository while it is written into the folder. Waits for the disk.
fn take(
    folder: &Folder,
    wish: &Wish,
    keys: &[Key],
    progress: &Progress,
) -> Result<Taken, MediaError> {
    let unfinished = folder.unfinished(&wish.name);
    let written = write(folder, (wish, &unfinished), keys, progress);
    let (sha256, holds) = match written {
        Ok(written) => written,
        Err(error) => {
            // Nothing half-imported; that it may not have been made yet is no matter.
            let _removed = fs::remove_file(&unfinished);
            return Err(error);
        }
    };
    let id = id(&wish.name, &sha256)?;
    let path = folder.repository(&id);
    let image = open(&unfinished)?;
    rename_durably(&unfinished, &path).map_err(io_of(&path))?;
    let size = image.file.metadata().map_err(io_of(&path))?.len();
    Ok(Taken {
        id,
        sha256,
        size,
        image,
        holds,
    })
}

fn id(name: &RepoName, sha256: &Sha256) -> Result<MediumId, MediaError> {
    let plain: String = name.as_str().chars().take(NAME_MAX).collect();
    let digest: String = sha256.to_string().chars().take(DIGITS).collect();
    let id = format!("{}-{digest}", plain.trim_matches('-'));
    id.parse().map_err(|_| MediaError::Unknown(id))
}

/// What a repository says that it holds.
struct Lists {
    /// Metadata files by path.
    metadata: BTreeMap<String, repodata::File>,
    /// Packages by path.
    packages: BTreeMap<String, Listed>,
}

fn write(
    folder: &Folder,
    (wish, unfinished): (&Wish, &Path),
    keys: &[Key],
    progress: &Progress,
) -> Result<(Sha256, Repository), MediaError> {
    let source = Source::open(&wish.path)?;
    let lists = lists(&source)?;
    let metadata = lists.metadata.values();
    let packages = lists.packages.values().map(|listed| &listed.file);
    let files = metadata.chain(packages).map(|file| file.size);
    let need = files.fold(0_u64, u64::saturating_add);
    folder.room(need)?;
    progress
        .size
        .store(need, std::sync::atomic::Ordering::Relaxed);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    let out = options.mode(0o600).open(unfinished);
    let mut pack = Pack::of(out.map_err(io_of(unfinished))?, progress);
    pack.copy(&source, REPOMD, None)?;
    for file in lists.metadata.values() {
        pack.copy(&source, &file.path, Some((file, REPOMD)))?;
    }
    let mut signers = Signers::of(keys);
    for listed in lists.packages.values() {
        signers.take(&mut pack, &source, listed)?;
    }
    pack.add(KEYS, signers.files()?.as_bytes())?;
    let sha256 = pack.finish().map_err(io_of(unfinished))?;
    Ok((sha256, signers.repository(&wish.name)))
}

/// Reads the lists. What they say is checked when the files are copied: what is kept, and not what was read before.
fn lists(source: &Source) -> Result<Lists, MediaError> {
    let repomd = source.get(REPOMD)?.ok_or_else(|| Fault::NoMetadata {
        path: source.path().to_owned(),
    })?;
    if repomd.length() > REPOMD_MAX {
        return Err(Fault::TooLarge { path: REPOMD }.into());
    }
    let kinds = repodata::repomd(BufReader::new(repomd.reader())).map_err(Fault::from)?;
    let mut found = Lists {
        metadata: BTreeMap::new(),
        packages: BTreeMap::new(),
    };
    for (kind, file) in kinds {
        if kind == "primary" {
            let piece = source.of(&file, REPOMD)?;
            let bytes = BufReader::new(piece.reader());
            let packages = repodata::packages(&file.path, bytes).map_err(Fault::from)?;
            for listed in packages {
                let path = listed.file.path.clone();
                if let Some(first) = found.packages.insert(path, listed) {
                    let path = first.file.path;
                    return Err(Fault::Twice { path }.into());
                }
            }
        }
        let path = file.path.clone();
        let is_twice = found.metadata.insert(path.clone(), file).is_some();
        if is_twice || path == REPOMD {
            return Err(Fault::Twice { path }.into());
        }
    }
    let mut metadata = found.metadata.keys();
    match metadata.find(|path| found.packages.contains_key(*path)) {
        Some(path) => Err(Fault::Twice { path: path.clone() }.into()),
        None => Ok(found),
    }
}
