//! How long a BMC may take to do what it said it does, before it counts as lying.

use std::time::Duration;

/// Hard power changes take BMCs one to fifteen seconds; three times that, and a lie is named within a minute.
const HARD_POWER: Duration = Duration::from_secs(45);
/// An operating system that shuts down in order stops its guests and services first.
const SHUTDOWN: Duration = Duration::from_secs(300);
/// A new boot override shows at once or after a few seconds; a reverted one within as many.
const BOOT: Duration = Duration::from_secs(10);
/// Some BMCs fetch the first megabytes before they show a medium.
const MEDIA: Duration = Duration::from_secs(45);
/// BMCs apply with a lag and dislike being asked often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Time limits of reading back. The default is right for every BMC known so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Power on, power off, restart.
    pub hard_power: Duration,
    /// Shutdown by the operating system.
    pub shutdown: Duration,
    /// Boot override.
    pub boot: Duration,
    /// Virtual media.
    pub media: Duration,
    /// Between two looks.
    pub look_again: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hard_power: HARD_POWER,
            shutdown: SHUTDOWN,
            boot: BOOT,
            media: MEDIA,
            look_again: LOOK_AGAIN,
        }
    }
}
