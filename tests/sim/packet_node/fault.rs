//! What goes wrong, and where. Each fault happens once, when its step is reached first; the same seed makes the same.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

/// What a packet node does, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Firmware looks for a DHCP server.
    FirmwareDiscover,
    /// Firmware takes the offer.
    FirmwareRequest,
    /// Firmware fetches the first loader, and that one its next.
    Loader,
    /// iPXE looks for a DHCP server.
    IpxeDiscover,
    /// iPXE takes the offer.
    IpxeRequest,
    /// The loader fetches its script.
    Script,
    /// The loader fetches the kernel.
    Kernel,
    /// The loader fetches the initrd.
    Initrd,
    /// The installer looks for a DHCP server.
    InstallerDiscover,
    /// The installer takes the offer.
    InstallerRequest,
    /// dracut fetches `.treeinfo`.
    TreeInfo,
    /// dracut fetches the second stage.
    Stage2,
    /// dracut looks for images that are normally not there.
    ExtraImages,
    /// dracut fetches the kickstart.
    Kickstart,
    /// `%pre` checks the machine and reports.
    Pre,
    /// Anaconda reads the repository.
    Repository,
    /// The disk is written; `%pre-install` reports.
    Partitioned,
    /// Packages are fetched.
    Packages,
    /// The last report.
    Installed,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 19] = [
        Self::FirmwareDiscover,
        Self::FirmwareRequest,
        Self::Loader,
        Self::IpxeDiscover,
        Self::IpxeRequest,
        Self::Script,
        Self::Kernel,
        Self::Initrd,
        Self::InstallerDiscover,
        Self::InstallerRequest,
        Self::TreeInfo,
        Self::Stage2,
        Self::ExtraImages,
        Self::Kickstart,
        Self::Pre,
        Self::Repository,
        Self::Partitioned,
        Self::Packages,
        Self::Installed,
    ];
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The first answer is lost; the node asks again.
    Drop,
    /// The step begins late.
    Delay(Duration),
    /// Everything is asked twice.
    Duplicate,
    /// The machine restarts before the step: a watchdog, a person, a power cut.
    Reboot,
    /// The machine stops for good before the step.
    Die,
    /// Somebody at another address asks the same, just before.
    Thief(Ipv4Addr),
}

/// Faults by step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(BTreeMap<Step, Vec<Fault>>);

/// What a step meets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Met {
    pub(super) is_lost: bool,
    pub(super) is_doubled: bool,
    pub(super) thief: Option<Ipv4Addr>,
}

impl Faults {
    /// Nothing goes wrong.
    pub fn none() -> Self {
        Self::default()
    }

    /// Besides what is there, `fault` at `step`.
    #[must_use]
    pub fn and(mut self, step: Step, fault: Fault) -> Self {
        self.0.entry(step).or_default().push(fault);
        self
    }

    /// One to three faults out of a seed. Thieves ask from `thief`.
    pub fn from_seed(seed: u64, thief: Ipv4Addr) -> Self {
        let mut dice = Dice(seed);
        let mut faults = Self::none();
        for _ in 0..=dice.roll(3) {
            let step = Step::ALL[dice.roll(Step::ALL.len())];
            let fault = match dice.roll(6) {
                0 => Fault::Drop,
                1 => Fault::Delay(Duration::from_millis(dice.roll(40) as u64)),
                2 => Fault::Duplicate,
                3 => Fault::Reboot,
                4 => Fault::Die,
                _ => Fault::Thief(thief),
            };
            faults = faults.and(step, fault);
        }
        faults
    }

    /// Whether anything is left that has not happened.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes what happens at `step`.
    pub(super) fn take(&mut self, step: Step) -> Vec<Fault> {
        self.0.remove(&step).unwrap_or_default()
    }
}

/// SplitMix64: enough chance to mix faults, the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let sides = sides as u64;
        usize::try_from((z ^ (z >> 31)) % sides).unwrap_or(0)
    }
}
