//! `[site]`: where the rack stands.

use std::net::IpAddr;

use serde_spanned::Spanned;

use super::plain;
use crate::config::of_storage::OfStorage;
use crate::config::section::Section;
use crate::config::what::What;
use crate::rack::{Language, Site};
use crate::word::{Domain, IqnDate, Label, ZoneName};

const LANGUAGES: [(&str, Language); 3] = [
    ("en", Language::En),
    ("ja", Language::Ja),
    ("zh", Language::Zh),
];

pub(in crate::config) struct Draft {
    name: Option<Spanned<Label>>,
    timezone: Option<Spanned<ZoneName>>,
    language: Option<Spanned<Language>>,
    pub(in crate::config) domain: Option<Spanned<Domain>>,
    ntp: Vec<Spanned<IpAddr>>,
    dns: Vec<Spanned<IpAddr>>,
    search: Vec<Spanned<Domain>>,
    pub(in crate::config) iqn_date: Option<Spanned<IqnDate>>,
}

impl Draft {
    pub(in crate::config) fn read(mut section: Section<'_>) -> Self {
        section.require(&["name", "timezone", "domain"]);
        Self {
            name: section.word("name", What::Label),
            timezone: section.parse("timezone", What::Zone, zone),
            language: section.choice("language", What::Language, &LANGUAGES),
            domain: section.word("domain", What::Domain),
            ntp: section.words("ntp", What::Ip),
            dns: section.words("dns", What::Ip),
            search: section.words("search", What::Domain),
            iqn_date: section.word("iqn_date", What::Storage(OfStorage::IqnDate)),
        }
    }

    pub(in crate::config) fn finish(self) -> Option<Site> {
        Some(Site {
            name: self.name?.into_inner(),
            timezone: self.timezone?.into_inner(),
            language: self.language.map_or(Language::En, Spanned::into_inner),
            domain: self.domain?.into_inner(),
            ntp: plain(self.ntp),
            dns: plain(self.dns),
            search: plain(self.search),
            iqn_date: self.iqn_date.map(Spanned::into_inner),
        })
    }
}

/// A zone that the database knows, in its own spelling: jiff finds `asia/tokyo` too, the installer does not.
/// Without a database on this machine nothing but the alphabet can be checked.
fn zone(text: &str) -> Option<ZoneName> {
    let known = match jiff::tz::TimeZone::get(text) {
        Ok(zone) => zone.iana_name() == Some(text),
        Err(_) => jiff::tz::db().is_definitively_empty(),
    };
    text.parse().ok().filter(|_| known)
}
