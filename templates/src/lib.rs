//! Pure functions from data to the text that machines read: kickstart, boot scripts, network key files.
//!
//! What comes in was checked (`inventory::config`): names, arguments and paths hold nothing that a shell, GRUB, iPXE or
//! kickstart would read as its own. Nothing here is kept; a power cut means nothing to it.

pub mod boot;
mod facts;
#[cfg(test)]
mod golden;
pub mod handover;
pub mod installed;
pub mod kickstart;
pub mod network;
mod payload;
mod trial;
pub mod written;

pub use askama::Error;
pub use facts::{Boot, Data, HostKey, Install, NotRenderable, Over};
pub use payload::payload;
pub use trial::{Ends, trial};
