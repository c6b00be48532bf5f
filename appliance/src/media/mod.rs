//! Installation media: importing them, keeping them, and what installs fetch from them.
//!
//! An image is never unpacked: its files are served out of it (`pxe::shelf`). A package repository is kept the same way, in
//! one tar that the import writes. What stands in the store was checked whole; after a power cut in the middle of an import
//! there is the part of an image that was copied, and the next try goes on behind it; that of a repository is cleared away.

pub mod check;
pub mod desk;
pub mod fault;
pub mod fetched;
pub mod fit;
pub mod keys;
pub mod library;
pub mod pass;
pub mod repository;

use std::path::Path;

use desk::Desk;
use library::Folder;

pub use fault::MediaError;
pub use fetched::{expected, guess, learn};

/// Where images are, and who works on them.
pub struct Media {
    folder: Folder,
    desk: Desk,
}

impl Media {
    /// Of a data folder; nothing is read yet.
    ///
    /// # Errors
    /// The operating system's, if the folder of the images cannot be made.
    pub fn of(data: &Path) -> Result<Self, MediaError> {
        Ok(Self {
            folder: Folder::of(data)?,
            desk: Desk::default(),
        })
    }

    /// Where work is handed in.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }
}
