//! Names and numbers that identify things. A name of one kind cannot be given where another kind is meant.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash as StdHash, Hasher};
use std::hint::black_box;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest name: a DNS label (RFC 1035 §2.3.4), since node names become host names.
pub const NAME_MAX: usize = 63;

/// A name written by the operator: 1 to 63 of `a-z 0-9 -`, beginning and ending with a letter or digit
/// (a host name label of RFC 1123 in lower case). `K` says what it names.
pub struct Name<K> {
    text: Box<str>,
    kind: PhantomData<fn() -> K>,
}

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a name: use 1 to 63 of a-z, 0-9 and -, not beginning or ending with -")]
pub struct BadName(pub String);

impl<K> Name<K> {
    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same letters as a name of another kind.
    pub(crate) fn alike<L>(&self) -> Name<L> {
        Name {
            text: self.text.clone(),
            kind: PhantomData,
        }
    }
}

impl<K> FromStr for Name<K> {
    type Err = BadName;
    fn from_str(text: &str) -> Result<Self, BadName> {
        let letters = text
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        let ends = !text.starts_with('-') && !text.ends_with('-');
        if text.is_empty() || text.len() > NAME_MAX || !letters || !ends {
            return Err(BadName(text.to_owned()));
        }
        Ok(Self {
            text: text.into(),
            kind: PhantomData,
        })
    }
}

impl<K> fmt::Display for Name<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl<K> fmt::Debug for Name<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl<K> Clone for Name<K> {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            kind: PhantomData,
        }
    }
}

impl<K> PartialEq for Name<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<K> Eq for Name<K> {}

impl<K> PartialOrd for Name<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Name<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl<K> StdHash for Name<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<K> Serialize for Name<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, K> Deserialize<'de> for Name<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a [`Name`] can name.
pub mod kind {
    /// A machine in the rack.
    pub enum Node {}
    /// A switch.
    pub enum Switch {}
    /// A firewall (UTM).
    pub enum Firewall {}
    /// A layer-2 network of the rack file.
    pub enum Network {}
    /// A cloud controller.
    pub enum Cloud {}
    /// An operating system of the rack file.
    pub enum Os {}
    /// A node profile.
    pub enum Profile {}
    /// A secret in the secret store.
    pub enum Secret {}
    /// An installation medium that was imported.
    pub enum Medium {}
    /// A package repository of the rack file.
    pub enum Repo {}
    /// A storage of the rack file.
    pub enum Storage {}
}

/// Name of a node; also its host name.
pub type NodeName = Name<kind::Node>;
/// Name of a switch.
pub type SwitchName = Name<kind::Switch>;
/// Name of a firewall.
pub type FirewallName = Name<kind::Firewall>;
/// Name of a network.
pub type NetworkName = Name<kind::Network>;
/// Name of a cloud controller.
pub type CloudName = Name<kind::Cloud>;
/// Name of an operating system.
pub type OsName = Name<kind::Os>;
/// Name of a profile.
pub type ProfileName = Name<kind::Profile>;
/// Name of a secret.
pub type SecretName = Name<kind::Secret>;
/// Id of an installation medium: release and architecture, or the name of a repository, and the beginning of its digest.
pub type MediumId = Name<kind::Medium>;
/// Name of a package repository.
pub type RepoName = Name<kind::Repo>;
/// Name of a storage.
pub type StorageName = Name<kind::Storage>;

/// Number of a job, rising from 1; never given twice in one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub u64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The life of a data set: a restore from backup begins a new one, and arms of an older one are void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// A one-time token: 128 random bits, written as 32 hex digits. Whoever shows it may fetch one kickstart.
#[derive(Clone, Copy, Eq)]
pub struct Token([u8; 16]);

impl PartialEq for Token {
    /// Takes the same time wherever the first difference is, so that an answer's delay tells a guesser nothing.
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        black_box(pairs.fold(0, |differs, (one, two)| differs | (one ^ two))) == 0
    }
}

impl Token {
    /// A token from 16 random bytes; chance comes in as an argument.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Token {
    /// Only the first digits, enough to compare two log lines: the rest would let a reader of logs install a node.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}..)", hex::encode(&self.0[..2]))
    }
}

impl FromStr for Token {
    type Err = hex::FromHexError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

impl Serialize for Token {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A SHA-256 sum, written as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// The sum of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
        let mut sum = [0; 32];
        sum.copy_from_slice(digest.as_ref());
        Self(sum)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sha256 {
    type Err = hex::FromHexError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut sum = [0; 32];
        hex::decode_to_slice(text, &mut sum)?;
        Ok(Self(sum))
    }
}

impl Serialize for Sha256 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
