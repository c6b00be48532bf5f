//! Top-of-rack switches: which VLANs a port carries. The model and the diff are the same for every vendor; what a
//! vendor makes of them is in its own file.
//!
//! Nothing is stored here. A power cut in the middle of `apply` leaves the switch before or after the whole change
//! (or, if it fell between change and read-back, after it and unread): reading again and planning again is always safe.

mod delta;
mod error;
mod model;
pub mod ovs;

pub use delta::{Change, Delta, Fault, delta};
pub use error::{Asked, SwitchError};
pub use model::{Found, Mode, NoVlan, Saved, State, Trunk, Want};
