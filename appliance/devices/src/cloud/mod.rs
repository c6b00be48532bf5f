//! Cloud controllers: Apache CloudStack 4.19 to 4.22 over its signed HTTP API.
//!
//! [`CloudStack`] finds the zone, pod and cluster of the rack file, looks whether a host is known, adds it, and sees it Up.
//! What it leaves to others: the host's own preparation (kickstart), the one-time root password and when to look again
//! (the job). Nothing is kept here: after a power cut the job asks again, and [`CloudStack::add_host`] looks before it adds.

mod add;
mod answer;
mod blame;
mod changes;
mod client;
mod command;
mod error;
mod find;
mod guests;
mod guid;
mod host;
mod key;
mod place;
mod post;
mod progress;
mod signature;

pub use add::{Existing, NewHost};
pub use changes::{Changes, Listening, changes};
pub use client::{CloudStack, Limits};
pub use command::Command;
pub use error::{CloudError, Denial, Quiet, Refusal, Why};
pub use find::{Known, SameAs};
pub use guid::guid_of;
pub use host::{Host, HostId, HostState, ResourceState};
pub use place::Place;
pub use progress::Progress;
