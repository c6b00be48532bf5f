//! Drivers: one folder a kind of device, one file a dialect. A driver does what it is told and reads back; when and
//! why is decided elsewhere. Nothing is stored here.

pub mod bmc;
pub mod cloud;
pub mod switch;
