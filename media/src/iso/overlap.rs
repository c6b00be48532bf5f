//! Whether the files of an image share bytes. Two names of one file do, with the same extent (linked files, found twice by
//! the maker of the image); any other overlap shows a file something that is not its own.

use super::Fault;
use inventory::media::Extent;

/// What lies somewhere in an image.
pub(super) struct Laid {
    pub(super) extent: Extent,
    pub(super) what: String,
    /// Directories and descriptors share with nobody.
    pub(super) may_share: bool,
}

/// The first overlap there is, from the beginning of the image.
pub(super) fn none(mut laid: Vec<Laid>) -> Result<(), Fault> {
    laid.retain(|one| one.extent.length > 0);
    laid.sort_by_key(|one| one.extent);
    for pair in laid.windows(2) {
        let [one, other] = pair else { continue };
        let is_same = one.extent == other.extent && one.may_share && other.may_share;
        if other.extent.offset < one.extent.end() && !is_same {
            return Err(Fault::Overlap {
                one: one.what.clone(),
                other: other.what.clone(),
                at: other.extent.offset,
            });
        }
    }
    Ok(())
}
