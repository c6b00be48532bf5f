//! What went wrong on the disk, in the words of the store.

use std::io;

use crate::store::StoreError;

/// The store's word for an engine's error.
pub(super) fn store_error(error: &redb::Error) -> StoreError {
    match error {
        redb::Error::Io(error) => io_error(error),
        redb::Error::DatabaseAlreadyOpen => {
            StoreError::Failed("another appliance runs on this data folder".to_owned())
        }
        other => StoreError::Failed(other.to_string()),
    }
}

/// The store's word for an operating system's error: no room (the disk's, or a quota's), or a failure.
pub(super) fn io_error(error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Failed(error.to_string()),
    }
}

/// Whether the engine refuses because of an error before this request: opening the file anew may mend it.
pub(super) fn is_aftermath(error: &redb::Error) -> bool {
    matches!(
        error,
        redb::Error::PreviousIo | redb::Error::DatabaseClosed | redb::Error::LockPoisoned(_)
    )
}
