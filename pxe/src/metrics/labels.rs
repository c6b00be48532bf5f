//! The labels of our metrics: every value is one of an enum, and written here.

use inventory::lease::Client;
use inventory::support::Left;

use super::kinds::Label;
use crate::dhcp::answer::Silence;
use crate::dhcp::packet::{Kind, Unreadable};
use crate::http::Target;
use crate::http::head::{Agent, Refusal};
use crate::http::status::Status;
use crate::served::Service;

impl Label for Service {
    const NAME: &'static str = "service";
    const ALL: &'static [Self] = &[Self::Tftp, Self::Http];
    fn word(self) -> &'static str {
        Self::word(self)
    }
}

impl Label for Target {
    const NAME: &'static str = "target";
    const ALL: &'static [Self] = &[
        Self::Script,
        Self::File,
        Self::Kickstart,
        Self::Report,
        Self::Nothing,
    ];
    fn word(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::File => "file",
            Self::Kickstart => "kickstart",
            Self::Report => "report",
            Self::Nothing => "nothing",
        }
    }
}

impl Label for Agent {
    const NAME: &'static str = "client";
    const ALL: &'static [Self] = &[
        Self::Uefi,
        Self::Ipxe,
        Self::Grub,
        Self::Curl,
        Self::Anaconda,
        Self::Dnf,
        Self::Other,
    ];
    fn word(self) -> &'static str {
        match self {
            Self::Uefi => "uefi",
            Self::Ipxe => "ipxe",
            Self::Grub => "grub",
            Self::Curl => "curl",
            Self::Anaconda => "anaconda",
            Self::Dnf => "dnf",
            Self::Other => "other",
        }
    }
}

impl Label for Status {
    const NAME: &'static str = "status";
    const ALL: &'static [Self] = &[
        Self::Ok,
        Self::PartialContent,
        Self::BadRequest,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::LengthRequired,
        Self::ContentTooLarge,
        Self::RangeNotSatisfiable,
        Self::ExpectationFailed,
        Self::HeadTooLarge,
        Self::NotImplemented,
        Self::Unavailable,
        Self::VersionNotSupported,
    ];
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "200",
            Self::PartialContent => "206",
            Self::BadRequest => "400",
            Self::Forbidden => "403",
            Self::NotFound => "404",
            Self::MethodNotAllowed => "405",
            Self::LengthRequired => "411",
            Self::ContentTooLarge => "413",
            Self::RangeNotSatisfiable => "416",
            Self::ExpectationFailed => "417",
            Self::HeadTooLarge => "431",
            Self::NotImplemented => "501",
            Self::Unavailable => "503",
            Self::VersionNotSupported => "505",
        }
    }
}

impl Label for Refusal {
    const NAME: &'static str = "reason";
    const ALL: &'static [Self] = &[
        Self::Malformed,
        Self::BareLineFeed,
        Self::Host,
        Self::Length,
        Self::LengthAndCoding,
        Self::Chunked,
        Self::Coding,
        Self::Expectation,
        Self::TooLarge,
        Self::Version,
    ];
    fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::BareLineFeed => "bare-line-feed",
            Self::Host => "host",
            Self::Length => "length",
            Self::LengthAndCoding => "length-and-coding",
            Self::Chunked => "chunked",
            Self::Coding => "coding",
            Self::Expectation => "expectation",
            Self::TooLarge => "too-large",
            Self::Version => "version",
        }
    }
}

/// How an HTTP connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The client closed it between two requests.
    Closed,
    /// We said that an answer was the last.
    Last,
    /// Nothing was asked for a while.
    Idle,
    /// A request was begun and not ended in time.
    SlowHead,
    /// What came was no request of ours.
    Refused,
    /// The client took nothing for too long.
    Stalled,
    /// The client took too little for too long.
    TooSlow,
    /// We stopped.
    Stopping,
    /// Network or disk.
    Failed,
    /// Not taken: the client has as many as it may.
    ClientFull,
    /// Not taken: strangers have as many as they may.
    StrangersFull,
}

