//! Jobs: long work for one node, as a pure `next` and repeatable steps. Only this module writes jobs and makes arms.
//!
//! After a power cut every job that is not over goes on with the step of its stored stage: at most one step is repeated.

pub mod bring_up;
mod console;
pub mod facts;
mod limits;
pub mod record;
pub mod runner;
pub mod steps;
pub mod stop;
mod turn;
pub mod wish;

pub use limits::{ARM_LIFE, limit};
