//! Whether a rack file goes with the media that are here.

use std::path::Path;

use inventory::id::{MediumId, OsName, ProfileName, RepoName};
use inventory::media::{Holds, Medium, Repository};
use inventory::rack::{Family, Os, Rack, Release, Source};
use inventory::store::{StoreError, read};
use media::treeinfo;

use crate::context::Context;

/// Why a rack file does not go with the media that are here.
#[derive(Debug, thiserror::Error)]
pub enum Misfit {
    /// Not here.
    #[error(
        "[os.{os}] is to come from medium {id}, which is not here; import it first (`hinode media import`)"
    )]
    Absent {
        /// The OS.
        os: OsName,
        /// The medium.
        id: MediumId,
    },
    /// Another release: its installer would not fit its packages.
    #[error(
        "[os.{os}] is to be {wanted}, but medium {id} holds {holds}; mend family, version or media"
    )]
    Other {
        /// The OS.
        os: OsName,
        /// In the rack file.
        wanted: String,
        /// The medium.
        id: MediumId,
        /// In its `.treeinfo`, or that it has none.
        holds: String,
    },
    /// No repository of that id is here.
    #[error(
        "[repo.{repo}] is to be {id}, and no package repository of that id is here; import it first \
         (`hinode media import FOLDER --repository {repo}`)"
    )]
    NoRepository {
        /// The repository.
        repo: RepoName,
        /// Its snapshot.
        id: MediumId,
    },
    /// Its packages are of another release.
    #[error(
        "[profile.{profile}] installs [os.{os}], which is {wanted}, with packages of [repo.{repo}], which are for {holds}; \
         import the repository for this release, or leave it out"
    )]
    OtherRelease {
        /// The profile.
        profile: ProfileName,
        /// Its OS.
        os: OsName,
        /// What that is.
        wanted: String,
        /// The repository.
        repo: RepoName,
        /// What that is for.
        holds: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether every OS of a rack that is to come from a medium is what that medium holds, and every repository goes with the
/// systems that get packages of it.
pub fn fits(context: &Context, rack: &Rack) -> Result<(), Misfit> {
    for (name, os) in &rack.oses {
        if let Source::Media(id) = &os.source {
            is_medium(context, (name, os), id)?;
        }
    }
    for (repo, id) in &rack.repos {
        let repository = repository(context, repo, id)?;
        let users = rack.profiles.iter();
        for (profile, its) in users.filter(|(_, profile)| profile.repos.contains(repo)) {
            let Some(os) = rack.oses.get(&its.os) else {
                continue;
            };
            if let Some((wanted, holds)) = differs(os, &repository) {
                return Err(Misfit::OtherRelease {
                    profile: profile.clone(),
                    os: its.os.clone(),
                    wanted,
                    repo: repo.clone(),
                    holds,
                });
            }
        }
    }
    Ok(())
}

fn is_medium(context: &Context, (name, os): (&OsName, &Os), id: &MediumId) -> Result<(), Misfit> {
    let (id, os_name) = (id.clone(), name.clone());
    let Some(found) = read::<Medium>(context.store(), &id)? else {
        return Err(Misfit::Absent { os: os_name, id });
    };
    let wanted = format!("{} {}", release(os.family), os.version);
    let holds = match found.value.holds {
        Holds::Tree(tree) if tree.release == wanted => return Ok(()),
        Holds::Tree(tree) => tree.release,
        Holds::Repository(_) => "packages without an installer".to_owned(),
    };
    Err(Misfit::Other {
        os: os_name,
        wanted,
        id,
        holds,
    })
}

fn repository(context: &Context, repo: &RepoName, id: &MediumId) -> Result<Repository, Misfit> {
    let found = read::<Medium>(context.store(), id)?;
    match found.map(|found| found.value.holds) {
        Some(Holds::Repository(repository)) => Ok(repository),
        Some(Holds::Tree(_)) | None => Err(Misfit::NoRepository {
            repo: repo.clone(),
            id: id.clone(),
        }),
    }
}

/// What an OS is and what a repository is for, if its packages say that these are not the same. Many say nothing.
fn differs(os: &Os, repository: &Repository) -> Option<(String, String)> {
    let major = match os.release() {
        Release::El8 => 8,
        Release::El9 => 9,
        Release::El10 => 10,
    };
    let built_for = &repository.built_for;
    if !built_for.is_empty() && !built_for.contains(&major) {
        let built_for: Vec<_> = built_for.iter().map(|el| format!("el{el}")).collect();
        return Some((format!("el{major}"), built_for.join(" and ")));
    }
    let releases = &repository.releases;
    if !releases.is_empty() && !releases.contains(os.version.as_str()) {
        let releases: Vec<_> = releases.iter().map(String::as_str).collect();
        return Some((os.version.to_string(), releases.join(" and ")));
    }
    None
}

/// What the folder of an OS holds, if it is not what the rack file says: packages of one minor release do not fit the
/// installer of another. A folder changes under us, so this is asked whenever a node is to install from it.
pub fn other_tree(os: &Os, folder: &Path) -> Option<(String, String)> {
    let wanted = format!("{} {}", release(os.family), os.version);
    let text = std::fs::read_to_string(folder.join(treeinfo::PATH));
    let found = match text.map(|text| treeinfo::parse(&text)) {
        Ok(Ok(info)) => format!("{} {}", info.name, info.version),
        Ok(Err(fault)) => fault.to_string(),
        Err(error) => format!("no .treeinfo that can be read ({error})"),
    };
    // `9` in the rack file is any minor release of it.
    let is_minor = found.starts_with(&format!("{wanted}.")) && !os.version.contains('.');
    (found != wanted && !is_minor).then_some((wanted, found))
}

/// What the `.treeinfo` of a family calls it.
fn release(family: Family) -> &'static str {
    match family {
        Family::Rocky => "Rocky Linux",
        Family::Alma => "AlmaLinux",
        Family::Rhel => "Red Hat Enterprise Linux",
        Family::Standin => "Hinode stand-in",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RACK: &str = include_str!("../../../docs/examples/rack-16.toml");

    /// What is said of a folder with this release, where the rack file has `version`.
    fn said(version: &str, release: &str) -> Option<(String, String)> {
        let text = RACK.replace("version = \"9.6\"", &format!("version = \"{version}\""));
        let rack = inventory::config::check(&text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let info = format!("[release]\n{release}\nshort = Rocky\n[tree]\narch = x86_64\n");
        std::fs::write(folder.path().join(".treeinfo"), info).unwrap();
        other_tree(rack.oses.values().next().unwrap(), folder.path())
    }

    #[test]
    fn a_folder_holds_what_the_rack_file_says_or_is_refused() {
        let rocky = "name = Rocky Linux\nversion = 9.6";
        assert_eq!(said("9.6", rocky), None);
        assert_eq!(said("9", rocky), None);
        let both = |wanted: &str, found: &str| Some((wanted.to_owned(), found.to_owned()));
        assert_eq!(
            said("9.5", rocky),
            both("Rocky Linux 9.5", "Rocky Linux 9.6")
        );
        assert_eq!(said("10", rocky), both("Rocky Linux 10", "Rocky Linux 9.6"));
        let alma = "name = AlmaLinux\nversion = 9.6";
        assert_eq!(said("9.6", alma), both("Rocky Linux 9.6", "AlmaLinux 9.6"));
        let (_, found) = said("9.6", "name = Rocky Linux").unwrap();
        assert!(found.contains("says no version"), "{found}");
    }

    #[test]
    fn a_folder_without_a_tree_is_refused() {
        let rack = inventory::config::check(RACK).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let said = other_tree(rack.oses.values().next().unwrap(), folder.path());
        assert!(said.is_some_and(|(_, found)| found.contains("no .treeinfo")));
    }
}
