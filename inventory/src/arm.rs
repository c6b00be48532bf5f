//! The arm: the one-shot right of one node to boot an installer, to be installed or only tried, as a state machine
//! without I/O.
//!
//! A job makes it, the boot services consume it by compare-and-set, nothing else lets an installer start. After a power
//! cut it stands where it was last stored; what was served without being stored was not served.

mod payload;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::{Deadline, Now};
use crate::id::{Epoch, JobId, NodeName, OsName, Sha256, Token};
use crate::net::Mac;
use crate::rack::Node;
use crate::store::{Record, Table};

pub use payload::{Payload, Texts};

/// How long after the first fetch the same kickstart may be fetched again: dracut's curl retries three times, and
/// Anaconda may read it anew (`rocky-install.md` E); all of that is over within minutes.
pub const KICKSTART_RETRY: Duration = Duration::from_secs(300);

/// The right of one node to boot an installer once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arm {
    /// For this node only.
    pub node: NodeName,
    /// Its boot MAC when armed.
    pub mac: Mac,
    /// The address the answers go to.
    pub address: Ipv4Addr,
    /// Made by this job.
    pub job: JobId,
    /// With the installer of this OS.
    pub os: OsName,
    /// What the installer may do.
    #[serde(default)]
    pub errand: Errand,
    /// In this epoch.
    pub epoch: Epoch,
    /// Fetches the kickstart and files the reports.
    pub token: Token,
    /// Sum of the kickstart rendered at arming.
    pub kickstart: Sha256,
    /// The same for a node that asks over IPv6, if it has an address there.
    #[serde(default)]
    pub over_ipv6: Option<OverIpv6>,
    /// When it was made.
    pub armed_at: Timestamp,
    /// Void after this if nothing began.
    pub deadline: Deadline,
    /// Where its node asked from instead of its own address, if it did and has not booted since.
    #[serde(default)]
    pub astray: Option<IpAddr>,
    /// How far it is.
    pub state: ArmState,
}

/// What a node boots an installer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Errand {
    /// To be installed.
    #[default]
    Install,
    /// To look at its hardware and report; nothing is written.
    Trial,
}

/// What an arm allows over IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverIpv6 {
    /// The address the answers go to.
    pub address: Ipv6Addr,
    /// Sum of the kickstart served there.
    pub kickstart: Sha256,
}

/// Where an arm stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum ArmState {
    /// May boot the installer.
    Armed,
    /// The boot script was served.
    Booting,
    /// The kickstart was served: from here the disk may be written, and a reboot is a failure.
    Installing {
        /// Since then (counted as a deadline of [`KICKSTART_RETRY`] within which the kickstart is served again).
        again_until: Deadline,
    },
    /// The kickstart of a trial was served: nothing is written, and a reboot before the report ends the trial.
    Trying {
        /// As for [`ArmState::Installing`].
        again_until: Deadline,
    },
    /// The installer reported success.
    Spent,
    /// The install failed; never tried again by itself.
    Broken {
        /// What broke it.
        why: Broke,
    },
    /// Its time passed before an install began.
    Expired,
    /// Taken back.
    Void,
}

/// What broke an install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum Broke {
    /// The machine's firmware asked for an address again before the installer reported.
    Rebooted,
    /// The installer reported a failure.
    Reported {
        /// Its own words.
        detail: String,
    },
    /// The arm's time passed in the middle of the install.
    Overdue,
}

/// What can happen to an arm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stimulus {
    /// A DHCP request of the machine's firmware or network loader (PXEClient, HTTPClient, iPXE).
    Firmware,
    /// The boot script is asked for.
    BootScript,
    /// The kickstart is asked for.
    Kickstart,
    /// The installer says it is done.
    Installed,
    /// The installer of a trial says what it found.
    Tried,
    /// The installer says it failed.
    Failed {
        /// Its own words.
        detail: String,
    },
    /// Its job is about to switch the node off and on, because it did not get as far as its kickstart.
    StartAnew,
    /// A person, or the job that made it, takes it back.
    Stop,
    /// Time passed.
    Tick,
}

