//! The chain of events: every link carries the sum of the one before, and a signed head names the last one.
//!
//! The sum covers the event's JSON as it was stored, so that it survives later additions to the `Event` type. Whoever
//! changes, removes or reorders an event breaks a sum; whoever cuts the end off breaks the head. See `verify`.

use std::fmt;
use std::str::FromStr;

use ring::rand::SecureRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::event::Event;
use crate::id::Sha256;

/// An event with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Rises by one, from 1.
    pub seq: u64,
    /// Sum of the link before; all zero for the first.
    pub prev: Sha256,
    /// SHA-256 over `seq` (8 bytes, big endian), `prev` (32 bytes) and `json`.
    pub sum: Sha256,
    /// The event, byte for byte as it was stored.
    pub json: String,
}

impl Link {
    /// The link that follows one of sum `prev`.
    ///
    /// # Errors
    /// The event cannot be encoded.
    pub fn after(seq: u64, prev: Sha256, event: &Event) -> Result<Self, StoreError> {
        let json = serde_json::to_string(event).map_err(|error| unreadable(seq, &error))?;
        let sum = Self::sum_of(seq, prev, &json);
        Ok(Self {
            seq,
            prev,
            sum,
            json,
        })
    }

    /// What [`Link::sum`] must be. Number and previous sum have a fixed length, so no two links share a sum.
    pub fn sum_of(seq: u64, prev: Sha256, json: &str) -> Sha256 {
        let mut body = Vec::with_capacity(40 + json.len());
        body.extend_from_slice(&seq.to_be_bytes());
        body.extend_from_slice(&prev.0);
        body.extend_from_slice(json.as_bytes());
        Sha256::of(&body)
    }

    /// The event, decoded.
    ///
    /// # Errors
    /// It was written by a version whose events this one does not know, or was altered.
    pub fn event(&self) -> Result<Event, StoreError> {
        serde_json::from_str(&self.json).map_err(|error| unreadable(self.seq, &error))
    }
}

fn unreadable(seq: u64, error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable {
        table: "events",
        key: seq.to_string(),
        why: error.to_string(),
    }
}

/// Bytes written as hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hex<const N: usize>(pub [u8; N]);

/// An Ed25519 public key.
pub type PublicKey = Hex<32>;
/// An Ed25519 signature.
pub type Signature = Hex<64>;

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> FromStr for Hex<N> {
    type Err = hex::FromHexError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; N];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The end of the chain, signed: whoever keeps a copy of it can tell later that nothing was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Number of the last event.
    pub seq: u64,
    /// Its sum.
    pub sum: Sha256,
    /// Ed25519 (RFC 8032) over [`Head::signed`].
    pub signature: Signature,
}

impl Head {
    /// The bytes that are signed: a label, so that the key can never be talked into signing something else, number, sum.
    fn signed(seq: u64, sum: Sha256) -> Vec<u8> {
        let mut body = b"hinode event chain head 1\0".to_vec();
        body.extend_from_slice(&seq.to_be_bytes());
        body.extend_from_slice(&sum.0);
        body
    }

    /// Whether the owner of `key` signed it.
    pub fn is_signed_by(&self, key: PublicKey) -> bool {
        let body = Self::signed(self.seq, self.sum);
        UnparsedPublicKey::new(&ED25519, key.0)
            .verify(&body, &self.signature.0)
            .is_ok()
    }
}

/// Signs heads. The key never leaves it, except into the file that keeps it.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    /// A new key, as PKCS #8 for [`Signer::from_pkcs8`]. `None` when there is no chance to be had.
    pub fn generate(rng: &dyn SecureRandom) -> Option<Vec<u8>> {
        let document = Ed25519KeyPair::generate_pkcs8(rng).ok()?;
        Some(document.as_ref().to_vec())
    }

    /// The signer of a key that was kept; `None` if it is not one.
    pub fn from_pkcs8(document: &[u8]) -> Option<Self> {
        Ed25519KeyPair::from_pkcs8(document).ok().map(Self)
    }

    /// A signer whose key everybody knows: it proves nothing, and is for stores that vanish with the process.
    pub(super) fn well_known() -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(&[0; 32]).ok().map(Self)
    }

    /// The head of a chain that ends with `sum`.
    pub fn sign(&self, seq: u64, sum: Sha256) -> Head {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.0.sign(&Head::signed(seq, sum)).as_ref());
        Head {
            seq,
            sum,
            signature: Hex(signature),
        }
    }

    /// The key that checks its signatures.
    pub fn public_key(&self) -> PublicKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.0.public_key().as_ref());
        Hex(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_signed_by_its_key_and_by_no_other() {
        let ours = Signer::well_known().unwrap();
        let other = Signer(Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap());
        let head = ours.sign(7, Sha256::of(b"last"));
        assert!(head.is_signed_by(ours.public_key()));
        assert!(!head.is_signed_by(other.public_key()));
        assert!(!Head { seq: 8, ..head }.is_signed_by(ours.public_key()));
    }

    #[test]
    fn the_sum_of_a_link_is_the_one_written_down() {
        // sha256(0000000000000001 || 32 zero bytes || "{}"), by coreutils.
        let sum = Link::sum_of(1, Sha256([0; 32]), "{}");
        let by_hand = "cf9780d7b92ce782d713c7df528689a00a67ff38a15867ebbd5481529e2e970b";
        assert_eq!(sum.to_string(), by_hand);
    }
}
