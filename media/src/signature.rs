//! Who signed (OpenPGP, RFC 9580): a checksum list, detached beside it (`CHECKSUM.asc`) or around its text; or the header of
//! a package.
//!
//! Keys of distributions are told by fingerprint: those of the makers we know are built in, so that a key file from anywhere
//! is as good as one from its maker. Whether a key has expired is not looked at: an old medium keeps the signature it had.

use std::fmt;

use pgp::composed::{
    ArmorOptions, CleartextSignedMessage, Deserializable, DetachedSignature, SignedPublicKey,
};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::Signature;
use pgp::types::{KeyDetails, VerifyingKey};

/// Fingerprints of the keys that sign releases, and whose they are. Each was found in several independent public places.
pub const MAKERS: [(&str, &str); 3] = [
    ("21CB256AE16FC54C6E652949702D426D350D275D", "Rocky Linux 9"),
    ("FC226859C0860BF0DDB95B085B106C736FEDFC85", "Rocky Linux 10"),
    ("BF18AC2876178908D6E71267D36CB86CB86B3716", "AlmaLinux 9"),
];

/// The fingerprint of a key, as 40 or 64 hexadecimal digits in capitals.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// From what a person typed: spaces and small letters do not matter. `None` if it is no whole fingerprint.
    pub fn typed(text: &str) -> Option<Self> {
        let digits: String = text.split_whitespace().collect();
        let is_whole = matches!(digits.len(), 40 | 64);
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_whole && is_hex).then(|| Self(digits.to_ascii_uppercase()))
    }

    /// Whose it is, if it is a built-in one.
    pub fn maker(&self) -> Option<&'static str> {
        let known = MAKERS
            .iter()
            .find(|(fingerprint, _)| *fingerprint == self.0);
        known.map(|(_, maker)| *maker)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A public key that may sign.
#[derive(Debug, Clone)]
pub struct Key(SignedPublicKey);

/// Why a file is no key, or a list not signed by one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No OpenPGP public key.
    #[error("this is no OpenPGP public key ({0}); give the file RPM-GPG-KEY-... of the maker")]
    NoKey(String),
    /// Its maker took it back.
    #[error("key {0} was revoked by its owner; get the maker's new one")]
    Revoked(Fingerprint),
    /// Neither a signature around the list nor one beside it.
    #[error("the list is not signed, and no signature was given; give CHECKSUM.asc too")]
    Unsigned,
    /// No OpenPGP signature.
    #[error("the signature cannot be read ({0}); get it again from the maker")]
    Unreadable(String),
    /// By somebody else.
    #[error("the list is signed by {signers}; the keys given are {known}")]
    OtherKey {
        /// Key ids or fingerprints.
        signers: String,
        /// Fingerprints.
        known: String,
    },
    /// Made with a digest that can be forged (MD5, SHA-1), or one that we do not know.
    #[error("the signature by {0} uses a digest that no longer proves anything; get a newer list")]
    Weak(Fingerprint),
    /// The list is not what was signed.
    #[error(
        "the signature by {0} does not fit the list: one of them was changed; get both again from the maker"
    )]
    Bad(Fingerprint),
}

/// Why the header of a package proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// No signature over the header.
    #[error("it is not signed; sign it (rpmsign --addsign), or leave it out")]
    Unsigned,
    /// No OpenPGP signature.
    #[error("its signature cannot be read ({0})")]
    Unreadable(String),
    /// By somebody else.
    #[error(
        "it is signed by {signers}, which is no key that is kept ({known}); keep its maker's: hinode media key FILE \
         --packages --fingerprint HEX"
    )]
    OtherKey {
        /// Key ids or fingerprints.
        signers: String,
        /// Fingerprints.
        known: String,
    },
    /// Made with a digest that can be forged (MD5, SHA-1), or one that we do not know.
    #[error(
        "its signature by {0} uses a digest that no longer proves anything; get a newer package"
    )]
    Weak(Fingerprint),
    /// The header is not what was signed.
    #[error("its header is not what {0} signed: it was changed; get it again")]
    Bad(Fingerprint),
}

impl Key {
    /// From a key file, armored or not.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let key = match SignedPublicKey::from_armor_single(bytes) {
            Ok((key, _)) => key,
            Err(armored) => {
                SignedPublicKey::from_bytes(bytes).map_err(|_| Fault::NoKey(armored.to_string()))?
            }
        };
        let key = Self(key);
        key.0
            .verify_bindings()
            .map_err(|error| Fault::NoKey(error.to_string()))?;
        match key.0.details.revocation_signatures.is_empty() {
            true => Ok(key),
            false => Err(Fault::Revoked(key.fingerprint())),
        }
    }

    /// Its fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(format!("{:X}", self.0.fingerprint()))
    }

    /// What its owner calls himself, as `Rocky Enterprise Software Foundation - Release key 2022 <...>`.
    pub fn owner(&self) -> String {
        let user = self.0.details.users.first();
        user.map_or_else(
            || "no name".to_owned(),
            |user| String::from_utf8_lossy(user.id.id()).into_owned(),
        )
    }

    /// As a key file.
    pub fn armored(&self) -> Result<String, Fault> {
        let armored = self.0.to_armored_string(ArmorOptions::default());
        armored.map_err(|error| Fault::NoKey(error.to_string()))
    }

    /// The part of this key that `signature` says to be of, if any.
    fn part(&self, signature: &Signature) -> Option<&dyn Part> {
        let primary: &dyn Part = &self.0.primary_key;
        let subkeys = self
            .0
            .public_subkeys
            .iter()
            .map(|subkey| &subkey.key as &dyn Part);
        std::iter::once(primary)
            .chain(subkeys)
            .find(|part| part.signed(signature))
    }
}

