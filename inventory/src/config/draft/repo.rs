//! `[repo.NAME]`: a package repository beside those of an operating system.

use serde_spanned::Spanned;

use crate::config::section::Section;
use crate::config::what::What;
use crate::id::MediumId;

pub(in crate::config) struct Draft(Option<Spanned<MediumId>>);

impl Draft {
    pub(in crate::config) fn read(mut section: Section<'_>) -> Self {
        section.require(&["media"]);
        Self(section.word("media", What::Name))
    }

    pub(in crate::config) fn finish(self) -> Option<MediumId> {
        self.0.map(Spanned::into_inner)
    }
}
