//! Operating systems of the rack file: which, where their install trees are, how they are begun.

use std::path::PathBuf;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{MediumId, OsName};
use crate::word::{KernelArg, Package, Version};

/// OS family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Rocky Linux.
    Rocky,
    /// AlmaLinux.
    Alma,
    /// Red Hat Enterprise Linux.
    Rhel,
    /// The test rack's stand-in for an installer and its system. Not an operating system to run anything on.
    Standin,
}

/// First loader for UEFI nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Loader {
    /// The OS's own shim and GRUB: works with Secure Boot on and off.
    Shim,
    /// iPXE: faster, unsigned, so Secure Boot must be off.
    Ipxe,
}

/// An operating system that can be installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Os {
    /// Family.
    pub family: Family,
    /// Version, for example `9.8`.
    pub version: Version,
    /// Where its install tree is.
    #[serde(flatten)]
    pub source: Source,
    /// The last day of its support, if the rack file knows better than [`crate::support`].
    #[serde(default)]
    pub end_of_support: Option<Date>,
    /// First loader for UEFI nodes.
    pub loader: Loader,
    /// Kernel arguments for the installer.
    pub append: Vec<KernelArg>,
    /// Packages every node of this OS gets; empty means the built-in KVM host list of the family.
    pub packages: Vec<Package>,
}

/// Where an install tree (`.treeinfo`, `images/`, repositories) is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// In a folder. What is in it may change under an install.
    Tree(PathBuf),
    /// In the image of a medium that was imported. It never changes.
    Media(MediumId),
}

/// Major releases of Enterprise Linux that a kickstart can be written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Release {
    /// 8.
    El8,
    /// 9.
    El9,
    /// 10.
    El10,
}

impl Release {
    /// Of a version, as `9.8`; `None` if it is another one.
    pub fn of(version: &Version) -> Option<Self> {
        match version.split('.').next()? {
            "8" => Some(Self::El8),
            "9" => Some(Self::El9),
            "10" => Some(Self::El10),
            _ => None,
        }
    }
}

impl Os {
    /// Which Enterprise Linux it is. The stand-in reads kickstarts as 9 does.
    pub fn release(&self) -> Release {
        match self.family {
            Family::Rocky | Family::Alma | Family::Rhel => {
                // Checked with the rack file; 9 is what this was written for first.
                Release::of(&self.version).unwrap_or(Release::El9)
            }
            Family::Standin => Release::El9,
        }
    }

    /// The folder of its install tree as nodes name it, in URLs and TFTP file names. That of a medium has the medium's id, so
    /// that a node ends with what it began with, whatever becomes of the rack file.
    pub fn folder(&self, name: &OsName) -> String {
        match &self.source {
            Source::Tree(_) => format!("os/{name}"),
            Source::Media(id) => format!("media/{id}"),
        }
    }
}