/// What to do about a stimulus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Serve what is asked (or accept the report); the arm stays as it is.
    Stay,
    /// Store this state first, then serve what is asked (or accept the report).
    Go(ArmState),
    /// Store this state; serve the local boot answer.
    Close(ArmState),
    /// Serve the local boot answer (or refuse the report); the arm stays as it is.
    Refuse,
}

impl OverIpv6 {
    /// What `texts` allow `node` over IPv6, if the node has an address and there are texts for it.
    pub fn of(node: &Node, texts: Option<&Texts>) -> Option<Self> {
        let kickstart = &texts?.kickstart;
        Some(Self {
            address: node.address6?,
            kickstart: Sha256::of(kickstart.as_bytes()),
        })
    }
}

impl Record for Arm {
    const TABLE: Table = Table::Arms;
    type Key = NodeName;
    fn key(&self) -> NodeName {
        self.node.clone()
    }
}

impl ArmState {
    /// The same state after a reboot of the appliance: its deadline counts in the present boot.
    pub fn carried_over(&self, now: &Now) -> Self {
        match self {
            Self::Installing { again_until } => Self::Installing {
                again_until: again_until.carried_over(now),
            },
            Self::Trying { again_until } => Self::Trying {
                again_until: again_until.carried_over(now),
            },
            Self::Armed
            | Self::Booting
            | Self::Spent
            | Self::Broken { .. }
            | Self::Expired
            | Self::Void => self.clone(),
        }
    }

    /// Whether an installer may still start or be running.
    pub fn is_live(&self) -> bool {
        match self {
            Self::Armed | Self::Booting | Self::Installing { .. } | Self::Trying { .. } => true,
            Self::Spent | Self::Broken { .. } | Self::Expired | Self::Void => false,
        }
    }
}

impl Arm {
    /// What `stimulus` does. Pure; property-tested over all orders of events.
    pub fn outcome(&self, stimulus: &Stimulus, epoch: Epoch, now: &Now) -> Outcome {
        if !self.state.is_live() {
            return self.after_the_end(stimulus);
        }
        if self.epoch != epoch {
            return Outcome::Close(ArmState::Void);
        }
        if matches!(stimulus, Stimulus::Stop) {
            return Outcome::Close(ArmState::Void);
        }
        if self.deadline.has_passed(now) {
            return Outcome::Close(self.state_when_overdue());
        }
        match &self.state {
            ArmState::Armed => on_armed(stimulus),
            ArmState::Booting => on_booting(self.errand, stimulus, now),
            ArmState::Installing { again_until } => on_installing(stimulus, again_until, now),
            ArmState::Trying { again_until } => on_trying(stimulus, again_until, now),
            ArmState::Spent | ArmState::Broken { .. } | ArmState::Expired | ArmState::Void => {
                Outcome::Refuse
            }
        }
    }

    /// An ended arm serves nothing; only a report may be said again, since the installer repeats it until it hears 2xx.
    fn after_the_end(&self, stimulus: &Stimulus) -> Outcome {
        let repeated = match stimulus {
            Stimulus::Installed => self.has_ended_as(Errand::Install),
            Stimulus::Tried => self.has_ended_as(Errand::Trial),
            Stimulus::Failed { .. } => {
                matches!(
                    self.state,
                    ArmState::Broken {
                        why: Broke::Reported { .. }
                    }
                )
            }
            Stimulus::Firmware
            | Stimulus::BootScript
            | Stimulus::Kickstart
            | Stimulus::StartAnew
            | Stimulus::Stop
            | Stimulus::Tick => false,
        };
        if repeated {
            Outcome::Stay
        } else {
            Outcome::Refuse
        }
    }

