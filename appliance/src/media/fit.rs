//! Whether a rack file goes with the media that are here.

use inventory::id::{MediumId, OsName, ProfileName, RepoName};
use inventory::media::{Holds, Medium, Repository};
use inventory::rack::{Family, Os, Rack, Release, Source};
use inventory::store::{StoreError, read};

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

/// What the `.treeinfo` of a family calls it.
fn release(family: Family) -> &'static str {
    match family {
        Family::Rocky => "Rocky Linux",
        Family::Alma => "AlmaLinux",
        Family::Rhel => "Red Hat Enterprise Linux",
        Family::Standin => "Hinode stand-in",
    }
}
