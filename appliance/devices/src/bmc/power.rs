//! Power: each action is read back until the machine is as asked, or until the BMC is caught lying.

use std::time::Duration;

use serde_json::{Value, json};

use super::error::BmcError;
use super::identity::Expected;
use super::limits::Limits;
use super::link::Link;
use super::redfish::{LookAt, Redfish};

/// The action every `ComputerSystem` has for power.
const RESET: &str = "#ComputerSystem.Reset";

/// Redfish `PowerState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerState {
    /// Running.
    On,
    /// Without power, except for the BMC.
    Off,
    /// Between off and on.
    PoweringOn,
    /// Between on and off.
    PoweringOff,
    /// Stopped, with power.
    Paused,
}

impl PowerState {
    fn of(system: &Value) -> Option<Self> {
        Some(match system["PowerState"].as_str()? {
            "On" => Self::On,
            "Off" => Self::Off,
            "PoweringOn" => Self::PoweringOn,
            "PoweringOff" => Self::PoweringOff,
            "Paused" => Self::Paused,
            _ => return None,
        })
    }
}

/// What can be done to the power. For a restart that must be proven, use `ForceOff` and then `On`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerAction {
    /// Power on.
    On,
    /// Power off at once.
    ForceOff,
    /// Ask the operating system to shut down; up to five minutes.
    GracefulShutdown,
    /// Reset at once a machine that is on.
    ForceRestart,
}

impl PowerAction {
    fn deed(self) -> &'static str {
        match self {
            Self::On => "power on",
            Self::ForceOff => "power off",
            Self::GracefulShutdown => "shut down",
            Self::ForceRestart => "restart",
        }
    }

    /// Redfish `ResetType`.
    fn reset_type(self) -> &'static str {
        match self {
            Self::On => "On",
            Self::ForceOff => "ForceOff",
            Self::GracefulShutdown => "GracefulShutdown",
            Self::ForceRestart => "ForceRestart",
        }
    }

    fn outcome(self) -> PowerState {
        match self {
            Self::On | Self::ForceRestart => PowerState::On,
            Self::ForceOff | Self::GracefulShutdown => PowerState::Off,
        }
    }

    fn limit(self, limits: &Limits) -> Duration {
        match self {
            Self::On | Self::ForceOff | Self::ForceRestart => limits.hard_power,
            Self::GracefulShutdown => limits.shutdown,
        }
    }
}

/// How sure it is that an action took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The machine was already so; nothing was sent.
    AlreadySo,
    /// Read back: the power state changed, or the BMC's time of the last reset did.
    Seen,
    /// The BMC said yes and has no way to show it: a restart where it keeps no `LastResetTime`.
    Claimed,
}

impl Redfish {
    /// The power state.
    pub async fn power_state(&self) -> Result<PowerState, BmcError> {
        const DEED: &str = "tell the power state";
        let system = self.system(DEED).await?;
        self.state_of(DEED, &system.body)
    }

    /// Does `action` to the machine, if it is the one expected, and reads back.
    pub async fn set_power(
        &self,
        action: PowerAction,
        expected: &Expected,
    ) -> Result<Proof, BmcError> {
        let deed = action.deed();
        let system = self.meant(deed, expected).await?.body;
        let before = self.state_of(deed, &system)?;
        match (action, before) {
            (PowerAction::ForceRestart, PowerState::Off) => {
                let asked = self.wire.asked(deed);
                let why = "the machine is off; power it on instead".to_owned();
                return Err(BmcError::Refused { asked, why });
            }
            (PowerAction::ForceRestart, _) => {}
            (_, before) if before == action.outcome() => return Ok(Proof::AlreadySo),
            (PowerAction::On | PowerAction::ForceOff | PowerAction::GracefulShutdown, _) => {}
        }
        let target = self.reset_target(action, &system)?;
        self.post(deed, &target, &json!({"ResetType": action.reset_type()}))
            .await?;
        self.power_read_back(action, &system).await
    }

    fn state_of(&self, deed: &'static str, system: &Value) -> Result<PowerState, BmcError> {
        PowerState::of(system).ok_or_else(|| self.missing(deed, "a PowerState that it tells"))
    }

    /// Where the action is posted to, if the BMC offers it. One that lists no values is taken at its word later.
    fn reset_target(&self, action: PowerAction, system: &Value) -> Result<Link, BmcError> {
        let deed = action.deed();
        let offered = &system["Actions"][RESET]["ResetType@Redfish.AllowableValues"];
        let wanted = action.reset_type();
        if let Some(offered) = offered.as_array()
            && !offered.iter().any(|value| value == wanted)
        {
            let offered: Vec<_> = offered.iter().filter_map(Value::as_str).collect();
            let what = format!("the reset type {wanted}, only {}", offered.join(", "));
            return Err(self.missing(deed, &what));
        }
        Link::action(system, RESET).ok_or_else(|| self.missing(deed, "a reset action"))
    }

    async fn power_read_back(
        &self,
        action: PowerAction,
        before: &Value,
    ) -> Result<Proof, BmcError> {
        let last_reset = &before["LastResetTime"];
        let by_time = action == PowerAction::ForceRestart && last_reset.is_string();
        let at = LookAt {
            link: &self.system,
            within: action.limit(&self.limits),
        };
        let look = |system: &Value| match PowerState::of(system) {
            Some(state) if state != action.outcome() => Err(format!("is {state:?}")),
            None => Err("tells no power state".to_owned()),
            Some(_) if by_time && system["LastResetTime"] == *last_reset => {
                Err(format!("its last reset is still that of {last_reset}"))
            }
            Some(_) => Ok(()),
        };
        self.read_back(action.deed(), at, look).await?;
        let claimed = action == PowerAction::ForceRestart && !by_time;
        Ok(if claimed { Proof::Claimed } else { Proof::Seen })
    }
}
