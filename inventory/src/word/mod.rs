//! Words that end up in kickstarts, boot scripts and device commands. Each kind has an alphabet in which nothing can be
//! quoted, escaped, expanded or ended, so a template may put a word anywhere in a line. What each kind may hold is in
//! [`kind`]; that a word is the right one (a zone that exists, a disk that is there) is for others to know.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub mod kind;

/// What a kind of word may hold.
pub trait Alphabet {
    /// The rule in one line, for the person who broke it.
    const RULE: &'static str;
    /// Whether `text` keeps the rule.
    fn holds(text: &str) -> bool;
}

/// A text that keeps the rule of `K`.
pub struct Word<K> {
    text: Box<str>,
    kind: PhantomData<fn() -> K>,
}

/// Why a text is not a word of the kind that is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` cannot stand here: use {rule}")]
pub struct BadWord {
    /// As written.
    pub text: String,
    /// What may stand there.
    pub rule: &'static str,
}

impl<K> Word<K> {
    /// The word as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A word is read as the text it is; it is only made where the rule is checked.
impl<K> std::ops::Deref for Word<K> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.text
    }
}

impl<K: Alphabet> FromStr for Word<K> {
    type Err = BadWord;
    fn from_str(text: &str) -> Result<Self, BadWord> {
        if !K::holds(text) {
            return Err(BadWord {
                text: text.to_owned(),
                rule: K::RULE,
            });
        }
        Ok(Self {
            text: text.into(),
            kind: PhantomData,
        })
    }
}

impl<K> fmt::Display for Word<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl<K> fmt::Debug for Word<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl<K> Clone for Word<K> {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            kind: PhantomData,
        }
    }
}

impl<K> PartialEq for Word<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<K> Eq for Word<K> {}

impl<K> PartialOrd for Word<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Word<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl<K> std::hash::Hash for Word<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<K> Serialize for Word<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, K: Alphabet> Deserialize<'de> for Word<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A kernel command-line argument.
pub type KernelArg = Word<kind::KernelArg>;
/// An RPM package or `@group`.
pub type Package = Word<kind::Package>;
/// A disk, as a name under `/dev/disk/by-id/`.
pub type DiskId = Word<kind::DiskId>;
/// A network interface or bridge, as the kernel names it.
pub type LinkName = Word<kind::LinkName>;
/// A port, as the switch spells it.
pub type PortName = Word<kind::PortName>;
/// A DNS domain.
pub type Domain = Word<kind::Domain>;
/// An `http` or `https` URL without credentials, query or fragment.
pub type Endpoint = Word<kind::Endpoint>;
/// A time zone of the IANA database.
pub type ZoneName = Word<kind::ZoneName>;
/// A version of an operating system.
pub type Version = Word<kind::Version>;
/// A product serial number.
pub type Serial = Word<kind::Serial>;
/// A line of text for people.
pub type Label = Word<kind::Label>;
/// An OpenSSH public key without options.
pub type PublicKey = Word<kind::PublicKey>;
/// A login name that no system has by itself.
pub type UserName = Word<kind::UserName>;
/// A kernel setting, `KEY=VALUE`.
pub type Sysctl = Word<kind::Sysctl>;
/// A profile of tuned.
pub type TunedProfile = Word<kind::TunedProfile>;
/// A list of processors without 0, as `2-31,34-63`.
pub type CpuList = Word<kind::CpuList>;
/// Year and month of an iSCSI naming authority.
pub type IqnDate = Word<kind::IqnDate>;
/// An iSCSI target.
pub type Target = Word<kind::Target>;
/// A LUN.
pub type Wwid = Word<kind::Wwid>;
/// A folder that an NFS server exports.
pub type Export = Word<kind::Export>;
/// A folder that a storage is mounted on.
pub type MountPoint = Word<kind::MountPoint>;
/// A unit of systemd.
pub type UnitName = Word<kind::UnitName>;
/// The thumbprint of a JSON web key, base64url.
pub type Thumbprint = Word<kind::Thumbprint>;

#[cfg(test)]
mod tests;
