//! Opening the data folder: the key that signs heads, the database, the ballast. All files are the owner's alone.
//!
//! A power cut in the middle of the first opening leaves a folder that the next one completes.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use redb::backends::FileBackend;
use redb::{Database, StorageBackend};
use ring::rand::SecureRandom;

use super::fault::io_error;
use crate::file::{keep_private, rename_durably};
use crate::store::{Signer, StoreError};

/// The database.
pub(super) const DATABASE: &str = "hinode.redb";
/// The Ed25519 key that signs heads, PKCS #8.
const KEY: &str = "events.key";
/// See [`super::ballast`].
pub(super) const BALLAST: &str = "ballast";

/// Pages kept in memory. The data of a rack is a few MiB; the whole appliance must stay under 64.
const CACHE: usize = 16 << 20;

/// Makes the folder unless it is there.
pub(super) fn folder(dir: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(dir).map_err(|error| at(dir, &error))
}

/// The signing key of the folder, made on the first opening.
pub(super) fn signer(dir: &Path, rng: &dyn SecureRandom) -> Result<Signer, StoreError> {
    let path = dir.join(KEY);
    let bad = |why| {
        StoreError::Failed(format!(
            "{} {why}; restore it from the backup",
            path.display()
        ))
    };
    let document = match fs::read(&path) {
        Ok(document) => document,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // The key is made before the database, so beside a database its absence is a loss.
            if dir.join(DATABASE).exists() {
                return Err(bad("is missing"));
            }
            let document = Signer::generate(rng)
                .ok_or_else(|| StoreError::Failed("no random numbers".to_owned()))?;
            keep_private(&path, &document).map_err(|error| at(&path, &error))?;
            document
        }
        Err(error) => return Err(at(&path, &error)),
    };
    Signer::from_pkcs8(&document).ok_or_else(|| bad("is no key"))
}

/// Begins an empty database unless there is one. Made aside, then renamed: the engine does not open a half-made file, so
/// a power cut must not leave one in this place.
pub(super) fn begin(dir: &Path) -> Result<(), StoreError> {
    let path = dir.join(DATABASE);
    if path.try_exists().map_err(|error| at(&path, &error))? {
        return Ok(());
    }
    let aside = dir.join("hinode.redb.new");
    make(&aside)
        .and_then(|()| rename_durably(&aside, &path))
        .map_err(|error| at(&path, &error))
}

fn make(aside: &Path) -> io::Result<()> {
    match fs::remove_file(aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    database(platter(aside)?).map_err(|fault| match fault {
        redb::Error::Io(error) => error,
        other => io::Error::other(other),
    })?;
    File::open(aside)?.sync_all()
}

/// The database file, read from the platter.
///
/// After a failed sync Linux may go on showing pages that never reached the disk. So everything is written out, then
/// the cache is dropped: what the engine reads next is what a power cut would leave.
pub(super) fn platter(path: &Path) -> io::Result<FileBackend> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.mode(0o600).open(path)?;
    file.sync_all()?;
    posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)?;
    FileBackend::new(file).map_err(io::Error::other)
}

/// The database on a backend.
pub(super) fn database(backend: impl StorageBackend) -> Result<Database, redb::Error> {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE);
    Ok(builder.create_with_backend(backend)?)
}

/// An operating system's error at a path.
pub(super) fn at(path: &Path, error: &io::Error) -> StoreError {
    match io_error(error) {
        StoreError::Failed(why) => StoreError::Failed(format!("{}: {why}", path.display())),
        named => named,
    }
}
