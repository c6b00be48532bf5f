//! Storage that hosts use besides their own disks: where it is, and who may write to which LUN. Pure.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Node, Rack};
use crate::id::{NodeName, StorageName};
use crate::word::{Export, MountPoint, Target, Wwid};

/// A storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Storage {
    /// A folder of an NFS server, mounted.
    Nfs(Nfs),
    /// LUNs of an iSCSI target.
    Iscsi(Iscsi),
    /// A cluster file system that something else mounts, at the same place on every host of a cluster.
    SharedMountPoint(SharedMount),
}

/// A folder of an NFS server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nfs {
    /// The server.
    pub server: IpAddr,
    /// Its folder.
    pub export: Export,
    /// Where it is mounted.
    pub mount: MountPoint,
    /// Which version of the protocol.
    pub version: NfsVersion,
    /// TCP connections, 1 to 16.
    pub nconnect: u32,
    /// Mount options besides.
    pub options: Vec<NfsOption>,
}

/// Versions of NFS that need no other service beside (RFC 8881, RFC 7862).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NfsVersion {
    /// 4.1.
    #[serde(rename = "4.1")]
    V41,
    /// 4.2.
    #[serde(rename = "4.2")]
    V42,
}

impl NfsVersion {
    /// As mount has it.
    pub fn number(self) -> &'static str {
        match self {
            Self::V41 => "4.1",
            Self::V42 => "4.2",
        }
    }
}

/// Mount options that a site may choose. `soft` is not among them: a guest's write that fails is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NfsOption {
    /// No times of access are written.
    Noatime,
    /// No device files.
    Nodev,
    /// No programs are run from it.
    Noexec,
    /// No program of it becomes another user.
    Nosuid,
    /// Read only.
    Ro,
}

impl NfsOption {
    /// As mount has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Noatime => "noatime",
            Self::Nodev => "nodev",
            Self::Noexec => "noexec",
            Self::Nosuid => "nosuid",
            Self::Ro => "ro",
        }
    }
}

impl Nfs {
    /// `SERVER:FOLDER`, as mount has it.
    pub fn source(&self) -> String {
        match self.server {
            IpAddr::V4(server) => format!("{server}:{}", self.export),
            IpAddr::V6(server) => format!("[{server}]:{}", self.export),
        }
    }
}

/// LUNs of an iSCSI target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Iscsi {
    /// Where the target listens, one or two; two are two paths to every LUN.
    pub portals: Vec<Portal>,
    /// Its iSCSI name.
    pub target: Target,
    /// Its LUNs that hosts of this rack use.
    pub luns: Vec<Lun>,
}

impl Iscsi {
    /// Whether every LUN is seen more than once, so that multipath must make one of it.
    pub fn is_multipath(&self) -> bool {
        self.portals.len() > 1
    }
}

/// A portal of an iSCSI target: an address, with a port if it is not 3260.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Portal(pub SocketAddr);

/// Why a text is not a portal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a portal: write an address, with a port if it is not 3260")]
pub struct BadPortal(pub String);

impl FromStr for Portal {
    type Err = BadPortal;
    fn from_str(text: &str) -> Result<Self, BadPortal> {
        let bare = text.parse().map(|address: IpAddr| (address, 3260).into());
        let portal: Option<SocketAddr> = bare.ok().or_else(|| text.parse().ok());
        portal
            .filter(|it| it.port() != 0 && !it.ip().is_unspecified())
            .map(Self)
            .ok_or_else(|| BadPortal(text.to_owned()))
    }
}

impl fmt::Display for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A LUN, and who writes to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lun {
    /// Which.
    pub wwid: Wwid,
    /// By whom.
    #[serde(flatten)]
    pub user: LunUser,
}

/// Who writes to a LUN. Two hosts without a lock manager between them destroy what is on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LunUser {
    /// One host.
    Host(NodeName),
    /// Every host with this cluster file system, whose lock manager keeps them apart.
    Shared(StorageName),
}

/// A cluster file system that something else mounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedMount {
    /// Where.
    pub path: MountPoint,
    /// What is mounted there.
    pub file_system: ClusterFs,
}

/// Cluster file systems that an Enterprise Linux has a driver of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClusterFs {
    /// GFS2, of EL 8 and 9.
    Gfs2,
    /// CephFS.
    Cephfs,
}

impl ClusterFs {
    /// The kernel's name of it.
    pub fn kernel_name(self) -> &'static str {
        match self {
            Self::Gfs2 => "gfs2",
            Self::Cephfs => "ceph",
        }
    }
}

impl Rack {
    /// What `node` uses by its profile.
    pub fn storages_of<'a>(&'a self, node: &Node) -> Vec<(&'a StorageName, &'a Storage)> {
        let profile = self.profiles.get(&node.profile);
        let names = profile.into_iter().flat_map(|profile| &profile.storage);
        names
            .filter_map(|name| self.storages.get_key_value(name))
            .collect()
    }

    /// The iSCSI name of `node` (RFC 7143 §4.2.7.2), if it is a client of any iSCSI target: the site's date, its domain
    /// backwards, the node's name. No other node has it.
    pub fn initiator(&self, node: &Node) -> Option<String> {
        let mut storages = self.storages_of(node).into_iter();
        let is_client = storages.any(|(_, storage)| match storage {
            Storage::Iscsi(_) => true,
            Storage::Nfs(_) | Storage::SharedMountPoint(_) => false,
        });
        let date = self.site.iqn_date.as_ref().filter(|_| is_client)?;
        let labels: Vec<&str> = self.site.domain.rsplit('.').collect();
        Some(format!("iqn.{date}.{}:{}", labels.join("."), node.name))
    }

    /// Whether `node` may write to `lun`.
    pub fn is_given(&self, lun: &Lun, node: &Node) -> bool {
        match &lun.user {
            LunUser::Host(host) => *host == node.name,
            LunUser::Shared(shared) => {
                let mut storages = self.storages_of(node).into_iter();
                storages.any(|(name, _)| name == shared)
            }
        }
    }

    /// Every LUN of the rack.
    pub fn luns(&self) -> impl Iterator<Item = &Lun> {
        self.storages.values().flat_map(|storage| match storage {
            Storage::Iscsi(iscsi) => iscsi.luns.as_slice(),
            Storage::Nfs(_) | Storage::SharedMountPoint(_) => &[],
        })
    }
}
