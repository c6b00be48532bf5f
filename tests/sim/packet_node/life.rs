//! One life of a packet node: what every step shares. Steps stop it by an error that says what became of the machine.

use std::net::{Ipv4Addr, SocketAddr};

use super::config::Config;
use super::disk::Disk;
use super::fault::{Fault, Faults, Met, Step};
use super::tftp::{NoFile, Peer};
use super::trace::{Asked, Trace};
use super::wire::{Answer, Ask};

/// How often curl and iPXE ask again when nothing comes (`rocky-install.md` E: retries 3).
const TRIES: usize = 4;

/// Why a step does not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// The machine restarts.
    Reboot,
    /// The machine goes on to its next boot entry, the disk.
    NextEntry,
    /// The machine is switched off.
    PowerOff(String),
    /// The machine died.
    Died(Step),
    /// The machine stands still.
    Stuck(Step, String),
}

/// One life.
pub(super) struct Life<'a> {
    pub(super) config: &'a Config,
    pub(super) disk: &'a mut Disk,
    pub(super) faults: Faults,
    pub(super) trace: Trace,
    /// The address it was given last.
    pub(super) address: Ipv4Addr,
    /// Of the kernel that runs.
    pub(super) boot_id: String,
}

impl Life<'_> {
    /// Meets the faults of `step`.
    pub(super) async fn meet(&mut self, step: Step) -> Result<Met, Stop> {
        let mut met = Met::default();
        for fault in self.faults.take(step) {
            match fault {
                Fault::Drop => met.is_lost = true,
                Fault::Duplicate => met.is_doubled = true,
                Fault::Thief(from) => met.thief = Some(from),
                Fault::Delay(span) => tokio::time::sleep(span).await,
                Fault::Reboot => return Err(Stop::Reboot),
                Fault::Die => return Err(Stop::Died(step)),
            }
        }
        Ok(met)
    }

    pub(super) fn note(&mut self, step: Step, what: impl Into<String>, got: impl Into<String>) {
        let asked = Asked {
            step,
            what: what.into(),
            got: got.into(),
        };
        tracing::debug!(?asked, "packet node");
        self.trace.asked.push(asked);
    }

    pub(super) fn stuck(step: Step, why: impl Into<String>) -> Stop {
        Stop::Stuck(step, why.into())
    }

    /// An HTTP request with the faults of `step`; asked again while there is no answer, or the server fails.
    pub(super) async fn http(&mut self, step: Step, ask: Ask) -> Result<Answer, Stop> {
        let met = self.meet(step).await?;
        let port = self.config.ports.http;
        if let Some(thief) = met.thief {
            let got = described(&ask.send(thief, port).await);
            let what = ask.url.clone();
            self.trace.thefts.push(Asked { step, what, got });
        }
        for _ in 0..usize::from(met.is_lost) + usize::from(met.is_doubled) {
            let got = described(&ask.send(self.address, port).await);
            self.note(step, &ask.url, got);
        }
        let mut last = String::new();
        for _ in 0..TRIES {
            let answer = ask.send(self.address, port).await;
            last = described(&answer);
            self.note(step, format!("{} {}", ask.method, ask.url), &last);
            match answer {
                Ok(answer) if answer.status < 500 => return Ok(answer),
                Ok(_) | Err(_) => tokio::time::sleep(self.config.patience).await,
            }
        }
        Err(Self::stuck(step, format!("{}: {last}", ask.url)))
    }

    /// The same by a loader, to which no answer is like a wrong one.
    pub(super) async fn load(&mut self, step: Step, ask: Ask) -> Result<Option<Answer>, Stop> {
        match self.http(step, ask).await {
            Ok(answer) => Ok(Some(answer).filter(|it| it.status == 200 && !it.body.is_empty())),
            Err(Stop::Stuck(..)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// The same, when nothing but 200 helps.
    pub(super) async fn need(&mut self, step: Step, ask: Ask) -> Result<Answer, Stop> {
        let url = ask.url.clone();
        let answer = self.http(step, ask).await?;
        match answer.status {
            200 => Ok(answer),
            status => Err(Self::stuck(step, format!("{url}: {status}"))),
        }
    }

    /// A file over TFTP, or nothing if the server has none.
    pub(super) async fn tftp(
        &mut self,
        step: Step,
        (server, name): (Ipv4Addr, &str),
    ) -> Result<Option<Vec<u8>>, Stop> {
        let met = self.meet(step).await?;
        let peer = Peer {
            from: self.address,
            server: SocketAddr::from((server, self.config.ports.tftp)),
            patience: self.config.patience,
        };
        if met.is_lost || met.is_doubled {
            let size = peer.size(name).await;
            self.note(
                step,
                format!("size of {name}"),
                if size.is_ok() { "200" } else { "404" },
            );
        }
        let got = peer.get(name).await;
        let word = match &got {
            Ok(_) => "200",
            Err(NoFile::NotFound) => "404",
            Err(NoFile::Failed(_)) => "failed",
        };
        self.note(step, format!("tftp {name}"), word);
        match got {
            Ok(file) => Ok(Some(file)),
            Err(NoFile::NotFound) => Ok(None),
            Err(NoFile::Failed(why)) => Err(Self::stuck(step, format!("{name}: {why}"))),
        }
    }
}

fn described(answer: &std::io::Result<Answer>) -> String {
    match answer {
        Ok(answer) => answer.status.to_string(),
        Err(error) => error.to_string(),
    }
}
