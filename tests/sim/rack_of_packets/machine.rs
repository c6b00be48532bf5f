//! A machine: a BMC, and the packet node that it switches on and off.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::file;
use crate::bmc::{BmcSim, Power};
use crate::packet_node::{
    Config, Disk, End, Faults, Firmware, First, Hardware, PacketNode, Ports, Trace,
};
use crate::small_rack::{mac, serial};

/// What became of its lives, and what the next one meets.
#[derive(Default)]
pub struct Lives {
    /// Those that came to their end, in order; a life that was cut off by its BMC is not among them.
    pub ended: Vec<(Trace, End)>,
    /// What goes wrong in the next life.
    pub faults: Faults,
    /// What is on the disk instead of what is there, from the next life on.
    pub disk: Option<Disk>,
    /// What its hardware is from the next life on.
    pub hardware: Hardware,
    /// What the installed system says of itself instead of the truth, from the next life on.
    pub lies: Vec<(String, String)>,
}

/// A machine that is switched by its BMC.
pub struct Machine {
    /// Its BMC.
    pub bmc: Arc<BmcSim>,
    lives: Arc<Mutex<Lives>>,
    task: JoinHandle<()>,
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Machine {
    /// Node number `n`, switched off.
    pub(super) async fn start(n: u8, patience: Duration) -> std::io::Result<Self> {
        let at = SocketAddr::from((file::bmc(n), 443));
        let bmc = BmcSim::start_at(at, &serial(n), &file::uuid(n).to_string()).await;
        let bmc = Arc::new(bmc.map_err(std::io::Error::other)?);
        let lives = Arc::new(Mutex::new(Lives::default()));
        let node = PacketNode::new(config(n, patience));
        let power = bmc.machine().power.subscribe();
        let play = Play {
            bmc: bmc.clone(),
            lives: lives.clone(),
            node,
            power,
        };
        Ok(Self {
            bmc,
            lives,
            task: tokio::spawn(play.run()),
        })
    }

    /// What became of it.
    pub fn lives(&self) -> MutexGuard<'_, Lives> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A person pulls the plug and puts it back.
    pub fn pull_the_plug(&self) {
        let mut machine = self.bmc.machine();
        machine.switch(false);
        machine.switch(true);
    }

    /// How often its disk was written, in all lives that came to their end.
    pub fn writes(&self) -> usize {
        self.lives()
            .ended
            .iter()
            .map(|(trace, _)| trace.writes)
            .sum()
    }
}

fn config(n: u8, patience: Duration) -> Config {
    // Loaders over HTTP: a TFTP transfer that is cut off is begun anew by people only.
    let firmware = [Firmware::BiosIpxe, Firmware::UefiIpxe, Firmware::UefiHttp];
    Config {
        mac: mac(n),
        uuid: file::uuid(n),
        serial: serial(n),
        disk: file::disk(n),
        firmware: firmware[usize::from(n) % firmware.len()],
        server: Ipv4Addr::BROADCAST,
        ports: Ports::default(),
        agents: Some(SocketAddr::from((file::CLOUD, 8250))),
        patience,
        hardware: Hardware::default(),
        lies: Vec::new(),
    }
}

struct Play {
    bmc: Arc<BmcSim>,
    lives: Arc<Mutex<Lives>>,
    node: PacketNode,
    power: watch::Receiver<Power>,
}

impl Play {
    /// Lives whenever there is power.
    async fn run(mut self) {
        loop {
            let on = self.power.wait_for(|power| power.on).await;
            let Ok(starts) = on.map(|power| power.starts) else {
                return;
            };
            self.live(starts).await;
            if let Some(system) = self.node.system.take() {
                system.stop().await;
            }
        }
    }

    /// One life, and what follows it until the power changes.
    async fn live(&mut self, starts: u32) {
        let faults = self.prepare();
        let mut power = self.power.clone();
        let cut = async move {
            // Gone is as good as cut.
            let _ = power
                .wait_for(|power| !power.on || power.starts != starts)
                .await;
        };
        tokio::pin!(cut);
        let (trace, end) = tokio::select! {
            ended = self.node.run(faults) => ended,
            () = &mut cut => return,
        };
        if matches!(end, End::PoweredOff(_)) {
            self.bmc.machine().switch(false);
        }
        self.lives
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .ended
            .push((trace, end));
        cut.await;
    }

    fn prepare(&mut self) -> Faults {
        self.node.first = match self.bmc.machine().boot_source().as_str() {
            "Hdd" => First::Disk,
            _ => First::Network,
        };
        let mut lives = self.lives.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(disk) = lives.disk.take() {
            self.node.disk = disk;
        }
        self.node.config.hardware.clone_from(&lives.hardware);
        self.node.config.lies.clone_from(&lives.lies);
        std::mem::take(&mut lives.faults)
    }
}
