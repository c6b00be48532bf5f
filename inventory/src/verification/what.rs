//! What checks are about: subjects, and the part of the system that each belongs to.

use serde::{Deserialize, Serialize};

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
    /// `/` is encrypted, and one passphrase opens it.
    Encrypted,
    /// What opens the encrypted disks at boot.
    Locks,
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
    pub const ALL: [Self; 49] = [
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
        Self::Encrypted,
        Self::Locks,
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
            Self::RootDisk | Self::Array | Self::BootCopy | Self::Encrypted | Self::Locks => {
                Topic::Disks
            }
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
            Self::Encrypted => "encryption",
            Self::Locks => "locks of the disks",
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
}
