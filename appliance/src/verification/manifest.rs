//! The manifest: what an install put on a node, listed there and compared with the kickstart that was served.

use inventory::arm::Payload;
use inventory::manifest::{ITEMS_MAX, Manifest, Package, PutFile};
use inventory::rack::Node;
use inventory::store::{Change, Expect, StoreError, read};
use templates::written::{Written, written};

use super::Found;
use super::look::{LookError, ended_well};
use crate::context::Context;
use crate::ssh::Session;

const LIST: &str = include_str!("manifest.sh");

/// Lists what is on `node`, and keeps it.
///
/// # Errors
/// [`LookError`].
pub async fn take(context: &Context, node: &Node, session: &Session) -> Result<(), LookError> {
    let payload = read::<Payload>(context.store(), &node.name)?;
    let payload = payload.ok_or(LookError::NoKickstart)?;
    let files = written(&payload.value.kickstart);
    let script = format!("files='{}'\n{LIST}", paths(&files).join(" "));
    let output = ended_well(session.run("sh -s", &script).await?)?;
    let found = Found::parse(&output.stdout);
    let manifest = Manifest {
        node: node.name.clone(),
        at: context.now().wall,
        packages: packages(&found),
        files: compared(files, &found),
        units: bounded(found.all("unit")),
        users: bounded(found.all("user")),
    };
    keep(context, &manifest).await.map_err(LookError::from)
}

async fn keep(context: &Context, manifest: &Manifest) -> Result<(), StoreError> {
    let mut change = Change::default();
    // The node's job alone writes it.
    change.put(Expect::Any, manifest)?;
    context.store().submit(change).await.map(drop)
}

/// Only what a shell takes for one word.
fn paths(files: &[Written]) -> Vec<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-@+".contains(c);
    let paths = files.iter().map(|file| file.path.as_str());
    paths.filter(|path| path.chars().all(is_plain)).collect()
}

fn packages(found: &Found) -> Vec<Package> {
    let packages = found.all("package").iter().take(ITEMS_MAX);
    let package = |line: &String| {
        let (name, digest) = line.split_once(' ').unwrap_or((line, ""));
        let is_sum = digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit());
        Package {
            name: name.to_owned(),
            digest: is_sum.then(|| digest.to_owned()),
        }
    };
    packages.map(package).collect()
}

fn compared(files: Vec<Written>, found: &Found) -> Vec<PutFile> {
    let file = |file: Written| {
        let sum = found.of("file", &file.path).filter(|sum| !sum.is_empty());
        let sum = sum.map(str::to_owned);
        PutFile::of(file.path, file.content, sum)
    };
    files.into_iter().take(ITEMS_MAX).map(file).collect()
}

fn bounded(values: &[String]) -> Vec<String> {
    values.iter().take(ITEMS_MAX).cloned().collect()
}

#[cfg(test)]
mod tests {
    use inventory::id::Sha256;
    use inventory::manifest::FileState;

    use super::*;

    #[test]
    fn what_became_of_each_file_is_told() {
        let sum = Sha256::of(b"a\n");
        let text = format!(
            "file=/etc/a {}\nfile=/etc/b 00\nfile=/etc/c\nfile=/etc/d 00\n",
            hex::encode(sum.0)
        );
        let known = |path: &str, content| Written {
            path: path.to_owned(),
            content,
        };
        let files = vec![
            known("/etc/a", Some(sum)),
            known("/etc/b", Some(sum)),
            known("/etc/c", Some(sum)),
            known("/etc/d", None),
        ];
        let states: Vec<FileState> = compared(files, &Found::parse(&text))
            .iter()
            .map(|file| file.state)
            .collect();
        use FileState::{AsWritten, Changed, Gone, NotTold};
        assert_eq!(states, [AsWritten, Changed, Gone, NotTold]);
    }

    #[test]
    fn a_package_has_the_digest_that_its_database_has() {
        let digest = "ab".repeat(32);
        let text = format!(
            "package=bash-5.1.8-9.el9.x86_64 {digest}\npackage=gpg-pubkey-1-2 (none)\npackage=standin-base-1-1.noarch\n"
        );
        let packages = packages(&Found::parse(&text));
        assert_eq!(packages[0].digest.as_deref(), Some(digest.as_str()));
        assert!(packages[1].digest.is_none() && packages[2].digest.is_none());
    }
}
