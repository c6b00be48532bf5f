//! The appliance.

pub mod cli;
pub mod secrets;
