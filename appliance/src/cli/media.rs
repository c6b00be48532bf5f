//! `hinode media`: importing images, and what is here.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Subcommand;
use hyper::Method;

use super::{CliError, Client, print_json};
use crate::api::types::media as types;

/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(300);

#[derive(Debug, Subcommand)]
pub(super) enum MediaCommand {
    /// Import an image, or with --repository a package repository: it is checked, kept whole, and served to nodes without
    /// being unpacked
    Import {
        /// The image, where the appliance can read it; of a repository the folder that has `repodata`, or a tar of that
        path: PathBuf,
        /// It is a package repository, and this is its name; every package must be signed by a key that is kept
        #[arg(long, value_name = "NAME", conflicts_with_all = ["checksum", "signature", "sha256"])]
        repository: Option<String>,
        /// The maker's checksum list, signed
        #[arg(long, value_name = "FILE")]
        checksum: Option<PathBuf>,
        /// The signature of that list, if it is not around its text
        #[arg(long, value_name = "FILE", requires = "checksum")]
        signature: Option<PathBuf>,
        /// Instead of a signed list: the digest of the image, which you have from somewhere else
        #[arg(long, value_name = "HEX", conflicts_with = "checksum")]
        sha256: Option<String>,
    },
    /// Keep a key that may sign checksum lists and packages: RPM-GPG-KEY-... of the maker
    Key {
        /// The key file
        file: PathBuf,
        /// Its fingerprint, for a key that this program does not know to be a maker's
        #[arg(long, value_name = "HEX")]
        fingerprint: Option<String>,
        /// It signs packages, and no images: the key of CloudStack, EPEL, your own site
        #[arg(long)]
        packages: bool,
    },
    /// The keys that are kept
    Keys {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// The media that are here
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Read a medium through: whether its bytes are still those that were imported
    Verify {
        /// Its id
        id: String,
    },
    /// Remove a medium that no rack file names and no install uses
    Remove {
        /// Its id
        id: String,
    },
}

pub(super) async fn run(client: &Client, command: MediaCommand) -> Result<(), CliError> {
    match command {
        MediaCommand::Import {
            path,
            repository: Some(name),
            ..
        } => repository(client, &path, name).await,
        MediaCommand::Import {
            path,
            repository: None,
            checksum,
            signature,
            sha256,
        } => {
            let import = types::Import {
                path: absolute(&path)?,
                checksum: checksum.as_deref().map(text).transpose()?,
                signature: signature.as_deref().map(encoded).transpose()?,
                sha256,
            };
            let work = client.send(Method::POST, "/v1/media", &import).await?;
            let id = follow(client, work).await?;
            println!("{id} is here; name it in the rack file: media = \"{id}\"");
            Ok(())
        }
        MediaCommand::Key {
            file,
            fingerprint,
            packages,
        } => {
            let key = types::Key {
                file: encoded(&file)?,
                fingerprint,
                is_for_packages: packages,
            };
            let kept: types::Kept = client.send(Method::POST, "/v1/media-keys", &key).await?;
            println!("kept: {}", told(&kept));
            Ok(())
        }
        MediaCommand::Keys { json } => keys(client, json).await,
        MediaCommand::List { json } => list(client, json).await,
        MediaCommand::Verify { id } => {
            let path = format!("/v1/media/{id}/verify");
            let work = client.send(Method::POST, &path, &()).await?;
            let id = follow(client, work).await?;
            println!("{id} is whole");
            Ok(())
        }
        MediaCommand::Remove { id } => {
            let path = format!("/v1/media/{id}");
            let removed: types::Named = client.send(Method::DELETE, &path, &()).await?;
            println!("{} is removed", removed.id);
            Ok(())
        }
    }
}

async fn repository(client: &Client, path: &Path, name: String) -> Result<(), CliError> {
    let path = absolute(path)?;
    let import = types::ImportRepository { path, name };
    let work = client.send(Method::POST, "/v1/media-repositories", &import);
    let id = follow(client, work.await?).await?;
    println!("{id} is here; name it in the rack file: media = \"{id}\"");
    Ok(())
}

async fn keys(client: &Client, json: bool) -> Result<(), CliError> {
    let keys: Vec<types::Kept> = client.get("/v1/media-keys").await?;
    for key in &keys {
        match json {
            true => print_json(key)?,
            false => println!("{}", told(key)),
        }
    }
    if keys.is_empty() && !json {
        println!("no key is kept; give one with `hinode media key`");
    }
    Ok(())
}

fn told(key: &types::Kept) -> String {
    let maker = key.maker.as_deref();
    let maker = maker.unwrap_or("no maker we know; a person vouched for it");
    let purpose = match key.is_for_packages {
        true => "packages alone",
        false => "images and packages",
    };
    format!(
        "key {} of {} ({maker}), for {purpose}",
        key.fingerprint, key.owner
    )
}

async fn list(client: &Client, json: bool) -> Result<(), CliError> {
    let media: Vec<types::Medium> = client.get("/v1/media").await?;
    for medium in &media {
        if json {
            print_json(medium)?;
            continue;
        }
        let (id, holds) = (&medium.id, held(medium));
        let served = if medium.is_served {
            ""
        } else {
            "  NOT SERVED: see the log, import it again"
        };
        println!("{id:<40} {holds}, {} MiB{served}", medium.size >> 20);
    }
    if media.is_empty() && !json {
        println!("no medium is here; import one with `hinode media import`");
    }
    Ok(())
}

fn held(medium: &types::Medium) -> String {
    match &medium.holds {
        types::Holds::Tree {
            release,
            arch,
            signed_by,
        } => match signed_by {
            Some(key) => format!("{release} {arch}, signed by {key}"),
            None => format!("{release} {arch}, vouched for by {}", medium.author),
        },
        types::Holds::Repository {
            packages,
            signed_by,
            ..
        } => format!(
            "repository of {packages} packages, all signed by {}",
            signed_by.join(" or ")
        ),
    }
}

/// Shows how far work is until it is over; the medium.
async fn follow(client: &Client, mut work: types::Work) -> Result<String, CliError> {
    let path = format!("/v1/media-work/{}", work.number);
    loop {
        show(&work);
        match work.outcome {
            Some(types::Outcome::Done(id)) => return Ok(id),
            Some(types::Outcome::Refused(why)) => {
                return Err(super::ClientError::Refused(why).into());
            }
            None => tokio::time::sleep(LOOK).await,
        }
        work = client.get(&path).await?;
    }
}

/// One line that is written over, on a terminal; nothing else wants it.
fn show(work: &types::Work) {
    let mut errors = std::io::stderr();
    if !errors.is_terminal() {
        return;
    }
    let line = match (&work.outcome, work.size) {
        (Some(_), _) => "\r\x1b[K".to_owned(),
        (None, 0) => format!("\r\x1b[K{}: waiting for its turn", work.what),
        (None, size) => {
            let percent = work.done.saturating_mul(100) / size;
            let (done, size) = (work.done >> 20, size >> 20);
            format!("\r\x1b[K{}: {percent:>3}%  {done} of {size} MiB", work.what)
        }
    };
    // A terminal that has gone is no reason to stop.
    let _shown = errors
        .write_all(line.as_bytes())
        .and_then(|()| errors.flush());
}

fn absolute(path: &Path) -> Result<String, CliError> {
    let found = std::path::absolute(path).map_err(|source| io(path, source))?;
    Ok(found.display().to_string())
}

fn text(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|source| io(path, source))
}

fn encoded(path: &Path) -> Result<String, CliError> {
    let bytes = std::fs::read(path).map_err(|source| io(path, source))?;
    Ok(STANDARD.encode(bytes))
}

fn io(path: &Path, source: std::io::Error) -> CliError {
    CliError::Io {
        what: path.display().to_string(),
        source,
    }
}
