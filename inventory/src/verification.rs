//! What looks into an installed system found: check by check, what was asked, what was found, and the verdict.
//!
//! Made by the appliance's verification, one report a node. Written whole: after a power cut it holds the last look that
//! was acknowledged.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::NodeName;
use crate::store::{Record, Table};

/// The longest text of one side of a check, characters: a report stays small whatever a node says.
pub const TEXT_MAX: usize = 300;
/// More checks than a node has subjects; the rest is left out.
pub const CHECKS_MAX: usize = 200;

/// When a node was looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// After the install, before a cloud controller changed anything.
    BeforeRegistration,
    /// After registration, with what that may change.
    AfterRegistration,
}

/// Subjects of checks by the part of the system they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Release, kernel, names.
    System,
    /// Disks.
    Disks,
    /// Links and addresses.
    Network,
    /// Storage besides its own disks.
    Storage,
    /// The clock.
    Time,
    /// The virtualisation.
    Libvirt,
    /// Packages.
    Packages,
    /// Units and ports.
    Services,
    /// What must be equal, or must not be, on other hosts.
    Cluster,
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Which operating system.
    Os,
    /// Its version.
    OsVersion,
    /// The kernel that runs is the one that boots by default.
    Kernel,
    /// The system runs from its disk, not the installer.
    OwnSystem,
    /// The product serial number.
    Serial,
    /// The full host name.
    HostName,
    /// The full host name resolves to the node's address.
    NameResolves,
    /// `/dev/kvm`.
    Kvm,
    /// What SELinux does now, and after the next boot.
    Selinux,
    /// Arguments of the kernel that runs.
    KernelArgs,
    /// A setting of the kernel.
    Sysctl,
    /// The profile of tuned.
    Tuned,
    /// A crashed kernel leaves a dump, or none.
    Kdump,
    /// A person who logs in: there, with these keys and no others, and sudo or not.
    User,
    /// No account has a password.
    Passwords,
    /// The disk that `/` lies on.
    RootDisk,
    /// A software RAID array is clean and complete.
    Array,
    /// The second EFI system partition of mirrored disks.
    BootCopy,
    /// Ports that are one: how, and all of them.
    Bond,
    /// An address.
    Address,
    /// The default router of a family, and no other.
    Router,
    /// A route besides it.
    Route,
    /// Where names are looked up.
    NameServers,
    /// Which domains short names are looked up in.
    SearchDomains,
    /// A bridge has its port, with carrier.
    Bridge,
    /// The spanning tree protocol of a bridge is on, or off.
    Stp,
    /// A VLAN link.
    Vlan,
    /// Largest frame of a link.
    Mtu,
    /// Full-size frames reach another machine unfragmented.
    FullFrames,
    /// Offloads that break bridges are off.
    Offloads,
    /// A storage is mounted as asked.
    Mount,
    /// The iSCSI name is this node's alone.
    Initiator,
    /// A session to a portal of an iSCSI target.
    Session,
    /// A LUN with all its paths.
    Lun,
    /// No LUN is seen that another host writes to.
    StrangeLuns,
    /// The clock is synchronised, and right.
    Clock,
    /// libvirt runs; after registration it answers over TLS.
    Libvirt,
    /// Every wanted package is installed.
    Installed,
    /// Every installed package is signed.
    Signed,
    /// The files of the wanted packages are as packaged.
    Unaltered,
    /// A service that should run, or should not.
    Service,
    /// No unit failed.
    FailedUnits,
    /// Nothing listens but what was asked for.
    Listening,
    /// The host's own packet filter is off, or on with these ports.
    Firewall,
    /// The machine id is this node's alone.
    MachineId,
    /// libvirt's host UUID is this node's alone.
    HostUuid,
    /// What live migration needs equal on all hosts of a cluster.
    Migration,
}

impl What {
    /// Every subject.
    pub const ALL: [Self; 47] = [
        Self::Os,
        Self::OsVersion,
        Self::Kernel,
        Self::OwnSystem,
        Self::Serial,
        Self::HostName,
        Self::NameResolves,
        Self::Kvm,
        Self::Selinux,
        Self::KernelArgs,
        Self::Sysctl,
        Self::Tuned,
        Self::Kdump,
        Self::User,
        Self::Passwords,
        Self::RootDisk,
        Self::Array,
        Self::BootCopy,
        Self::Bond,
        Self::Address,
        Self::Router,
        Self::Route,
        Self::NameServers,
        Self::SearchDomains,
        Self::Bridge,
        Self::Stp,
        Self::Vlan,
        Self::Mtu,
        Self::FullFrames,
        Self::Offloads,
        Self::Mount,
        Self::Initiator,
        Self::Session,
        Self::Lun,
        Self::StrangeLuns,
        Self::Clock,
        Self::Libvirt,
        Self::Installed,
        Self::Signed,
        Self::Unaltered,
        Self::Service,
        Self::FailedUnits,
        Self::Listening,
        Self::Firewall,
        Self::MachineId,
        Self::HostUuid,
        Self::Migration,
    ];

