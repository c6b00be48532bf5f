//! From an error body to who must act. Pure.

use super::answer::{Fault, NOT_CLOUDSTACK};
use super::client::VALID;
use super::command::Command;
use super::error::{Denial, Quiet, Refusal, Why};

/// Our clock may be this much ahead: servers that bound `expires` (4.21 on) allow it about a quarter of an hour.
const AHEAD_MAX_S: i64 = 240;

/// What surrounds an answer.
pub(super) struct Asked<'a> {
    /// What was asked.
    pub(super) command: Command,
    /// Name of the secret that signed.
    pub(super) secret: &'a str,
    /// The controller's clock minus ours, seconds, if its answer had a `Date`.
    pub(super) clock_ahead_s: Option<i64>,
}

/// Who must act on `fault`. Codes as in CloudStack's `ApiErrorCode`.
pub(super) fn blame(asked: &Asked, fault: Fault) -> Why {
    let Fault { code, text } = fault;
    match code {
        401 => Why::Denied(login(asked, text)),
        403 | 411 | 531 => Why::Denied(Denial::Role { text }),
        NOT_CLOUDSTACK | 404 | 405 | 432 => Why::Unsupported(text),
        429 | 502 | 503 | 504 => Why::Silent(Quiet::Trouble { code, text }),
        500 | 530 if asked.command.only_reads() => Why::Silent(Quiet::Trouble { code, text }),
        _ => Why::Refused(Refusal::Said { code, text }),
    }
}

/// A wrong clock looks like a wrong key: both are 401. The clock can be told by the answer's date, so it is looked at first.
fn login(asked: &Asked, text: String) -> Denial {
    match asked.clock_ahead_s {
        Some(ahead_s) if ahead_s >= VALID.as_secs().cast_signed() || ahead_s < -AHEAD_MAX_S => {
            Denial::Clock { ahead_s }
        }
        Some(_) | None => Denial::Key {
            secret: asked.secret.to_owned(),
            text,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blamed(command: Command, code: u16, clock_ahead_s: Option<i64>) -> Why {
        let asked = Asked {
            command,
            secret: "cloud",
            clock_ahead_s,
        };
        let text = "text".to_owned();
        blame(&asked, Fault { code, text })
    }

    #[test]
    fn every_code_has_somebody_to_act() {
        for (case, command, code, who) in [
            ("bad signature", Command::ListZones, 401, "denied"),
            ("two-factor login wanted", Command::ListZones, 411, "denied"),
            ("no such role", Command::AddHost, 531, "denied"),
            ("asked too often", Command::ListZones, 429, "silent"),
            ("trouble while reading", Command::ListHosts, 530, "silent"),
            (
                "a proxy without its server",
                Command::AddHost,
                503,
                "silent",
            ),
            ("trouble while adding", Command::AddHost, 530, "refused"),
            ("malformed parameter", Command::ListHosts, 430, "refused"),
            ("missing parameter", Command::AddHost, 431, "refused"),
            ("no capacity", Command::AddHost, 533, "refused"),
            ("unknown command", Command::ListZones, 432, "unsupported"),
            (
                "some other web server",
                Command::ListZones,
                404,
                "unsupported",
            ),
            (
                "a page with 200",
                Command::ListZones,
                NOT_CLOUDSTACK,
                "unsupported",
            ),
        ] {
            let found = match blamed(command, code, None) {
                Why::Silent(_) => "silent",
                Why::Denied(_) => "denied",
                Why::Unsupported(_) => "unsupported",
                Why::Refused(_) => "refused",
            };
            assert_eq!(found, who, "{case}");
        }
    }

    #[test]
    fn the_clock_is_blamed_before_the_key() {
        for (case, ahead_s, clock) in [
            ("no date in the answer", None, false),
            ("the same time", Some(0), false),
            ("ours is 5 min behind, signatures last 10", Some(300), false),
            ("ours is 10 min behind", Some(600), true),
            ("ours is 3 min ahead", Some(-180), false),
            ("ours is an hour ahead", Some(-3600), true),
            ("ours shows 1970", Some(1_793_491_200), true),
        ] {
            let why = blamed(Command::ListZones, 401, ahead_s);
            let blamed_clock = matches!(why, Why::Denied(Denial::Clock { .. }));
            assert_eq!(blamed_clock, clock, "{case}");
        }
    }

    #[test]
    fn a_clock_error_says_which_way() {
        let why = blamed(Command::ListZones, 401, Some(3600));
        assert!(why.to_string().contains("3600 s (ours is behind)"), "{why}");
    }
}
