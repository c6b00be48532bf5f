//! How long a stage may last, with the reason of each length. Measured on real firmware in the virtual rack; real
//! servers test memory for minutes before they ask for an address.

use std::time::Duration;

use inventory::job::Stage;

const MINUTE: u64 = 60;

/// The longest a job may stay in `stage`.
pub fn limit(stage: &Stage) -> Duration {
    let seconds = match stage {
        // A BMC answers within seconds or is rebooting itself, which takes minutes.
        Stage::Check | Stage::Power => 5 * MINUTE,
        // One commit on a switch; Junos takes tens of seconds.
        Stage::ProvisionPort | Stage::ServicePort => 3 * MINUTE,
        // Rendering and one write.
        Stage::Arm => MINUTE,
        // Memory test, firmware, installer, packages over a slow network: an hour means that nothing moves.
        Stage::Install => 60 * MINUTE,
        // Memory test and boot from disk.
        Stage::Verify => 20 * MINUTE,
        // addHost alone may take five minutes, and the controller polls every 30 s (`cloud-controllers.md` A7).
        Stage::Register => 30 * MINUTE,
        Stage::VerifyAgain => 5 * MINUTE,
        // No limit is asked for when a job is over.
        Stage::Done | Stage::Failed { .. } => 0,
    };
    Duration::from_secs(seconds)
}
