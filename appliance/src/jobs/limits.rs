//! How long a stage may last, with the reason of each length. Measured on real firmware in the virtual rack; real
//! servers test memory for minutes before they ask for an address.

use std::time::Duration;

use inventory::job::Stage;

const MINUTE: u64 = 60;

/// An arm is void after this: memory test, firmware, installer and packages over a slow network take an hour at worst.
pub const ARM_LIFE: Duration = Duration::from_secs(90 * MINUTE);

/// The arm of a trial is void after this: memory test, firmware, the installer's image over a slow network, and a look.
pub const TRIAL_LIFE: Duration = Duration::from_secs(45 * MINUTE);

/// How often a node that does not get as far as its kickstart is started anew by the same job: what two more starts do not
/// mend (a lost file, a loader at its prompt), a person must look at.
pub(super) const RESTARTS_MAX: usize = 2;

/// The longest a job may stay in `stage`.
pub fn limit(stage: &Stage) -> Duration {
    let seconds = match stage {
        // A BMC answers within seconds or is rebooting itself, which takes minutes.
        Stage::Check | Stage::Power => 5 * MINUTE,
        // One commit on a switch; Junos takes tens of seconds.
        Stage::ProvisionPort | Stage::ServicePort => 3 * MINUTE,
        // Rendering and one write.
        Stage::Arm => MINUTE,
        // The arm's life ends an install; this only ends a job whose arm does not.
        Stage::Install => ARM_LIFE.as_secs() + 5 * MINUTE,
        // Memory test and boot from disk.
        Stage::Verify => 20 * MINUTE,
        // addHost alone may take five minutes, and the controller polls every 30 s (`cloud-controllers.md` A7).
        Stage::Register => 30 * MINUTE,
        Stage::VerifyAgain => 5 * MINUTE,
        // One run may take half an hour, and is tried again if it fails.
        Stage::Playbook => 75 * MINUTE,
        // The arm's life ends a trial; this only ends a job whose arm does not.
        Stage::Try => TRIAL_LIFE.as_secs() + 5 * MINUTE,
        // A switch or BMC that is away for a moment is waited for: somebody's machine is to come back.
        Stage::GiveBack { .. } => 30 * MINUTE,
        // No limit is asked for when a job is over.
        Stage::Done | Stage::Failed { .. } => 0,
    };
    Duration::from_secs(seconds)
}
