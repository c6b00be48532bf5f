//! How a serial console over LAN ends or does not begin: who must act. Pure; read off the words of `ipmitool`, whose exit
//! code is 1 for everything.

use super::error::Asked;
use super::lines::Lines;

/// Why a BMC does not give its machine's console. Nothing depends on a console: an install goes on without.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsoleError {
    /// No answer, or the session ended. Try again later.
    #[error(
        "{asked} did not answer ({why}); it will be tried again; is IPMI over LAN switched on there?"
    )]
    Silent {
        /// Which BMC, what for.
        asked: Asked,
        /// What was seen instead.
        why: String,
    },
    /// Our login was refused. Not tried again by itself: BMCs lock accounts.
    #[error(
        "{asked} refused our login ({why}); check its secret (hinode secret set), and that the account may use IPMI"
    )]
    Denied {
        /// Which BMC, what for.
        asked: Asked,
        /// Its own words.
        why: String,
    },
    /// Another session has the console, of a person or of somebody who died less than a minute ago.
    #[error("{asked} has given it to another session, which is left alone; it will be tried again")]
    Held {
        /// Which BMC, what for.
        asked: Asked,
    },
    /// It cannot, or is told not to.
    #[error("{asked} cannot: {what}")]
    Unsupported {
        /// Which BMC, what for.
        asked: Asked,
        /// What is missing.
        what: String,
    },
}

/// Why the program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// The BMC does not know the cipher suite that was offered.
    NoSuite,
    Silent(String),
    Denied(String),
    Held,
    Unsupported(String),
}

/// Words, and what they mean.
type Meaning = (&'static str, fn(String) -> Ended);

/// What the words mean; the first that is found counts. Statuses of RMCP+ as IPMI 2.0 lists them (table 13-15).
const MEANINGS: [Meaning; 18] = [
    ("does not support IPMI v2", Ended::Unsupported),
    ("invalid authentication algorithm", |_| Ended::NoSuite),
    ("invalid integrity algorithm", |_| Ended::NoSuite),
    ("invalid confidentiality algorithm", |_| Ended::NoSuite),
    ("no matching authentication", |_| Ended::NoSuite),
    ("no matching integrity", |_| Ended::NoSuite),
    ("no matching cipher suite", |_| Ended::NoSuite),
    ("HMAC is invalid", Ended::Denied),
    ("unauthorized", Ended::Denied),
    ("invalid role", Ended::Denied),
    ("invalid name length", Ended::Denied),
    ("invalid integrity check value", Ended::Denied),
    ("privilege level exceeds limit", Ended::Denied),
    ("already active on another session", |_| Ended::Held),
    ("activation limit reached", |_| Ended::Held),
    ("SOL payload disabled", Ended::Unsupported),
    ("cannot activate SOL payload", Ended::Unsupported),
    (
        "BMC requests SOL session on different port",
        Ended::Unsupported,
    ),
];

/// Reads what the program said.
pub(super) fn ended(said: &str) -> Ended {
    let mut lines = Lines::default();
    let mut all = lines.push(said.as_bytes());
    all.extend(lines.rest());
    let of = |words: &str| all.iter().find(|line| line.contains(words));
    let found = MEANINGS
        .iter()
        .find_map(|(words, meaning)| Some(meaning(of(words)?.trim().to_owned())));
    found.unwrap_or_else(|| {
        let last = all.last().map_or("it said nothing", |line| line.trim());
        Ended::Silent(last.to_owned())
    })
}

impl Ended {
    pub(super) fn of(self, asked: Asked) -> ConsoleError {
        match self {
            Self::NoSuite => {
                let what = "it knows neither cipher suite 17 nor 3".to_owned();
                ConsoleError::Unsupported { asked, what }
            }
            Self::Silent(why) => ConsoleError::Silent { asked, why },
            Self::Denied(why) => ConsoleError::Denied { asked, why },
            Self::Held => ConsoleError::Held { asked },
            Self::Unsupported(what) => ConsoleError::Unsupported { asked, what },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As ipmitool 1.8.19 says them, against OpenIPMI's simulator.
    #[test]
    fn the_words_tell_who_must_act() {
        let noise = "Loading IANA PEN Registry...\nIANA PEN registry open failed: No such file or directory\n";
        let last = "Error: Unable to establish IPMI v2 / RMCP+ session\n";
        let table = [
            (
                "a suite it does not know",
                "Error in open session response message : invalid authentication algorithm\n",
                Ended::NoSuite,
            ),
            (
                "a wrong password",
                "> RAKP 2 HMAC is invalid\n",
                Ended::Denied("> RAKP 2 HMAC is invalid".to_owned()),
            ),
            (
                "an unknown user",
                "RAKP 2 message indicates an error : unauthorized name\n",
                Ended::Denied("RAKP 2 message indicates an error : unauthorized name".to_owned()),
            ),
            (
                "nobody there",
                "Get Auth Capabilities error\n",
                Ended::Silent(last.trim().to_owned()),
            ),
            (
                "a console that somebody has",
                "Info: SOL payload already active on another session\n",
                Ended::Held,
            ),
            (
                "a console that is switched off",
                "Info: SOL payload disabled\n",
                Ended::Unsupported("Info: SOL payload disabled".to_owned()),
            ),
        ];
        for (name, words, wanted) in table {
            assert_eq!(ended(&format!("{noise}{words}{last}")), wanted, "{name}");
        }
        assert_eq!(ended(""), Ended::Silent("it said nothing".to_owned()));
    }
}
