//! The BMC of a node, over Redfish (DMTF DSP0266): power, boot override and virtual media, each read back; and over IPMI,
//! which alone has it, the serial console.
//!
//! A BMC that answers 200 and does nothing is the rule of the field, not its exception: nothing here counts as done
//! before it was read back. Nothing is stored here: after a power cut the caller connects again with the pin it kept,
//! and every action may be repeated. Choosing between Redfish and another protocol is left to the caller.

mod boot;
mod cause;
mod error;
mod identity;
mod ipmi;
mod limits;
mod lines;
mod link;
mod media;
mod power;
mod redfish;
mod sol;
mod tls;
mod transcript;
mod verdict;
mod wire;

pub use boot::BootTarget;
pub use error::{Asked, BmcError};
pub use identity::{Expected, Identity, same_uuid};
pub use ipmi::{Console, ConsoleAt, IPMI_PORT};
pub use limits::Limits;
pub use lines::Lines;
pub use power::{PowerAction, PowerState, Proof};
pub use redfish::{Login, Redfish, Target};
pub use sol::ConsoleError;
pub use tls::{BadFingerprint, Fingerprint};
pub use transcript::{Exchange, Outcome, Transcript};
