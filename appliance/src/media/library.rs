//! The media that are here: a folder of images, and a record of each in the store. An image is there under its name before
//! its record is, and gone after it: what the store names can be served.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use inventory::arm::Arm;
use inventory::event::{Actor, Event, Subject};
use inventory::file::rename_durably;
use inventory::id::{MediumId, RepoName};
use inventory::media::{self, Holds, Medium};
use inventory::message::{self, Message};
use inventory::rack::Source;
use inventory::store::{Change, Expect, read, read_all};
use nix::fcntl::OFlag;
use nix::sys::statvfs::statvfs;
use pxe::shelf::Image;
use tracing::error;

use super::check::{self, Evidence, Promise, Tree};
use super::pass::{self, Digests, Order, Progress};
use super::{MediaError, keys, repository};
use crate::context::Context;

/// What an import leaves free, bytes: the store, consoles and logs of an installation day.
const SPARE: u64 = 1024 * 1024 * 1024;

/// How the name of a repository ends while it is made.
const UNFINISHED: &str = "unfinished";

/// An image to be imported.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The image. In the folder of the media itself it is taken as it lies there, without a copy.
    pub path: PathBuf,
    /// Who says what it is.
    pub evidence: Evidence,
}

/// The folder of the images.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// Below the data folder; made if it is not there.
    pub fn of(data: &Path) -> Result<Self, MediaError> {
        let path = data.join("media");
        match fs::DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(&path)
        {
            Ok(()) => Ok(Self(path)),
            Err(source) => Err(MediaError::Io { path, source }),
        }
    }

    fn image(&self, id: &MediumId) -> PathBuf {
        self.0.join(format!("{id}.iso"))
    }

    /// The file of a repository.
    pub(super) fn repository(&self, id: &MediumId) -> PathBuf {
        self.0.join(format!("{id}.tar"))
    }

    /// A repository while it is made.
    pub(super) fn unfinished(&self, name: &RepoName) -> PathBuf {
        self.0.join(format!("{name}.{UNFINISHED}"))
    }

    /// The file of a medium.
    fn file(&self, medium: &Medium) -> PathBuf {
        match &medium.holds {
            Holds::Tree(_) => self.image(&medium.id),
            Holds::Repository(_) => self.repository(&medium.id),
        }
    }

    /// What an import may take, bytes; refused if it wants more.
    pub(super) fn room(&self, need: u64) -> Result<(), MediaError> {
        let room = statvfs(&self.0).map_err(|errno| io_of(&self.0)(errno.into()))?;
        let free = room.blocks_available() * room.fragment_size();
        match free < need.saturating_add(SPARE) {
            true => Err(MediaError::Space {
                need: need >> 20,
                free: free >> 20,
            }),
            false => Ok(()),
        }
    }

    /// Removes what a power cut left of repositories: unlike images they are made anew from the beginning.
    fn clean(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == UNFINISHED) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

