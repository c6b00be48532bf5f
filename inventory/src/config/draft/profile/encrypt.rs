//! `encrypt` of a profile's disk: what opens the disks at boot.

use serde_spanned::Spanned;

use crate::config::of_host::OfHost;
use crate::config::problem::Value;
use crate::config::section::Section;
use crate::config::what::What;
use crate::rack::{Encryption, Lock, Volumes};

/// Nothing if it has a fault: the fault is reported, and no rack is made of the file.
pub(super) fn encryption(mut section: Section<'_>, volumes: Volumes) -> Option<Encryption> {
    let has_tpm = section.flag("tpm2").is_some_and(Spanned::into_inner);
    let servers = section.sections("tang").into_iter();
    let servers: Vec<_> = servers.map(tang).collect();
    let (at, count) = (section.at, usize::from(has_tpm) + servers.len());
    match volumes {
        Volumes::Lvm => {}
        Volumes::Plain => section.report.add(at, Value::EncryptPlain),
    }
    if count == 0 {
        section.report.add(at, Value::NoLock);
    }
    // All of them, if the file does not say: who wants less knows why.
    let all = u32::try_from(count).ok()?;
    let need = section.integer("need", What::Host(OfHost::Need));
    if let Some(need) = need.as_ref().filter(|_| all > 0) {
        section.in_range(What::Host(OfHost::Need), need, 1..=all);
    }
    let tpm = has_tpm.then_some(Lock::Tpm2);
    Some(Encryption {
        locks: tpm
            .into_iter()
            .chain(servers.into_iter().flatten())
            .collect(),
        need: need.map_or(all, Spanned::into_inner),
    })
}

fn tang(mut section: Section<'_>) -> Option<Lock> {
    section.require(&["url", "thumbprint"]);
    let url = section.word("url", What::Url);
    let thumbprint = section.word("thumbprint", What::Host(OfHost::Thumbprint));
    Some(Lock::Tang {
        url: url?.into_inner(),
        thumbprint: thumbprint?.into_inner(),
    })
}
