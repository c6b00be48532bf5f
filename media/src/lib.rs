//! What an installation medium holds, read from its bytes: the files of an ISO image or a tar, checksum lists and who signed
//! them, `.treeinfo`, the metadata of a package repository, RPM packages. Nothing here keeps, serves or copies anything; a power cut means nothing to it. Media come from outside: no
//! byte of them is believed, and each fault says what the medium says and what would be right.

pub mod checksum;
pub mod iso;
pub mod repodata;
pub mod rpm;
#[cfg(feature = "signature")]
pub mod signature;
pub mod tar;
pub mod treeinfo;
