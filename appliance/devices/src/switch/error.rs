//! What a switch can answer besides what was asked for. Each error says who must act.

use std::fmt;
use std::net::SocketAddr;

/// Which switch was asked for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Where its management service listens.
    pub switch: SocketAddr,
    /// What it was asked for, as an infinitive: `change the VLANs of its ports`.
    pub deed: &'static str,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "switch {}, asked to {},", self.switch, self.deed)
    }
}

/// Why a switch did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SwitchError {
    /// No answer. Try again later.
    #[error(
        "{asked} did not answer ({why}); it will be tried again; if it stays so, check its power, cable and address"
    )]
    Silent {
        /// Which switch, what for.
        asked: Asked,
        /// What was seen instead of an answer.
        why: String,
    },
    /// We may not do this.
    #[error("{asked} says we may not: {why}; check its secret and the rights of that account")]
    Denied {
        /// Which switch, what for.
        asked: Asked,
        /// Its own words.
        why: String,
    },
    /// The switch cannot do it, or does not speak the protocol we expect.
    #[error("{asked} cannot: {what}; check the switch's `driver` and `address` in the rack file")]
    Unsupported {
        /// Which switch, what for.
        asked: Asked,
        /// What is missing.
        what: String,
    },
    /// The switch said no. Nothing was changed.
    #[error("{asked} refused: {why}; nothing was changed; mend that and plan again")]
    Refused {
        /// Which switch, what for.
        asked: Asked,
        /// Its own words.
        why: String,
    },
    /// Somebody else changed the port since the plan was made. Nothing was changed by us.
    #[error(
        "{asked} has changed since the plan was made: port {port} was {planned} and is {found}; nothing was changed; plan again"
    )]
    Changed {
        /// Which switch, what for.
        asked: Asked,
        /// The port.
        port: String,
        /// What it did when the plan was made.
        planned: String,
        /// What it does now.
        found: String,
    },
    /// The change was made, read back differently, and taken back.
    #[error(
        "{asked} did not keep the change ({why}); its ports were put back as before; look at who else configures it"
    )]
    RolledBack {
        /// Which switch, what for.
        asked: Asked,
        /// What was read back.
        why: String,
    },
    /// The change was made, and neither its effect nor its undoing could be seen.
    #[error(
        "{asked} is in an unknown state: {why}; putting its ports back failed too ({rollback}); read it before anything else"
    )]
    Unknown {
        /// Which switch, what for.
        asked: Asked,
        /// Why the change was to be taken back.
        why: String,
        /// Why that failed.
        rollback: String,
    },
}
