//! Simulators: devices and services as Hinode sees them, over their real protocols, one folder each.

pub mod bmc;
pub mod cloudstack;
pub mod ipmi;
pub mod namespace;
pub mod ovsdb;
pub mod packet_node;
pub mod peer;
pub mod rack_of_packets;
pub mod small_rack;
