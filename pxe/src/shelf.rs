//! Media on hand: images whose files are served out of them, by id. The appliance fills the shelf at start and at each
//! import; the images themselves are its affair. A transfer under way keeps its image open, whatever is taken off meanwhile.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::{Arc, PoisonError, RwLock};

use inventory::id::MediumId;
use inventory::media::Index;

/// An image, open for reading, and where its files lie.
#[derive(Debug)]
pub struct Image {
    /// The image.
    pub file: Arc<File>,
    /// Its files.
    pub index: Index,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Shelf(RwLock<BTreeMap<MediumId, Arc<Image>>>);

impl Shelf {
    /// Puts a medium there; it can be asked for from now on.
    pub fn put(&self, id: MediumId, image: Image) {
        let mut shelf = self.0.write().unwrap_or_else(PoisonError::into_inner);
        shelf.insert(id, Arc::new(image));
    }

    /// Takes a medium off.
    pub fn take(&self, id: &MediumId) {
        let mut shelf = self.0.write().unwrap_or_else(PoisonError::into_inner);
        shelf.remove(id);
    }

    /// The image of a medium, if it is there.
    pub fn get(&self, id: &MediumId) -> Option<Arc<Image>> {
        let shelf = self.0.read().unwrap_or_else(PoisonError::into_inner);
        shelf.get(id).cloned()
    }
}
