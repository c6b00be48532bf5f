//! What a BMC can answer besides what was asked for. Each error says who must act: nobody yet (`Silent`), or the
//! operator, and on what.

use std::fmt;
use std::net::SocketAddr;

use super::tls::Fingerprint;

/// Which BMC was asked for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Where its Redfish service listens.
    pub bmc: SocketAddr,
    /// What it was asked for, as an infinitive: `read its power state`.
    pub deed: &'static str,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BMC {}, asked to {},", self.bmc, self.deed)
    }
}

/// Why a BMC did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BmcError {
    /// No answer, or only "not now". Try again later.
    #[error(
        "{asked} did not answer ({why}); it will be tried again; if it stays so, check its power, cable and address"
    )]
    Silent {
        /// Which BMC, what for.
        asked: Asked,
        /// What was seen instead of an answer.
        why: String,
    },
    /// Our login was refused. Nothing more is sent until somebody connects anew: BMCs lock accounts.
    #[error(
        "{asked} refused our login (HTTP {status}); check its secret (hinode secret set); no second try is made by itself, \
         so that the account is not locked"
    )]
    Denied {
        /// Which BMC, what for.
        asked: Asked,
        /// 401 or 403.
        status: u16,
    },
    /// The BMC cannot do it, or does not speak Redfish as we know it.
    #[error("{asked} cannot: {what}; update its firmware or do this step by hand")]
    Unsupported {
        /// Which BMC, what for.
        asked: Asked,
        /// What is missing.
        what: String,
    },
    /// The BMC said no, or said yes and did nothing.
    #[error(
        "{asked} did not do it: {why}; look at the BMC's own log, restart the BMC if it lies, then retry"
    )]
    Refused {
        /// Which BMC, what for.
        asked: Asked,
        /// Its own words, or what was read back.
        why: String,
    },
    /// The machine behind this BMC is not the one meant. Nothing was done to it.
    #[error(
        "{asked} belongs to another machine: expected {expected}, found {found}; nothing was done; \
         check the cabling and the node's `bmc`, `serial` and `uuid` in the rack file"
    )]
    WrongMachine {
        /// Which BMC, what for.
        asked: Asked,
        /// Serial or UUID as known.
        expected: String,
        /// Serial or UUID as the BMC tells.
        found: String,
    },
    /// The certificate is not the pinned one. The password was not sent.
    #[error(
        "{asked} shows another certificate than before: pinned {pinned}, shown {shown}; the password was not sent; \
         if the certificate was renewed, forget the old one (hinode unpin {}), otherwise somebody stands in between",
        asked.bmc
    )]
    CertificateChanged {
        /// Which BMC, what for.
        asked: Asked,
        /// The one trusted so far.
        pinned: Fingerprint,
        /// The one shown now.
        shown: Fingerprint,
    },
}
