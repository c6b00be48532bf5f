//! The appliance: jobs, API, command line. Everything that acts, and nothing that answers a booting node.

pub mod api;
pub mod bell;
pub mod cli;
pub mod clock;
pub mod consoles;
pub mod context;
pub mod discover;
pub mod handover;
pub mod jobs;
pub mod login;
pub mod media;
pub mod metrics;
pub mod pins;
pub mod racks;
pub mod secrets;
pub mod serve;
pub mod services;
pub mod ssh;
pub mod vault;
pub mod verification;