/// A primary key or a subkey.
trait Part {
    fn signed(&self, signature: &Signature) -> bool;
    fn fits(&self, signature: &Signature, text: &[u8]) -> bool;
}

impl<K: VerifyingKey + KeyDetails> Part for K {
    fn signed(&self, signature: &Signature) -> bool {
        signature
            .issuer_fingerprint()
            .contains(&&self.fingerprint())
            || signature.issuer_key_id().contains(&&self.legacy_key_id())
    }

    fn fits(&self, signature: &Signature, text: &[u8]) -> bool {
        signature.verify(self, text).is_ok()
    }
}

/// A list that was signed by a known key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What was signed.
    pub text: String,
    /// By whom.
    pub by: Fingerprint,
}

/// Checks a list against the signature around it or the one given, and `keys`.
pub fn verify(list: &str, detached: Option<&[u8]>, keys: &[Key]) -> Result<Signed, Fault> {
    let unreadable = |error: pgp::errors::Error| Fault::Unreadable(error.to_string());
    let (signatures, text) = match detached {
        Some(bytes) => (vec![read_detached(bytes)?], list.to_owned()),
        None if list.contains("-----BEGIN PGP SIGNED MESSAGE-----") => {
            let (message, _) = CleartextSignedMessage::from_string(list).map_err(unreadable)?;
            (message.signatures().to_vec(), message.signed_text())
        }
        None => return Err(Fault::Unsigned),
    };
    let by = signer_of(&signatures, text.as_bytes(), keys)?;
    Ok(Signed { text, by })
}

/// Who signed the header of a package: the first of `keys` that did. `signatures` are OpenPGP packets.
pub fn of_header(
    header: &[u8],
    signatures: &[Vec<u8>],
    keys: &[Key],
) -> Result<Fingerprint, Unproven> {
    let read = |bytes: &Vec<u8>| match DetachedSignature::from_bytes(&bytes[..]) {
        Ok(read) => Ok(read.signature),
        Err(error) => Err(Unproven::Unreadable(error.to_string())),
    };
    let signatures: Vec<_> = signatures.iter().map(read).collect::<Result<_, _>>()?;
    if signatures.is_empty() {
        return Err(Unproven::Unsigned);
    }
    signer_of(&signatures, header, keys)
}

/// The key of the first signature that is by one of `keys`.
fn signer_of(signatures: &[Signature], text: &[u8], keys: &[Key]) -> Result<Fingerprint, Unproven> {
    let mut others = Vec::new();
    for signature in signatures {
        let known = keys
            .iter()
            .find_map(|key| Some((key, key.part(signature)?)));
        let Some((key, part)) = known else {
            others.push(signer(signature));
            continue;
        };
        let by = key.fingerprint();
        return match (is_strong(signature), part.fits(signature, text)) {
            (false, _) => Err(Unproven::Weak(by)),
            (true, false) => Err(Unproven::Bad(by)),
            (true, true) => Ok(by),
        };
    }
    let known: Vec<_> = keys
        .iter()
        .map(|key| key.fingerprint().to_string())
        .collect();
    Err(Unproven::OtherKey {
        signers: some_of(&others),
        known: some_of(&known),
    })
}

impl From<Unproven> for Fault {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Unsigned => Self::Unsigned,
            Unproven::Unreadable(why) => Self::Unreadable(why),
            Unproven::OtherKey { signers, known } => Self::OtherKey { signers, known },
            Unproven::Weak(by) => Self::Weak(by),
            Unproven::Bad(by) => Self::Bad(by),
        }
    }
}

fn read_detached(bytes: &[u8]) -> Result<Signature, Fault> {
    let read = DetachedSignature::from_armor_single(bytes).map(|(signature, _)| signature);
    let read = read.or_else(|armored| DetachedSignature::from_bytes(bytes).map_err(|_| armored));
    let read = read.map_err(|error| Fault::Unreadable(error.to_string()))?;
    Ok(read.signature)
}

fn is_strong(signature: &Signature) -> bool {
    matches!(
        signature.hash_alg(),
        Some(
            HashAlgorithm::Sha256
                | HashAlgorithm::Sha384
                | HashAlgorithm::Sha512
                | HashAlgorithm::Sha3_256
                | HashAlgorithm::Sha3_512
        )
    )
}

fn signer(signature: &Signature) -> String {
    let fingerprints = signature
        .issuer_fingerprint()
        .into_iter()
        .map(|of| format!("{of:X}"));
    let ids = signature
        .issuer_key_id()
        .into_iter()
        .map(|of| format!("key {of}"));
    fingerprints
        .chain(ids)
        .next()
        .unwrap_or_else(|| "nobody in particular".to_owned())
}

fn some_of(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        [..] => names.join(", "),
    }
}

#[cfg(test)]
mod tests;
