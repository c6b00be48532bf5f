//! What is known when a node is armed, in one value: everything rendered comes from here and nowhere else.

use std::net::{IpAddr, Ipv4Addr};

use inventory::id::{OsName, Token};
use inventory::net::UrlHost;
use inventory::node::Identity;
use inventory::rack::{Interface, Node, Os, Profile, Rack};
use inventory::secret::Secret;

/// One boot of one node into an installer.
#[derive(Debug, Clone, Copy)]
pub struct Boot<'a> {
    /// The rack.
    pub rack: &'a Rack,
    /// The node.
    pub node: &'a Node,
    /// The one-time token of its arm.
    pub token: Token,
    /// Whose installer.
    pub os: &'a OsName,
}

/// One install of one node.
#[derive(Debug, Clone)]
pub struct Install<'a> {
    /// The rack.
    pub rack: &'a Rack,
    /// The node.
    pub node: &'a Node,
    /// The one-time token of its arm.
    pub token: Token,
    /// Who the machine must be, or nothing is written.
    pub identity: &'a Identity,
    /// What may become of data on its disks.
    pub data: Data,
    /// SSH host key for the first login, replaced then.
    pub host_key: &'a HostKey,
    /// Passphrase of its disks, if its profile has them encrypted; replaced at the first login, too.
    pub passphrase: Option<&'a Secret>,
    /// The appliance's own SSH public key, OpenSSH format.
    pub appliance_key: &'a str,
}

/// What may become of data that is on a node's disks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// There must be none: a disk with any signature stops the install.
    Refused,
    /// A person allowed that it is destroyed.
    Wiped,
    /// The same, but for the volume of guests' images, which must be there. The partitions stay.
    ImagesKept,
}

/// Which internet protocol a text's URLs are for: the one that its reader booted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

/// An SSH host key made for one install. It travels over plain HTTP, so it is worth nothing after the first login.
#[derive(Debug, Clone)]
pub struct HostKey {
    /// OpenSSH private key, PEM.
    pub private: Secret,
    /// OpenSSH public key, one line.
    pub public: String,
}

/// Why nothing can be rendered.
#[derive(Debug, thiserror::Error)]
pub enum NotRenderable {
    /// The rack names something that is not in it. `config::check` makes such a rack impossible.
    #[error(
        "node {node} needs {what}, which the rack does not have; run `hinode check` on the rack file"
    )]
    Missing {
        /// The node.
        node: String,
        /// What is missing.
        what: String,
    },
    /// The template engine failed.
    #[error("a template failed: {0}; report this as a defect")]
    Template(#[from] askama::Error),
}

impl<'a> Boot<'a> {
    /// Where the node finds this appliance, as it stands in a URL.
    pub fn url_host(&self, over: Over) -> Result<UrlHost, NotRenderable> {
        let interface = self.interface()?;
        let address = match over {
            Over::Ipv4 => IpAddr::V4(interface.address),
            Over::Ipv6 => {
                let missing = || self.missing("an IPv6 address of the appliance".to_owned());
                IpAddr::V6(interface.address6.ok_or_else(missing)?)
            }
        };
        Ok(UrlHost(address))
    }

    fn interface(&self) -> Result<&'a Interface, NotRenderable> {
        let interface = self.rack.interface_in(&self.node.network);
        let missing = || self.missing(format!("an appliance interface in {}", self.node.network));
        interface.ok_or_else(missing)
    }

    /// What boots.
    pub fn os(&self) -> Result<&'a Os, NotRenderable> {
        let missing = || self.missing(format!("os {}", self.os));
        self.rack.oses.get(self.os).ok_or_else(missing)
    }

    /// The folder of its install tree, as nodes name it.
    pub fn folder(&self) -> Result<String, NotRenderable> {
        Ok(self.os()?.folder(self.os))
    }

    fn missing(&self, what: String) -> NotRenderable {
        missing(self.node, what)
    }
}

impl<'a> Install<'a> {
    /// How the node gets into the installer.
    pub fn boot(&self) -> Result<Boot<'a>, NotRenderable> {
        Ok(Boot {
            rack: self.rack,
            node: self.node,
            token: self.token,
            os: &self.profile()?.os,
        })
    }

    /// Where the node finds this appliance.
    pub fn server(&self) -> Result<Ipv4Addr, NotRenderable> {
        Ok(self.boot()?.interface()?.address)
    }

    /// The same as it stands in a URL.
    pub fn url_host(&self, over: Over) -> Result<UrlHost, NotRenderable> {
        self.boot()?.url_host(over)
    }

    /// What it becomes.
    pub fn profile(&self) -> Result<&'a Profile, NotRenderable> {
        let profile = self.rack.profiles.get(&self.node.profile);
        profile.ok_or_else(|| self.missing(format!("profile {}", self.node.profile)))
    }

    /// What is installed.
    pub fn os(&self) -> Result<&'a Os, NotRenderable> {
        self.boot()?.os()
    }

    /// The folder of its install tree, as nodes name it.
    pub fn folder(&self) -> Result<String, NotRenderable> {
        self.boot()?.folder()
    }

    /// Its full host name.
    pub fn fqdn(&self) -> String {
        format!("{}.{}", self.node.name, self.rack.site.domain)
    }

    pub(crate) fn missing(&self, what: String) -> NotRenderable {
        missing(self.node, what)
    }
}

fn missing(node: &Node, what: String) -> NotRenderable {
    NotRenderable::Missing {
        node: node.name.to_string(),
        what,
    }
}
