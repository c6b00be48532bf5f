//! Frames on one interface, below the kernel's IP: a DHCP reply to a client that has no address yet, ARP that asks who
//! has an address, and ears for the DHCP servers of others.
//!
//! `arp` and `frame` are pure; `socket` is the thin edge. Nothing is stored: a power cut loses a probe, and its client
//! asks again.

pub mod arp;
pub mod frame;
pub(crate) mod neighbour;
pub mod probe;
pub mod socket;

pub use arp::Arp;
pub use frame::{Datagram, End};
pub use probe::{Probed, Prober};
pub use socket::{Hears, Wire};
