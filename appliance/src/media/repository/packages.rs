//! One package after the other: what its metadata say, who signed its header, and whether its payload is the one in it.

use std::collections::{BTreeMap, BTreeSet};

use inventory::id::RepoName;
use inventory::media::Repository;
use media::repodata::Listed;
use media::rpm::{self, Nevra};
use media::signature::{self, Key};

use super::Fault;
use super::pack::{Pack, is_said};
use super::source::Source;
use crate::media::MediaError;
use crate::media::check::RELEASE_PACKAGES;

/// The list that names packages, for faults.
const PRIMARY: &str = "the list of packages in repodata";

/// What the packages taken so far say of themselves, and who signed them.
pub(super) struct Signers<'a> {
    keys: &'a [Key],
    signed: BTreeMap<String, &'a Key>,
    packages: usize,
    built_for: BTreeSet<u8>,
    releases: BTreeSet<String>,
}

impl<'a> Signers<'a> {
    pub(super) fn of(keys: &'a [Key]) -> Self {
        Self {
            keys,
            signed: BTreeMap::new(),
            packages: 0,
            built_for: BTreeSet::new(),
            releases: BTreeSet::new(),
        }
    }

    /// Takes a package into the tar, if it is good.
    pub(super) fn take(
        &mut self,
        pack: &mut Pack<'_>,
        source: &Source,
        listed: &Listed,
    ) -> Result<(), MediaError> {
        let path = || listed.file.path.clone();
        let piece = source.of(&listed.file, PRIMARY)?;
        let mut through = pack.begin(&listed.file.path, (piece.length(), piece.reader()))?;
        let package = rpm::read(&mut through);
        let package = package.map_err(|fault| Fault::Rpm {
            path: path(),
            fault,
        })?;
        through.begin_payload();
        let digest = through.finish(&listed.file.path)?;
        let payload = through.payload();
        is_said(&listed.file, digest, PRIMARY)?;
        let by = signature::of_header(&package.header, &package.signatures, self.keys);
        let by = by.map_err(|fault| Fault::Signature {
            path: path(),
            fault,
        })?;
        if payload != Some(package.payload) {
            return Err(Fault::Payload { path: path(), by }.into());
        }
        if package.nevra != listed.nevra {
            return Err(Fault::Other {
                path: path(),
                found: Box::new(package.nevra),
                said: Box::new(listed.nevra.clone()),
            }
            .into());
        }
        let its = |key: &&Key| key.fingerprint() == by;
        if let Some(key) = self.keys.iter().find(its) {
            self.signed.insert(by.to_string(), key);
        }
        self.note(&package.nevra);
        Ok(())
    }

    fn note(&mut self, nevra: &Nevra) {
        self.packages += 1;
        self.built_for.extend(built_for(&nevra.release));
        if RELEASE_PACKAGES.contains(&nevra.name.as_str()) {
            self.releases.insert(nevra.version.clone());
        }
    }

    /// The keys that signed, as one file.
    pub(super) fn files(&self) -> Result<String, MediaError> {
        let files = self.signed.values().map(|key| key.armored());
        Ok(files.collect::<Result<_, _>>()?)
    }

    /// What the store keeps of it.
    pub(super) fn repository(self, name: &RepoName) -> Repository {
        Repository {
            name: name.clone(),
            packages: self.packages,
            keys: self.signed.into_keys().collect(),
            built_for: self.built_for,
            releases: self.releases,
        }
    }
}

/// The Enterprise Linux that a release says it was built for: 9 in `15.el9_4.2`.
fn built_for(release: &str) -> Option<u8> {
    let (_, behind) = release.rsplit_once(".el")?;
    let digits: String = behind.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_may_say_what_it_was_built_for() {
        let table = [
            ("15.el9", Some(9)),
            ("15.el9_4.2", Some(9)),
            ("1.el10", Some(10)),
            ("3.module+el8.10+1.el8", Some(8)),
            ("1", None),
            ("1.electric", None),
            ("1.fc40", None),
        ];
        for (release, wanted) in table {
            assert_eq!(built_for(release), wanted, "{release}");
        }
    }
}
