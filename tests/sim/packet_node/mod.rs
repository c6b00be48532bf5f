//! A packet node: a machine as its packets show it, in this process. Firmware, loaders, the installer's contract with its
//! server, reports, and the installed system's SSH. What a script of an install would do is done from its text; that of a trial is
//! executed, before hardware made of files.
//!
//! Cheap, so that kills, fleets and thousands of orders of faults are played with it. What it keeps is its disk.

mod config;
mod dhcp;
mod disk;
mod fault;
mod firmware;
mod grub;
mod installer;
mod ipxe;
mod kickstart;
mod life;
mod look;
mod system;
mod tftp;
mod trace;
pub mod tree;
mod wire;

use std::net::Ipv4Addr;

pub use config::{Config, Firmware, First, Hardware, Ports};
pub use disk::Disk;
pub use fault::{Fault, Faults, Step};
pub use kickstart::{Kickstart, Lacks};
pub use system::System;
pub use trace::{Asked, End, Trace};

use firmware::Booted;
use life::{Life, Stop};
use system::Machine;

/// Restarts in one life after which it counts as looping.
const STARTS_MAX: usize = 6;

/// A packet node.
pub struct PacketNode {
    /// What it is.
    pub config: Config,
    /// What is on its disk.
    pub disk: Disk,
    /// What its firmware boots first.
    pub first: First,
    /// The system that runs, once it is up.
    pub system: Option<System>,
}

impl PacketNode {
    /// A node with a blank disk that boots from the network.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            disk: Disk::Blank,
            first: First::Network,
            system: None,
        }
    }

    /// Switches it on and lets it live until something ends it, or its system is up. Dropped before, it is a power cut:
    /// the disk keeps what was written.
    pub async fn run(&mut self, faults: Faults) -> (Trace, End) {
        self.system = None;
        let mut life = Life {
            config: &self.config,
            disk: &mut self.disk,
            faults,
            trace: Trace::default(),
            address: Ipv4Addr::UNSPECIFIED,
            boot_id: String::new(),
        };
        let end = life.live(self.first).await;
        let (trace, boot_id) = (life.trace, life.boot_id);
        let kickstart = match &self.disk {
            Disk::Installed(kickstart) if end == End::Up => (**kickstart).clone(),
            Disk::Installed(_) | Disk::Blank | Disk::Data(_) | Disk::Half => return (trace, end),
        };
        let machine = Machine {
            config: self.config.clone(),
            address: kickstart.address.unwrap_or(Ipv4Addr::LOCALHOST),
            kickstart,
            boot_id,
        };
        match System::start(machine).await {
            Ok(system) => {
                self.system = Some(system);
                (trace, end)
            }
            Err(error) => (trace, End::Stuck(Step::Installed, format!("sshd: {error}"))),
        }
    }
}

impl Life<'_> {
    async fn live(&mut self, first: First) -> End {
        while self.trace.starts < STARTS_MAX {
            self.trace.starts += 1;
            self.boot_id = uuid::Uuid::new_v4().to_string();
            match self.start(first).await {
                Ok(end) => return end,
                Err(Stop::Reboot | Stop::NextEntry) => {}
                Err(Stop::PowerOff(why)) => return End::PoweredOff(why),
                Err(Stop::Died(step)) => return End::Died(step),
                Err(Stop::Stuck(step, why)) => return End::Stuck(step, why),
            }
        }
        End::Looping
    }

    /// One start: the boot entries in order.
    async fn start(&mut self, first: First) -> Result<End, Stop> {
        if first == First::Disk && *self.disk != Disk::Blank {
            return Ok(self.disk_boot());
        }
        match self.network_boot().await {
            Ok(Booted::Kernel(args)) => {
                self.install(&args).await?;
                Err(Stop::Reboot)
            }
            Ok(Booted::Disk) | Err(Stop::NextEntry) => Ok(self.disk_boot()),
            Err(other) => Err(other),
        }
    }

    fn disk_boot(&self) -> End {
        match self.disk {
            Disk::Installed(_) => End::Up,
            Disk::Blank | Disk::Data(_) | Disk::Half => End::NothingToBoot,
        }
    }
}
