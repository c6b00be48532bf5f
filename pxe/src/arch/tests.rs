//! The whole table of `table.txt`, over the product of all values, with the interlock asked for each.

use std::time::Duration;

use inventory::arm::{Arm, ArmState, Broke, Stimulus};
use inventory::clock::Deadline;
use inventory::id::Epoch;

use super::*;
use crate::decide::{self, Claim, Permit};
use crate::fixture::{SERVER, Scene, arm, leased, node, stored, write};

const TABLE: &str = include_str!("table.txt");

const CLASSES: [&str; 2] = ["pxe", "http"];
/// 37 stands for a code that nobody has given yet.
const CODES: [Option<u16>; 12] = [
    None,
    Some(0),
    Some(6),
    Some(7),
    Some(9),
    Some(10),
    Some(11),
    Some(15),
    Some(16),
    Some(18),
    Some(19),
    Some(37),
];
const PROGRAMS: [&str; 5] = ["firmware", "ipxe", "grub", "installer", "system"];
const NODES: [&str; 12] = [
    "unknown",
    "not-armed",
    "armed",
    "booting",
    "installing",
    "spent",
    "broken",
    "expired",
    "void",
    "overdue",
    "other-epoch",
    "clock-wrong",
];
const LOADERS: [(&str, Loader); 2] = [("shim", Loader::Shim), ("ipxe", Loader::Ipxe)];

/// A line of the table.
#[derive(Debug)]
struct Line<'a> {
    keys: [&'a str; 4],
    next: String,
}

impl Line<'_> {
    fn covers(&self, values: &[&str; 4]) -> bool {
        let mut pairs = self.keys.iter().zip(values);
        pairs.all(|(pattern, value)| matches(pattern, value))
    }
}

fn matches(pattern: &str, value: &str) -> bool {
    let named = |names: &str| names.split('|').any(|name| name == value);
    match pattern.strip_prefix('!') {
        Some(names) => !named(names),
        None => pattern == "*" || named(pattern),
    }
}

fn lines() -> Vec<Line<'static>> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let read = |line: &'static str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (keys, next) = words.split_first_chunk().unwrap();
        let next = next.join(" ");
        Line { keys: *keys, next }
    };
    lines.map(read).collect()
}

/// A world in which kvm-01 stands as `name` says.
fn world_where(name: &str) -> Scene {
    let scene = leased();
    let world = &scene.world;
    if !matches!(name, "unknown" | "not-armed") {
        arm(world, &node(world, "kvm-01"), 1);
    }
    let again_until = Deadline::after(&world.now(), Duration::from_secs(60));
    let state = match name {
        "booting" => ArmState::Booting,
        "installing" => ArmState::Installing { again_until },
        "spent" => ArmState::Spent,
        "broken" => ArmState::Broken {
            why: Broke::Rebooted,
        },
        "expired" => ArmState::Expired,
        "void" => ArmState::Void,
        _ => ArmState::Armed,
    };
    if let Some(found) = stored(world, &node(world, "kvm-01")) {
        let epoch = Epoch(if name == "other-epoch" { 7 } else { 1 });
        write(
            world,
            &Arm {
                state,
                epoch,
                ..found
            },
        );
    }
    match name {
        "overdue" => scene.clock.forward(crate::fixture::SPAN * 2),
        "clock-wrong" => scene.clock.lose_the_date(),
        _ => {}
    }
    scene
}

/// What the interlock lets the node run when its firmware, or its loader, asks.
fn allowed(scene: &Scene, name: &str, program: &str) -> Allowed {
    if name == "unknown" {
        return Allowed::Screen;
    }
    let node = node(&scene.world, "kvm-01");
    let claim = Claim {
        mac: node.mac,
        address: node.address.into(),
        token: None,
    };
    let stimulus = match program {
        "firmware" => Stimulus::Firmware,
        _ => Stimulus::BootScript,
    };
    let permit = decide::peek(&scene.world, &node.name, &claim, &stimulus);
    match permit.unwrap() {
        Permit::Granted(_) => Allowed::Installer,
        Permit::Local(_) => Allowed::OwnDisk,
    }
}

fn booter(program: &str, class: &str, code: Option<u16>) -> Option<Booter> {
    let class = match class {
        "http" => "HTTPClient:Arch:00016:UNDI:003001",
        _ => "PXEClient:Arch:00007:UNDI:003001",
    };
    match program {
        "firmware" => Booter::of(Client::Firmware, class, code),
        "ipxe" => Booter::of(Client::Ipxe, class, code),
        "installer" => Booter::of(Client::Installer, class, code),
        "system" => Booter::of(Client::System, class, code),
        _ => Some(Booter::Grub),
    }
}