    /// Where it belongs.
    pub fn topic(self) -> Topic {
        match self {
            Self::Os
            | Self::OsVersion
            | Self::Kernel
            | Self::OwnSystem
            | Self::Serial
            | Self::HostName
            | Self::NameResolves
            | Self::Kvm
            | Self::Selinux
            | Self::KernelArgs
            | Self::Sysctl
            | Self::Tuned
            | Self::Kdump
            | Self::User
            | Self::Passwords => Topic::System,
            Self::RootDisk | Self::Array | Self::BootCopy => Topic::Disks,
            Self::Bond
            | Self::Address
            | Self::Router
            | Self::Route
            | Self::NameServers
            | Self::SearchDomains
            | Self::Bridge
            | Self::Stp
            | Self::Vlan
            | Self::Mtu
            | Self::FullFrames
            | Self::Offloads => Topic::Network,
            Self::Mount | Self::Initiator | Self::Session | Self::Lun | Self::StrangeLuns => {
                Topic::Storage
            }
            Self::Clock => Topic::Time,
            Self::Libvirt => Topic::Libvirt,
            Self::Installed | Self::Signed | Self::Unaltered => Topic::Packages,
            Self::Service | Self::FailedUnits | Self::Listening | Self::Firewall => Topic::Services,
            Self::MachineId | Self::HostUuid | Self::Migration => Topic::Cluster,
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Os => "operating system",
            Self::OsVersion => "version",
            Self::Kernel => "kernel",
            Self::OwnSystem => "boot",
            Self::Serial => "serial number",
            Self::HostName => "host name",
            Self::NameResolves => "host name resolves",
            Self::Kvm => "/dev/kvm",
            Self::Selinux => "SELinux",
            Self::KernelArgs => "kernel arguments",
            Self::Sysctl => "kernel setting",
            Self::Tuned => "tuned profile",
            Self::Kdump => "kdump",
            Self::User => "user",
            Self::Passwords => "passwords",
            Self::RootDisk => "/ on disk",
            Self::Array => "RAID array",
            Self::BootCopy => "second EFI system partition",
            Self::Bond => "bond",
            Self::Address => "address",
            Self::Router => "default router",
            Self::Route => "route to",
            Self::NameServers => "name servers",
            Self::SearchDomains => "search domains",
            Self::Bridge => "bridge",
            Self::Stp => "spanning tree of",
            Self::Vlan => "VLAN",
            Self::Mtu => "MTU",
            Self::FullFrames => "full frames to",
            Self::Offloads => "offloads of",
            Self::Mount => "mount",
            Self::Initiator => "iSCSI initiator",
            Self::Session => "iSCSI session to",
            Self::Lun => "LUN",
            Self::StrangeLuns => "LUNs of others",
            Self::Clock => "clock",
            Self::Libvirt => "libvirt",
            Self::Installed => "packages installed",
            Self::Signed => "packages signed",
            Self::Unaltered => "packaged files",
            Self::Service => "service",
            Self::FailedUnits => "failed units",
            Self::Listening => "listening ports",
            Self::Firewall => "firewall",
            Self::MachineId => "machine id",
            Self::HostUuid => "host UUID",
            Self::Migration => "same on the cluster",
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Verdict {
    /// As asked.
    Good,
    /// Not as asked.
    Wrong,
    /// Could not be asked of this node, or not yet.
    Skipped {
        /// Why.
        why: String,
    },
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What it is about.
    pub what: What,
    /// Which one, where there are several: a bridge, a link, a unit.
    #[serde(default)]
    pub of: String,
    /// What was asked for.
    pub asked: String,
    /// What was found.
    pub found: String,
    /// How it ended.
    pub verdict: Verdict,
}

impl Check {
    /// What it is about, in words.
    pub fn subject(&self) -> String {
        match self.of.is_empty() {
            true => self.what.title().to_owned(),
            false => format!("{} {}", self.what.title(), self.of),
        }
    }

    /// What is wrong, with both sides; `None` unless it is.
    pub fn fault(&self) -> Option<String> {
        match &self.verdict {
            Verdict::Wrong => Some(format!(
                "{}: found `{}`, wanted `{}`",
                self.subject(),
                self.found,
                self.asked
            )),
            Verdict::Good | Verdict::Skipped { .. } => None,
        }
    }
}

/// One look into a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// When.
    pub at: Timestamp,
    /// At which point of its life.
    pub look: Look,
    /// Every check, in order of their subjects.
    pub checks: Vec<Check>,
    /// What other hosts are compared with: machine id, processor, versions. Name and value.
    #[serde(default)]
    pub traits: BTreeMap<String, String>,
}

impl Verification {
    /// Every fault, in words.
    pub fn faults(&self) -> Vec<String> {
        self.checks.iter().filter_map(Check::fault).collect()
    }
}

/// The last looks of jobs into one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeReport {
    /// The node.
    pub node: NodeName,
    /// Before its registration.
    pub before: Option<Verification>,
    /// After it; none as long as the present install has not come so far.
    pub after: Option<Verification>,
}

impl NodeReport {
    /// The last look.
    pub fn last(&self) -> Option<&Verification> {
        self.after.as_ref().or(self.before.as_ref())
    }
}

impl Record for NodeReport {
    const TABLE: Table = Table::Verifications;
    type Key = NodeName;
    fn key(&self) -> NodeName {
        self.node.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_is_listed_once_and_has_a_name_of_its_own() {
        let mut names: Vec<&str> = What::ALL.iter().map(|what| what.title()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), What::ALL.len());
        assert!(What::ALL.is_sorted());
    }

    #[test]
    fn only_what_is_wrong_is_a_fault() {
        let check = |verdict| Check {
            what: What::Bridge,
            of: "cloudbr0".to_owned(),
            asked: "a port with carrier".to_owned(),
            found: "no port".to_owned(),
            verdict,
        };
        let fault = "bridge cloudbr0: found `no port`, wanted `a port with carrier`";
        assert_eq!(check(Verdict::Wrong).fault().as_deref(), Some(fault));
        assert_eq!(check(Verdict::Good).fault(), None);
        let why = "no bridge".to_owned();
        assert_eq!(check(Verdict::Skipped { why }).fault(), None);
    }
}
