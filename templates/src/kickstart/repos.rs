//! Repositories beside those of the OS, as the installer and the installed system name them.

use inventory::id::MediumId;
use inventory::net::UrlHost;

use crate::facts::{Install, NotRenderable};

/// One repository.
pub(super) struct KickstartRepo<'a> {
    /// What dnf calls it. With a word of ours in front: `baseos` and its like are taken.
    pub(super) id: String,
    /// Where it is, without a slash behind.
    pub(super) url: String,
    /// The snapshot.
    pub(super) medium: &'a MediumId,
}

/// Those of the node's profile.
pub(super) fn repos<'a>(
    install: &Install<'a>,
    server: &UrlHost,
) -> Result<Vec<KickstartRepo<'a>>, NotRenderable> {
    let names = install.profile()?.repos.iter();
    let repos = names.map(|name| {
        let medium = install.rack.repos.get(name);
        let medium = medium.ok_or_else(|| install.missing(format!("repo {name}")))?;
        Ok(KickstartRepo {
            id: format!("hinode-{name}"),
            url: format!("http://{server}/media/{medium}"),
            medium,
        })
    });
    repos.collect()
}
