//! The machine behind the BMC, and what the BMC was told to do wrong.

use std::time::{Duration, Instant};

use tokio::sync::watch;

/// What a BMC does with a power action it accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PowerLie {
    /// Carries it out.
    #[default]
    None,
    /// Answers 204 and does nothing.
    Ignores,
}

/// How the BMC deviates from an honest one.
#[derive(Debug, Clone, Default)]
pub struct Lies {
    /// What it does with a power action.
    pub power: PowerLie,
    /// A boot override is answered 204 and forgotten.
    pub override_reverts: bool,
    /// `Once` is shown as `Continuous`, as sushy-tools does.
    pub once_shown_as_continuous: bool,
    /// The medium stays in the drive after an eject that was answered 204.
    pub eject_ignored: bool,
    /// Time before each answer.
    pub delay: Duration,
    /// Time between a power action and its effect.
    pub power_lag: Duration,
    /// The next so many logged-in requests are answered 503.
    pub failures: u32,
    /// After so many refused logins the account is locked; 0 means never.
    pub lock_after: u32,
    /// The service root asks for a login, against the standard.
    pub root_needs_login: bool,
    /// `LastResetTime` is not told.
    pub no_reset_time: bool,
    /// Virtual media hang under the manager, as before DSP2046 2020.4.
    pub media_under_manager: bool,
    /// The next so many times, somebody else changes the system right after it was read.
    pub meddled: u32,
    /// ETags are shown weak, and matched by their strong form only.
    pub weak_tags: bool,
}

/// The power of a machine, as the machine feels it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Power {
    /// On.
    pub on: bool,
    /// How often it was switched on or restarted.
    pub starts: u32,
}

/// The machine and its BMC's memory.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Product serial.
    pub serial: String,
    /// SMBIOS UUID as printed.
    pub uuid: String,
    /// Power as it is now.
    pub on: bool,
    /// Resets so far; stands for `LastResetTime`.
    pub resets: u32,
    /// Boot override: target and how long.
    pub boot: (String, String),
    /// The image in the virtual CD.
    pub image: Option<String>,
    /// Counts changes of the system resource: its ETag.
    pub version: u32,
    /// Logins refused since the last good one.
    pub refused_logins: u32,
    /// Requests that came with a login, as `METHOD path`.
    pub requests: Vec<String>,
    /// What it does wrong.
    pub lies: Lies,
    /// Tells whoever plays the machine when it is switched on or off.
    pub power: watch::Sender<Power>,
    pending: Option<(Instant, bool)>,
}

impl Machine {
    pub(super) fn new(serial: &str, uuid: &str) -> Self {
        Self {
            serial: serial.to_owned(),
            uuid: uuid.to_owned(),
            on: false,
            resets: 0,
            boot: ("None".to_owned(), "Disabled".to_owned()),
            image: None,
            version: 0,
            refused_logins: 0,
            requests: Vec::new(),
            lies: Lies::default(),
            power: watch::Sender::default(),
            pending: None,
        }
    }

    /// True if no login is let in any more.
    pub fn locked(&self) -> bool {
        self.lies.lock_after > 0 && self.refused_logins >= self.lies.lock_after
    }

    /// Carries out what was due by now.
    pub(super) fn settle(&mut self) {
        if let Some((due, on)) = self.pending
            && due <= Instant::now()
        {
            self.pending = None;
            self.switch(on);
        }
    }

    /// Power as it is from now on: by the BMC, or by the machine itself, which can switch itself off.
    pub fn switch(&mut self, on: bool) {
        self.on = on;
        self.power.send_modify(|power| {
            power.on = on;
            power.starts += u32::from(on);
        });
    }

    /// What a start boots first, which uses up an override for one start.
    pub fn boot_source(&mut self) -> String {
        let (source, lasts) = self.boot.clone();
        if lasts == "Once" {
            self.boot = ("None".to_owned(), "Disabled".to_owned());
            self.version += 1;
        }
        source
    }

    /// A power action that was accepted: where it leads to.
    pub(super) fn lead_to(&mut self, on: bool, reset: bool) {
        if self.lies.power == PowerLie::Ignores {
            return;
        }
        self.version += 1;
        self.resets += u32::from(reset);
        self.pending = Some((Instant::now() + self.lies.power_lag, on));
        self.settle();
    }

    /// What `PowerState` shows.
    pub(super) fn power_state(&self) -> &'static str {
        match (self.on, self.pending) {
            (false, Some((_, true))) => "PoweringOn",
            (true, Some((_, false))) => "PoweringOff",
            (true, _) => "On",
            (false, _) => "Off",
        }
    }
}