    fn has_ended_as(&self, errand: Errand) -> bool {
        self.state == ArmState::Spent && self.errand == errand
    }

    fn state_when_overdue(&self) -> ArmState {
        match self.state {
            ArmState::Installing { .. } | ArmState::Trying { .. } => ArmState::Broken {
                why: Broke::Overdue,
            },
            ArmState::Armed
            | ArmState::Booting
            | ArmState::Spent
            | ArmState::Broken { .. }
            | ArmState::Expired
            | ArmState::Void => ArmState::Expired,
        }
    }
}

fn on_armed(stimulus: &Stimulus) -> Outcome {
    match stimulus {
        Stimulus::Firmware | Stimulus::StartAnew | Stimulus::Tick => Outcome::Stay,
        Stimulus::BootScript => Outcome::Go(ArmState::Booting),
        Stimulus::Kickstart | Stimulus::Installed | Stimulus::Tried | Stimulus::Failed { .. } => {
            Outcome::Refuse
        }
        Stimulus::Stop => Outcome::Close(ArmState::Void),
    }
}

fn on_booting(errand: Errand, stimulus: &Stimulus, now: &Now) -> Outcome {
    match stimulus {
        // Loaders ask more than once (GRUB's HEAD and GET, iPXE's retries), and nothing is written yet.
        Stimulus::Firmware | Stimulus::BootScript | Stimulus::Tick => Outcome::Stay,
        // From here the kickstart is refused until the next boot script: nothing can begin to write while it is switched off.
        Stimulus::StartAnew => Outcome::Go(ArmState::Armed),
        Stimulus::Kickstart => {
            let again_until = Deadline::after(now, KICKSTART_RETRY);
            Outcome::Go(match errand {
                Errand::Install => ArmState::Installing { again_until },
                Errand::Trial => ArmState::Trying { again_until },
            })
        }
        Stimulus::Installed | Stimulus::Tried | Stimulus::Failed { .. } => Outcome::Refuse,
        Stimulus::Stop => Outcome::Close(ArmState::Void),
    }
}

fn on_installing(stimulus: &Stimulus, again_until: &Deadline, now: &Now) -> Outcome {
    match stimulus {
        Stimulus::Kickstart if !again_until.has_passed(now) => Outcome::Stay,
        Stimulus::Kickstart | Stimulus::StartAnew | Stimulus::Tried => Outcome::Refuse,
        // No installer asks for its boot script: something rebooted, even if its DHCP request was not seen.
        Stimulus::Firmware | Stimulus::BootScript => Outcome::Close(ArmState::Broken {
            why: Broke::Rebooted,
        }),
        Stimulus::Installed => Outcome::Go(ArmState::Spent),
        Stimulus::Failed { detail } => Outcome::Go(reported(detail)),
        Stimulus::Tick => Outcome::Stay,
        Stimulus::Stop => Outcome::Close(ArmState::Void),
    }
}

/// The installer of a trial looks, reports and is gone. It never says that it installed anything.
fn on_trying(stimulus: &Stimulus, again_until: &Deadline, now: &Now) -> Outcome {
    match stimulus {
        Stimulus::Kickstart if !again_until.has_passed(now) => Outcome::Stay,
        Stimulus::Kickstart | Stimulus::StartAnew | Stimulus::Installed => Outcome::Refuse,
        Stimulus::Firmware | Stimulus::BootScript => Outcome::Close(ArmState::Broken {
            why: Broke::Rebooted,
        }),
        Stimulus::Tried => Outcome::Go(ArmState::Spent),
        Stimulus::Failed { detail } => Outcome::Go(reported(detail)),
        Stimulus::Tick => Outcome::Stay,
        Stimulus::Stop => Outcome::Close(ArmState::Void),
    }
}

fn reported(detail: &str) -> ArmState {
    ArmState::Broken {
        why: Broke::Reported {
            detail: detail.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests;
