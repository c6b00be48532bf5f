//! The labels of what DHCPv6 counts.

use super::kinds::Label;
use crate::dhcp6::answer::Silence;
use crate::dhcp6::packet::{Kind, Unreadable};

impl Label for Kind {
    const NAME: &'static str = "message";
    const ALL: &'static [Self] = &[
        Self::Solicit { rapid: false },
        Self::Solicit { rapid: true },
        Self::Request,
        Self::Confirm,
        Self::Renew,
        Self::Rebind,
        Self::Release,
        Self::Decline,
        Self::Inform,
    ];
    fn word(self) -> &'static str {
        match self {
            Self::Solicit { rapid: false } => "solicit",
            Self::Solicit { rapid: true } => "solicit-rapid",
            Self::Request => "request",
            Self::Confirm => "confirm",
            Self::Renew => "renew",
            Self::Rebind => "rebind",
            Self::Release => "release",
            Self::Decline => "decline",
            Self::Inform => "information-request",
        }
    }
}

impl Label for Silence {
    const NAME: &'static str = "reason";
    const ALL: &'static [Self] = &[
        Self::Stranger,
        Self::Misplaced,
        Self::Nameless,
        Self::UnnamedRelay,
        Self::OtherServer,
        Self::NothingToConfirm,
    ];
    fn word(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Misplaced => "misplaced",
            Self::Nameless => "nameless",
            Self::UnnamedRelay => "unnamed-relay",
            Self::OtherServer => "other-server",
            Self::NothingToConfirm => "nothing-to-confirm",
        }
    }
}

impl Label for Unreadable {
    const NAME: &'static str = "reason";
    const ALL: &'static [Self] = &[
        Self::Short,
        Self::Malformed,
        Self::NotARequest,
        Self::Relays,
        Self::NotOnLink,
        Self::Identifiers,
    ];
    fn word(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Malformed => "malformed",
            Self::NotARequest => "not-a-request",
            Self::Relays => "relays",
            Self::NotOnLink => "not-on-link",
            Self::Identifiers => "identifiers",
        }
    }
}
