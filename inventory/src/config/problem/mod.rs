//! What can be wrong in a rack file, as data. Codes are stable: other programs match on them. A family a file; the words
//! are in `english`.

mod addressing;
mod form;
mod host;
mod layer2;
mod storage;
mod value;

pub use addressing::Addressing;
pub use form::Form;
pub use host::{Differs, Host};
pub use layer2::Layer2;
pub use storage::Store;
pub use value::Value;

use crate::id::{CloudName, FirewallName, NetworkName, NodeName, SwitchName};

/// The shape of a TOML value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Text in quotes.
    String,
    /// A whole number.
    Integer,
    /// A number with a point.
    Float,
    /// `true` or `false`.
    Boolean,
    /// A date or time.
    Datetime,
    /// `[...]`.
    Array,
    /// `{...}` or a `[header]`.
    Table,
    /// A size: whole MiB or text with a unit.
    Size,
}

/// Who has an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The appliance.
    Appliance,
    /// The router of a network.
    Gateway(NetworkName),
    /// A node.
    Node(NodeName),
    /// The BMC of a node.
    Bmc(NodeName),
    /// A switch.
    Switch(SwitchName),
    /// A firewall.
    Firewall(FirewallName),
    /// A cloud controller.
    Cloud(CloudName),
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Syntax, keys and types.
    Form(Form),
    /// Values and names.
    Value(Value),
    /// VLANs, roles, ports and bridges.
    Layer2(Layer2),
    /// Subnets and addresses.
    Addressing(Addressing),
    /// The network of a host.
    Host(Host),
    /// Storage.
    Storage(Store),
}

impl Problem {
    /// The stable code.
    pub fn code(&self) -> String {
        match self {
            Self::Form(problem) => problem.code().to_owned(),
            Self::Value(problem) => problem.code(),
            Self::Layer2(problem) => problem.code().to_owned(),
            Self::Addressing(problem) => problem.code().to_owned(),
            Self::Host(problem) => problem.code().to_owned(),
            Self::Storage(problem) => problem.code().to_owned(),
        }
    }

    /// Whether a thing is missing, which may be so only because a line that had it is not TOML.
    pub(super) fn is_absence(&self) -> bool {
        match self {
            Self::Form(problem) => problem.is_absence(),
            Self::Value(problem) => problem.is_absence(),
            Self::Layer2(problem) => problem.is_absence(),
            Self::Addressing(problem) => problem.is_absence(),
            Self::Host(problem) => problem.is_absence(),
            Self::Storage(problem) => problem.is_absence(),
        }
    }
}

impl From<Form> for Problem {
    fn from(problem: Form) -> Self {
        Self::Form(problem)
    }
}

impl From<Value> for Problem {
    fn from(problem: Value) -> Self {
        Self::Value(problem)
    }
}

impl From<Layer2> for Problem {
    fn from(problem: Layer2) -> Self {
        Self::Layer2(problem)
    }
}

impl From<Addressing> for Problem {
    fn from(problem: Addressing) -> Self {
        Self::Addressing(problem)
    }
}

impl From<Host> for Problem {
    fn from(problem: Host) -> Self {
        Self::Host(problem)
    }
}

impl From<Store> for Problem {
    fn from(problem: Store) -> Self {
        Self::Storage(problem)
    }
}
