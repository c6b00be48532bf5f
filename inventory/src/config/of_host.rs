//! The kinds of value that describe a host's network and system: what a fault calls each, and the rule it keeps.

use crate::word::{Alphabet, kind};

/// A kind of value that describes a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is described by its own entry below")]
#[rustfmt::skip]
pub enum OfHost {
    Traffic, BondMode, Hash, LacpRate, Millis, Selinux, User, Sysctl, Tuned, PageSize, Count, Cpus, Unit, Fragment, Need,
    Thumbprint,
}

impl OfHost {
    /// Part of a code, noun and rule, as those of [`super::What`].
    #[rustfmt::skip]
    pub(super) fn entry(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Traffic => ("traffic", "a kind of traffic", "what the cloud controller sends over the bridge"),
            Self::BondMode => ("bond-mode", "a mode of bonds", "who sends on which port"),
            Self::Hash => ("hash", "a hash policy", "what picks the port of a packet"),
            Self::LacpRate => ("lacp-rate", "a rate of LACP", "how often the peer is to send"),
            Self::Millis => ("miimon", "an interval", "milliseconds, usually 100"),
            Self::Selinux => ("selinux", "a mode of SELinux", "what is done with what its policy forbids"),
            Self::User => ("user", "a login name", kind::UserName::RULE),
            Self::Sysctl => ("sysctl", "a kernel setting", kind::Sysctl::RULE),
            Self::Tuned => ("tuned", "a profile of tuned", kind::TunedProfile::RULE),
            Self::PageSize => ("page-size", "a size of huge pages", "2 MiB or 1 GiB"),
            Self::Count => ("count", "a number of huge pages", "how many"),
            Self::Cpus => ("cpus", "a list of processors", kind::CpuList::RULE),
            Self::Fragment => ("kickstart", "a part of a kickstart", "commands and sections as docs/rack-file.md lists them"),
            Self::Need => ("need", "a number of locks", "how many of them must agree"),
            Self::Thumbprint => ("thumbprint", "a thumbprint of a Tang server's key", kind::Thumbprint::RULE),
            Self::Unit => ("unit", "a unit of systemd", kind::UnitName::RULE),
        }
    }
}
