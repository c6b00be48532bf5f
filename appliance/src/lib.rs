//! The appliance.

pub mod cli;
