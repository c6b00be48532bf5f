//! Small files that must be whole or not there: keys. Written aside, synced, renamed, and the name synced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Keeps `bytes` at `path`, for the owner alone (0600), durable when it returns. After a power cut there is the old file
/// or the new one, whole.
///
/// # Errors
/// The operating system's; a file that was at `path` is as it was.
pub fn keep_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    rename_durably(Path::new(&aside), path)
}

/// Renames within one folder and makes the new name durable.
///
/// # Errors
/// The operating system's.
pub fn rename_durably(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    match to.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