impl Label for Ending {
    const NAME: &'static str = "reason";
    const ALL: &'static [Self] = &[
        Self::Closed,
        Self::Last,
        Self::Idle,
        Self::SlowHead,
        Self::Refused,
        Self::Stalled,
        Self::TooSlow,
        Self::Stopping,
        Self::Failed,
        Self::ClientFull,
        Self::StrangersFull,
    ];
    fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Last => "last",
            Self::Idle => "idle",
            Self::SlowHead => "slow-head",
            Self::Refused => "refused",
            Self::Stalled => "stalled",
            Self::TooSlow => "too-slow",
            Self::Stopping => "stopping",
            Self::Failed => "failed",
            Self::ClientFull => "client-full",
            Self::StrangersFull => "strangers-full",
        }
    }
}

/// How a TFTP transfer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TftpEnd {
    /// The client has everything.
    Whole,
    /// The client ended it; a size probe ends so too.
    Refused,
    /// The client fell silent.
    Silent,
    /// There was no such file.
    NotFound,
    /// Network or disk.
    Failed,
}

impl Label for TftpEnd {
    const NAME: &'static str = "end";
    const ALL: &'static [Self] = &[
        Self::Whole,
        Self::Refused,
        Self::Silent,
        Self::NotFound,
        Self::Failed,
    ];
    fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Refused => "refused",
            Self::Silent => "silent",
            Self::NotFound => "not-found",
            Self::Failed => "failed",
        }
    }
}

impl Label for Kind {
    const NAME: &'static str = "message";
    const ALL: &'static [Self] = &[
        Self::Discover,
        Self::Request,
        Self::Decline,
        Self::Release,
        Self::Inform,
    ];
    fn word(self) -> &'static str {
        match self {
            Self::Discover => "discover",
            Self::Request => "request",
            Self::Decline => "decline",
            Self::Release => "release",
            Self::Inform => "inform",
        }
    }
}

impl Label for Client {
    const NAME: &'static str = "client";
    const ALL: &'static [Self] = &[Self::Firmware, Self::Ipxe, Self::Installer, Self::System];
    fn word(self) -> &'static str {
        match self {
            Self::Firmware => "firmware",
            Self::Ipxe => "ipxe",
            Self::Installer => "installer",
            Self::System => "system",
        }
    }
}

/// What DHCP answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// An address is offered.
    Offer,
    /// An address is given, or the rest is told.
    Ack,
    /// An address is refused.
    Nak,
}

impl Label for Sent {
    const NAME: &'static str = "message";
    const ALL: &'static [Self] = &[Self::Offer, Self::Ack, Self::Nak];
    fn word(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Ack => "ack",
            Self::Nak => "nak",
        }
    }
}

impl Label for Silence {
    const NAME: &'static str = "reason";
    const ALL: &'static [Self] = &[
        Self::Stranger,
        Self::Misplaced,
        Self::OtherServer,
        Self::NotItsAddress,
        Self::Released,
        Self::AddressInUse,
        Self::Off,
        Self::PoolEmpty,
        Self::NothingToBoot,
        Self::TakesItElsewhere,
        Self::WrongElsewhere,
        Self::UnnamedRelay,
        Self::OffLink,
    ];
    fn word(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Misplaced => "misplaced",
            Self::OtherServer => "other-server",
            Self::NotItsAddress => "not-its-address",
            Self::Released => "released",
            Self::AddressInUse => "address-in-use",
            Self::Off => "off",
            Self::PoolEmpty => "pool-empty",
            Self::NothingToBoot => "nothing-to-boot",
            Self::TakesItElsewhere => "takes-it-elsewhere",
            Self::WrongElsewhere => "wrong-elsewhere",
            Self::UnnamedRelay => "unnamed-relay",
            Self::OffLink => "off-link",
        }
    }
}

impl Label for Unreadable {
    const NAME: &'static str = "reason";
    const ALL: &'static [Self] = &[
        Self::Short,
        Self::NotARequest,
        Self::NotEthernet,
        Self::NoKind,
    ];
    fn word(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::NotARequest => "not-a-request",
            Self::NotEthernet => "not-ethernet",
            Self::NoKind => "no-kind",
        }
    }
}

impl Label for Left {
    const NAME: &'static str = "left";
    const ALL: &'static [Self] = &Self::ALL;
    fn word(self) -> &'static str {
        match self {
            Self::Over => "none",
            Self::SixMonths => "6-months",
            Self::TwelveMonths => "12-months",
            Self::TwentyFourMonths => "24-months",
            Self::Longer => "longer",
            Self::Unknown => "unknown",
        }
    }
}
