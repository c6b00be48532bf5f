//! Jobs: long work for one node, as a pure `next` and repeatable steps. Only this module writes jobs and makes arms.
//!
//! After a power cut every job that is not over goes on with the step of its stored stage: at most one step is repeated.

mod any_kind;
pub mod bring_up;
mod console;
pub mod facts;
mod limits;
pub mod record;
pub mod runner;
pub mod steps;
pub mod stop;
pub mod trial;
mod turn;
pub mod wish;

pub use limits::{ARM_LIFE, TRIAL_LIFE, limit};

use inventory::clock::Now;
use inventory::job::{Aim, Job};

use bring_up::{Facts, Next};

/// What `job` does next: each kind of job is a diagram of its own.
pub fn next(job: &Job, facts: &Facts, now: &Now) -> Next {
    match job.wish.aim {
        Aim::BringUp => bring_up::next(job, facts, now),
        Aim::Trial { .. } => trial::next(job, facts, now),
    }
}