/// Clears away what a power cut left, and puts every medium of the store on the shelf. One that cannot be read is told and left out: nodes get its files no more,
/// everything else goes on.
pub fn load(context: &Context) -> Result<(), MediaError> {
    let folder = &context.media.folder;
    folder.clean().map_err(io_of(&folder.0))?;
    for found in read_all::<Medium>(context.store())? {
        let path = folder.file(&found.value);
        let opened = match &found.value.holds {
            Holds::Tree(_) => open(&path).map(|(image, _)| image),
            Holds::Repository(_) => repository::open(&path),
        };
        let id = found.value.id;
        match opened {
            Ok(image) => context.world.shelf.put(id, image),
            Err(error) => error!(%id, %error, "a medium cannot be served; import it again"),
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<(Image, Tree), MediaError> {
    let file = File::open(path).map_err(io_of(path))?;
    let tree = check::tree(&file, path)?;
    let image = Image {
        file: Arc::new(file),
        index: tree.index.clone(),
    };
    Ok((image, tree))
}

pub(super) fn io_of(path: &Path) -> impl Fn(io::Error) -> MediaError {
    |source| MediaError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Imports an image; the medium that it is from now on. One that is here already is only named.
pub async fn import(
    context: &Context,
    wish: Wish,
    progress: Arc<Progress>,
    author: &str,
) -> Result<MediumId, MediaError> {
    let name = wish
        .path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let promise = check::promise(&wish.evidence, &name, &keys::of_media(context.store())?)?;
    let mut known = read_all::<Medium>(context.store())?
        .into_iter()
        .map(|found| found.value);
    if let Some(known) = known.find(|known| known.sha256 == promise.sha256) {
        return Ok(known.id);
    }
    let folder = context.media.folder.clone();
    let (promised, path) = (promise.clone(), wish.path);
    let taking = move || take(&folder, &path, &promised, &progress);
    let taken = tokio::task::spawn_blocking(taking).await;
    let (id, image, tree) = taken.map_err(|error| MediaError::Io {
        path: PathBuf::from(&name),
        source: error.into(),
    })??;
    let at = context.now().wall;
    let medium = Medium {
        id: id.clone(),
        file: name,
        size: image.file.metadata().map_or(0, |about| about.len()),
        sha256: promise.sha256,
        holds: Holds::Tree(media::Tree {
            label: tree.label,
            release: format!("{} {}", tree.info.name, tree.info.version),
            arch: tree.info.arch,
            voucher: promise.voucher.clone(),
        }),
        imported_at: at,
        author: author.to_owned(),
    };
    let imported = message::Store::MediumImported {
        id: id.clone(),
        sha256: promise.sha256,
        voucher: promise.voucher,
    };
    let mut change = Change::default();
    change.put(Expect::Any, &medium)?;
    change.tell(event(context, imported, author));
    context.store().submit(change).await?;
    context.world.shelf.put(id.clone(), image);
    Ok(id)
}

/// Takes an image into the folder. Waits for the disk.
fn take(
    folder: &Folder,
    path: &Path,
    promise: &Promise,
    progress: &Progress,
) -> Result<(MediumId, Image, Tree), MediaError> {
    let source = open_regular(path)?;
    let size = source.metadata().map_err(io_of(path))?.len();
    match promise.size {
        Some(said) if said != size => return Err(MediaError::Size { found: size, said }),
        Some(_) | None => {}
    }
    let tree = check::tree(&source, path)?;
    let id = tree.id(&promise.sha256).ok_or_else(|| MediaError::NoTree {
        path: "release in its .treeinfo".to_owned(),
    })?;
    // A link there leads to bytes that may go away, as those of a stick do: they are copied.
    let is_inside = !path.is_symlink()
        && path.parent().and_then(|parent| parent.canonicalize().ok())
            == folder.0.canonicalize().ok();
    let part = match is_inside {
        true => path.to_owned(),
        false => folder.0.join(format!("{id}.part")),
    };
    let copy = match is_inside {
        true => None,
        false => {
            adopt(&folder.image(&id), &part)?;
            Some(part_file(folder, &part, size)?)
        }
    };
    let parts = tree.parts();
    let order = Order {
        from: &source,
        size,
        copy: copy.as_ref().map(|(file, has)| (file, *has)),
        parts: &parts,
    };
    let found = pass::make(&order, progress)
        .map_err(io_of(path))?
        .ok_or(MediaError::Stopped)?;
    if let Err(error) = check::holds(&found, promise.sha256, &tree.info.sums) {
        // What was copied is of no use. It may be that only the copy is bad, from an earlier try: the next one begins anew.
        if copy.is_some() {
            fs::remove_file(&part).map_err(io_of(&part))?;
        }
        return Err(error);
    }
    if copy.is_none() {
        // What was put there a moment ago need not be on the disk yet; a copy is.
        source.sync_all().map_err(io_of(path))?;
    }
    let image = folder.image(&id);
    rename_durably(&part, &image).map_err(io_of(&image))?;
    let (opened, tree) = open(&image)?;
    Ok((id, opened, tree))
}

/// An image without a record was left by a power cut between the two: it is a copy that only needs to be read.
fn adopt(image: &Path, part: &Path) -> Result<(), MediaError> {
    match fs::rename(image, part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_of(image)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Opens what a person named. Not blocking: a pipe would have us wait for its writer, and no stop would end that.
pub(super) fn open_regular(path: &Path) -> Result<File, MediaError> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(OFlag::O_NONBLOCK.bits());
    let file = options.open(path).map_err(io_of(path))?;
    match file.metadata().map_err(io_of(path))?.is_file() {
        true => Ok(file),
        false => Err(io_of(path)(io::Error::other(
            "not a regular file; give the image itself",
        ))),
    }
}

/// The copy as far as an earlier try came, and how far that is. Refused if there is no room for the rest.
fn part_file(folder: &Folder, part: &Path, size: u64) -> Result<(File, u64), MediaError> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600);
    let file = options.open(part).map_err(io_of(part))?;
    let has = file.metadata().map_err(io_of(part))?.len().min(size);
    // Whatever stands behind is not the maker's, and no digest would see it.
    file.set_len(has).map_err(io_of(part))?;
    folder.room(size - has)?;
    Ok((file, has))
}

/// Reads a medium through and compares its digest with that of its import. One that has changed is served no more.
pub async fn verify(
    context: &Context,
    id: &MediumId,
    progress: Arc<Progress>,
    author: &str,
) -> Result<(), MediaError> {
    let medium = known(context, id)?;
    let path = context.media.folder.file(&medium);
    let named = path.clone();
    let reading = move || {
        let file = File::open(&path).map_err(io_of(&path))?;
        let order = Order {
            size: file.metadata().map_err(io_of(&path))?.len(),
            from: &file,
            copy: None,
            parts: &[],
        };
        pass::make(&order, &progress)
            .map_err(io_of(&path))?
            .ok_or(MediaError::Stopped)
    };
    let read = tokio::task::spawn_blocking(reading).await;
    let Digests { whole, .. } = read.map_err(|error| MediaError::Io {
        path: named,
        source: error.into(),
    })??;
    let is_whole = whole == medium.sha256;
    let verified = message::Store::MediumVerified {
        id: id.clone(),
        is_whole,
    };
    let mut change = Change::default();
    change.tell(event(context, verified, author));
    context.store().submit(change).await?;
    if is_whole {
        return Ok(());
    }
    context.world.shelf.take(id);
    Err(MediaError::Rotten {
        id: id.clone(),
        found: whole,
        said: medium.sha256,
    })
}

/// Removes a medium that nothing needs.
pub async fn remove(context: &Context, id: &MediumId, author: &str) -> Result<(), MediaError> {
    let medium = known(context, id)?;
    if let Some(by) = user(context, id)? {
        return Err(MediaError::InUse { id: id.clone(), by });
    }
    let removed = message::Store::MediumRemoved { id: id.clone() };
    let mut change = Change::default();
    change.remove::<Medium>(Expect::Any, id);
    change.tell(event(context, removed, author));
    context.store().submit(change).await?;
    context.world.shelf.take(id);
    let path = context.media.folder.file(&medium);
    fs::remove_file(&path).map_err(io_of(&path))
}

/// What needs a medium: an OS or a repository of the rack file, or a node whose install began from it.
fn user(context: &Context, id: &MediumId) -> Result<Option<String>, MediaError> {
    let rack = context.world.rack();
    let mut oses = rack.oses.iter();
    if let Some((name, _)) = oses.find(|(_, os)| os.source == Source::Media(id.clone())) {
        return Ok(Some(format!("[os.{name}] of the rack file")));
    }
    let mut repos = rack.repos.iter();
    if let Some((name, _)) = repos.find(|(_, its)| *its == id) {
        return Ok(Some(format!("[repo.{name}] of the rack file")));
    }
    for arm in read_all::<Arm>(context.store())? {
        let to = arm.value.address.into();
        let texts = pxe::decide::texts(&context.world, &arm.value, to)?;
        let from = format!("/media/{id}/");
        // A trial's kickstart names no tree; its boot script does.
        let is_from = texts
            .is_some_and(|texts| texts.kickstart.contains(&from) || texts.ipxe.contains(&from));
        if is_from && arm.value.state.is_live() {
            return Ok(Some(format!("the install of {}", arm.value.node)));
        }
    }
    Ok(None)
}

fn known(context: &Context, id: &MediumId) -> Result<Medium, MediaError> {
    let found = read::<Medium>(context.store(), id)?;
    found
        .map(|found| found.value)
        .ok_or_else(|| MediaError::Unknown(id.to_string()))
}

pub(super) fn event(context: &Context, what: message::Store, author: &str) -> Event {
    Event {
        at: context.now().wall,
        actor: Actor::Person(author.to_owned()),
        subject: Subject::Rack,
        job: None,
        what: Message::Store(what),
    }
}
