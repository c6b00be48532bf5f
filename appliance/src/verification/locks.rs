//! Encrypted disks: `/` lies in a LUKS container that opens by the asked locks and one passphrase, and by nothing else.

use std::collections::BTreeSet;

use inventory::rack::{Encryption, Lock};
use inventory::verification::{Check, What};
use serde::Deserialize;

use super::check::{judged, list};
use super::{Found, Wanted};

/// What clevis says of its pin `sss`.
#[derive(Deserialize)]
struct Policy {
    t: u32,
    pins: Pins,
}

#[derive(Deserialize)]
struct Pins {
    #[serde(default)]
    tpm2: Vec<serde::de::IgnoredAny>,
    #[serde(default)]
    tang: Vec<Tang>,
}

#[derive(Deserialize)]
struct Tang {
    url: String,
}

/// None if the profile asks for no encryption.
pub(super) fn checks(wanted: &Wanted<'_>, found: &Found) -> Vec<Check> {
    let encryption = wanted.profile().and_then(|it| it.disk.encryption.as_ref());
    encryption.map_or_else(Vec::new, |encryption| {
        vec![container(found), locks(encryption, found)]
    })
}

/// `DEVICE KEYSLOTS TOKENS`: a keyslot without a token is a passphrase, and there is one, which was made here.
fn container(found: &Found) -> Check {
    let mut words = found.one("crypt").split_whitespace();
    let (device, slots) = (words.next(), words.next());
    let number = |word: Option<&str>| word.and_then(|word| word.parse::<u32>().ok());
    let passphrases = number(slots).zip(number(words.next()));
    let passphrases = passphrases.and_then(|(slots, tokens)| slots.checked_sub(tokens));
    let seen = match (device, passphrases) {
        (Some(device), Some(count)) => format!("{device}, passphrases: {count}"),
        (Some(device), None) => format!("{device}, which cannot be read"),
        (None, _) => "not encrypted".to_owned(),
    };
    let asked = "encrypted, passphrases: 1";
    judged(What::Encrypted, "", (asked, &seen), passphrases == Some(1))
}

fn locks(encryption: &Encryption, found: &Found) -> Check {
    let names = encryption.locks.iter().map(|lock| match lock {
        Lock::Tpm2 => "TPM2".to_owned(),
        Lock::Tang { url, .. } => url.to_string(),
    });
    let asked = shown(encryption.need, names.collect());
    let bound: Vec<String> = found.all("lock").iter().map(|line| bound(line)).collect();
    let is_good = matches!(&bound[..], [only] if *only == asked);
    judged(What::Locks, "", (&asked, &list(&bound)), is_good)
}

/// `SLOT: sss 'JSON'`, as `clevis luks list` has it; another pin as it is.
fn bound(line: &str) -> String {
    let policy = line
        .split_once("sss ")
        .map(|(_, json)| json.trim_matches('\''));
    let Some(policy) = policy.and_then(|json| serde_json::from_str::<Policy>(json).ok()) else {
        return line.to_owned();
    };
    let chips = policy.pins.tpm2.iter().map(|_| "TPM2".to_owned());
    let servers = policy.pins.tang.into_iter().map(|tang| tang.url);
    shown(policy.t, chips.chain(servers).collect())
}

fn shown(need: u32, names: BTreeSet<String>) -> String {
    let names: Vec<String> = names.into_iter().collect();
    format!("{need} of {}", names.join(", "))
}
