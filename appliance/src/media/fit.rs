//! Whether a rack file goes with the media that are here.

use inventory::id::{MediumId, OsName};
use inventory::media::Medium;
use inventory::rack::{Family, Rack, Source};
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
        /// In its `.treeinfo`.
        holds: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether every OS of a rack that is to come from a medium is what that medium holds.
pub fn fits(context: &Context, rack: &Rack) -> Result<(), Misfit> {
    for (name, os) in &rack.oses {
        let Source::Media(id) = &os.source else {
            continue;
        };
        let (id, os_name) = (id.clone(), name.clone());
        let Some(found) = read::<Medium>(context.store(), &id)? else {
            return Err(Misfit::Absent { os: os_name, id });
        };
        let wanted = format!("{} {}", release(os.family), os.version);
        if found.value.release != wanted {
            let holds = found.value.release;
            return Err(Misfit::Other {
                os: os_name,
                wanted,
                id,
                holds,
            });
        }
    }
    Ok(())
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
