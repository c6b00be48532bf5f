//! A BMC: Redfish over HTTPS, with one machine behind it that has power, a boot order and a virtual CD.
//!
//! It keeps the shapes and rules of DSP0266/DSP2046 and can be told to lie, to fail, to be slow and to lock accounts.
//! Paths are its own, so a client that makes paths up instead of following links finds nothing.

mod machine;
mod resources;
mod rules;
mod server;

pub use machine::{Lies, Machine, Power, PowerLie};
pub use server::{BmcSim, Identity};

/// The user it knows.
pub const USER: &str = "admin";
/// That user's password.
pub const PASSWORD: &str = "the-right-one";
