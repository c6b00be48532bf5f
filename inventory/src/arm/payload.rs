//! What an arm that installs lets its node be served. Stored with the arm, in one write.

use serde::{Deserialize, Serialize};

use crate::id::{NodeName, Token};
use crate::store::{Record, Table};

/// What was rendered when the node was armed, byte for byte what it will be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// For this node.
    pub node: NodeName,
    /// The token of the arm it belongs to.
    pub token: Token,
    /// iPXE script.
    pub ipxe: String,
    /// GRUB configuration for a GRUB that fetches over TFTP.
    pub grub: String,
    /// Kickstart.
    pub kickstart: String,
    /// Public SSH host key that the installed system shows at the first login; OpenSSH format, one line.
    pub host_key: String,
    /// The three texts for a node that asks over IPv6, if it has an address there: their URLs are its own.
    #[serde(default)]
    pub over_ipv6: Option<Texts>,
}

/// What a node is served over IPv6.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// iPXE script.
    pub ipxe: String,
    /// GRUB configuration.
    pub grub: String,
    /// Kickstart.
    pub kickstart: String,
}

impl Payload {
    /// Its token, the texts with IPv4 URLs, and those with IPv6 ones.
    pub fn into_texts(self) -> (Token, Texts, Option<Texts>) {
        let over_ipv4 = Texts {
            ipxe: self.ipxe,
            grub: self.grub,
            kickstart: self.kickstart,
        };
        (self.token, over_ipv4, self.over_ipv6)
    }
}

impl Record for Payload {
    const TABLE: Table = Table::Payloads;
    type Key = NodeName;
    fn key(&self) -> NodeName {
        self.node.clone()
    }
}
