//! Everything Hinode tells a person, as data: an enum with a stable code and fields. Text is made in [`render`] only.
//!
//! Codes are stable: other programs match on them. A family a file; a new message is a new variant there.

pub mod boot;
pub mod device;
pub mod install;
pub mod job;
pub mod refusal;
mod render;
pub mod store;

use serde::{Deserialize, Serialize};

pub use boot::Boot;
pub use device::Device;
pub use install::Install;
pub use job::Job;
pub use refusal::Refusal;
pub use store::Store;

/// A message to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Message {
    /// From DHCP, TFTP and HTTP.
    Boot(Boot),
    /// About an arm and the install it allows.
    Install(Install),
    /// From a job.
    Job(Job),
    /// Why a job touched nothing.
    Refusal(Refusal),
    /// About a device.
    Device(Device),
    /// About the data store and the appliance itself.
    Store(Store),
}

impl Message {
    /// The stable code, for example `boot.lease-given`.
    pub fn code(&self) -> String {
        let (family, value) = match self {
            Self::Boot(message) => ("boot", serde_json::to_value(message)),
            Self::Install(message) => ("install", serde_json::to_value(message)),
            Self::Job(message) => ("job", serde_json::to_value(message)),
            Self::Refusal(message) => ("refusal", serde_json::to_value(message)),
            Self::Device(message) => ("device", serde_json::to_value(message)),
            Self::Store(message) => ("store", serde_json::to_value(message)),
        };
        let code = value
            .ok()
            .and_then(|value| value.get("code")?.as_str().map(str::to_owned));
        format!("{family}.{}", code.unwrap_or_default())
    }

    /// Lines of evidence that are too many for the sentence: what a node's console said last.
    pub fn evidence(&self) -> &[String] {
        match self {
            Self::Job(message) => message.evidence(),
            Self::Boot(_)
            | Self::Install(_)
            | Self::Refusal(_)
            | Self::Device(_)
            | Self::Store(_) => &[],
        }
    }

    /// The sentence in English.
    pub fn english(&self) -> String {
        render::english(self)
    }
}
