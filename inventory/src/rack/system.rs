//! How the installed system of a profile is set up, besides its disks, its network and its packages.

use serde::{Deserialize, Serialize};

use crate::word::{CpuList, PublicKey, Sysctl, TunedProfile, UnitName, UserName};

/// How the installed system is set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// People who log in besides root, by key alone.
    pub users: Vec<User>,
    /// SELinux.
    pub selinux: Selinux,
    /// Kernel settings.
    pub sysctl: Vec<Sysctl>,
    /// Profile of tuned; `virtual-host` if absent.
    pub tuned: Option<TunedProfile>,
    /// Whether devices may be given to guests (IOMMU on, in pass-through mode for the host's own).
    pub iommu: bool,
    /// Memory in huge pages from the start.
    pub hugepages: Option<Hugepages>,
    /// Processors that the kernel leaves to guests.
    pub isolated_cpus: Option<CpuList>,
    /// Whether a crashed kernel leaves a dump.
    pub kdump: bool,
    /// Units enabled besides the appliance's own.
    pub services: Vec<UnitName>,
}

impl Default for System {
    fn default() -> Self {
        Self {
            users: Vec::new(),
            selinux: Selinux::Enforcing,
            sysctl: Vec::new(),
            tuned: None,
            iommu: false,
            hugepages: None,
            isolated_cpus: None,
            // A host that crashes once in a year must say why.
            kdump: true,
            services: Vec::new(),
        }
    }
}

/// A person who logs in besides root. There are no passwords: a hash in a kickstart crosses the network in the clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Login name.
    pub name: UserName,
    /// OpenSSH public keys, at least one.
    pub keys: Vec<PublicKey>,
    /// Whether sudo makes them root, without a password since they have none.
    pub sudo: bool,
}

/// What SELinux does with what its policy forbids. Switched off altogether a system would have to be relabelled to go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Selinux {
    /// It is refused.
    Enforcing,
    /// It is written to the log.
    Permissive,
}

/// Huge pages, taken at boot: later there may be no room in one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hugepages {
    /// Of which size.
    pub size: HugepageSize,
    /// How many.
    pub count: u32,
}

/// The sizes of huge pages of x86-64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HugepageSize {
    /// 2 MiB.
    #[serde(rename = "2 MiB")]
    Mib2,
    /// 1 GiB.
    #[serde(rename = "1 GiB")]
    Gib1,
}

impl HugepageSize {
    /// As the kernel's command line has it.
    pub fn argument(self) -> &'static str {
        match self {
            Self::Mib2 => "2M",
            Self::Gib1 => "1G",
        }
    }
}

impl System {
    /// Kernel arguments that its settings come to. `intel_iommu` means nothing to AMD's, which is on by itself.
    pub fn kernel_args(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        let mut add = |argument: String| arguments.push(argument);
        if self.iommu {
            add("intel_iommu=on".to_owned());
            add("iommu=pt".to_owned());
        }
        if let Some(pages) = self.hugepages {
            let size = pages.size.argument();
            add(format!("default_hugepagesz={size}"));
            add(format!("hugepagesz={size}"));
            add(format!("hugepages={}", pages.count));
        }
        if let Some(cpus) = &self.isolated_cpus {
            add(format!("isolcpus=managed_irq,domain,{cpus}"));
            add(format!("nohz_full={cpus}"));
            add(format!("rcu_nocbs={cpus}"));
        }
        arguments
    }
}
