//! Simulators: devices and services as Hinode sees them, over their real protocols, one folder each.

pub mod cloudstack;
