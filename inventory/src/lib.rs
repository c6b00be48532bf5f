//! What Hinode knows and how it is kept: the checked rack, nodes, leases, arms, jobs, events, and the store.
//!
//! No network, no async, no templates: everything here is data, pure functions over it, and one file on disk.
//! After a power cut the store holds every change that was acknowledged, and nothing half-written.

pub mod arm;
pub mod clock;
pub mod config;
pub mod device;
pub mod dhcp;
pub mod disk_key;
pub mod event;
pub mod file;
pub mod fragment;
pub mod id;
pub mod job;
pub mod lease;
pub mod manifest;
pub mod media;
pub mod message;
pub mod net;
pub mod node;
pub mod rack;
pub mod secret;
pub mod store;
pub mod support;
pub mod trial;
pub mod verification;
pub mod word;