/// The answer as the table words it.
fn answer(scene: &Scene, asker: Option<Booter>, (allowed, loader): (Allowed, Loader)) -> String {
    let Some(booter) = asker else {
        return "-".to_owned();
    };
    match next(booter, allowed, loader) {
        Next::Script(Allowed::Installer) => return "script install".to_owned(),
        Next::Script(Allowed::OwnDisk) => return "script own-disk".to_owned(),
        Next::Script(Allowed::Screen) => return "script screen".to_owned(),
        Next::Loader(..) => {}
    }
    let rack = scene.world.rack();
    let (name, os) = rack.oses.first_key_value().unwrap();
    let os = Os {
        loader,
        ..os.clone()
    };
    match boot_file(booter, allowed, (name, &os), SERVER.into()) {
        BootFile::Tftp(path) => format!("tftp {path}"),
        BootFile::Http(url) => url,
    }
}

#[test]
fn every_combination_is_in_the_table_once_and_answered_as_it_says() {
    let lines = lines();
    let mut used = vec![false; lines.len()];
    for name in NODES {
        let scene = world_where(name);
        for program in PROGRAMS {
            let allowed = allowed(&scene, name, program);
            for (class, code) in CLASSES
                .iter()
                .flat_map(|class| CODES.map(|code| (*class, code)))
            {
                let code_word = code.map_or("none".to_owned(), |code| code.to_string());
                let client = format!("{class}:{code_word}");
                for (loader_name, loader) in LOADERS {
                    let values = [client.as_str(), program, name, loader_name];
                    let found: Vec<usize> = (0..lines.len())
                        .filter(|at| lines[*at].covers(&values))
                        .collect();
                    assert_eq!(found.len(), 1, "lines for {values:?}: {found:?}");
                    let said = answer(&scene, booter(program, class, code), (allowed, loader));
                    assert_eq!(said, lines[found[0]].next, "{values:?}");
                    used[found[0]] = true;
                }
            }
        }
    }
    let unused = lines.iter().zip(used).find(|(_, used)| !used);
    assert!(unused.is_none(), "a line that nothing matches: {unused:?}");
}

/// An installer is allowed in no state but armed and booting: said once more without the table.
#[test]
fn no_other_state_leads_to_an_installer() {
    for name in NODES {
        let scene = world_where(name);
        for program in PROGRAMS {
            let may = allowed(&scene, name, program) == Allowed::Installer;
            assert_eq!(may, matches!(name, "armed" | "booting"), "{name} {program}");
        }
    }
}

#[test]
fn an_ipv6_server_is_written_as_urls_write_it() {
    let scene = leased();
    let rack = scene.world.rack();
    let (name, os) = rack.oses.first_key_value().unwrap();
    let server = "fd00::1".parse().unwrap();
    let file = |booter| boot_file(booter, Allowed::Installer, (name, os), server);
    let shim = "http://[fd00::1]/os/standin/EFI/BOOT/BOOTX64.EFI".to_owned();
    assert_eq!(file(Booter::UefiHttp(Cpu::X64)), BootFile::Http(shim));
    let script = "http://[fd00::1]/boot/ipxe".to_owned();
    assert_eq!(file(Booter::Ipxe), BootFile::Http(script));
}

#[test]
fn beside_another_server_no_firmware_is_led_to_grub_over_tftp() {
    use Allowed::{Installer, OwnDisk, Screen};
    let (uefi, snponly) = (
        Booter::Uefi(Cpu::X64),
        Next::Loader(Program::Snponly, Way::Tftp),
    );
    for (_, loader) in LOADERS {
        assert_eq!(next_beside(uefi, Installer, loader), Some(snponly));
        let arm64 = Booter::Uefi(Cpu::Arm64);
        for allowed in [Installer, OwnDisk, Screen] {
            assert_eq!(next_beside(arm64, allowed, loader), None, "no iPXE for it");
            for same in [Booter::Bios, Booter::Ipxe, Booter::UefiHttp(Cpu::X64)] {
                let usual = next(same, allowed, loader);
                assert_eq!(next_beside(same, allowed, loader), Some(usual));
            }
        }
        for allowed in [OwnDisk, Screen] {
            assert_eq!(next_beside(uefi, allowed, loader), None);
        }
    }
}
