//! Units that run or do not, and what listens.

use inventory::verification::{Check, What};

use super::check::{judged, list};
use super::{Found, Wanted, libvirt};

/// What every installed node listens on: SSH.
const BASE: [(&str, u16); 1] = [("tcp", 22)];
/// rpcbind, which an NFS client brings.
const RPCBIND: [(&str, u16); 2] = [("tcp", 111), ("udp", 111)];

pub(super) fn checks(wanted: &Wanted<'_>, found: &Found) -> Vec<Check> {
    let runs = |unit: &String| service(unit, "active enabled", found);
    let rests = |unit: &String| service(unit, "not active", found);
    let mut checks: Vec<Check> = wanted.units().iter().map(runs).collect();
    checks.extend(wanted.installed().disabled.iter().map(rests));
    let failed = found.all("failed");
    let none = failed.is_empty();
    checks.push(judged(What::FailedUnits, "", ("none", &list(failed)), none));
    checks.push(listening(wanted, found));
    checks
}

/// `ACTIVE ENABLED`, as systemctl says.
fn service(unit: &str, asked: &str, found: &Found) -> Check {
    let seen = found.of("service", unit).unwrap_or("not asked");
    let mut words = seen.split_whitespace();
    let (is_active, is_enabled) = (words.next() == Some("active"), words.next());
    let is_good = match asked {
        "not active" => !is_active && is_enabled != Some("enabled"),
        _ => {
            is_active
                && matches!(
                    is_enabled,
                    Some("enabled" | "static" | "alias" | "indirect")
                )
        }
    };
    judged(What::Service, unit, (asked, seen), is_good)
}

/// Anything beyond what was asked for is wrong. The loopback's own ports are nobody else's business.
fn listening(wanted: &Wanted<'_>, found: &Found) -> Check {
    let mut strange: Vec<String> = found
        .all("listen")
        .iter()
        .filter_map(|line| Socket::parse(line))
        .filter(|socket| !socket.is_local() && !is_asked(wanted, socket))
        .map(|socket| socket.shown())
        .collect();
    strange.sort();
    strange.dedup();
    let seen = match strange.as_slice() {
        [] => "nothing else".to_owned(),
        strange => format!("also {}", list(strange)),
    };
    // SSH at least: we talk over it. Without one, the list was not to be had.
    let is_seen = !found.all("listen").is_empty();
    let asked = match wanted.changes {
        Some(_) => "what the profile and the controller ask for",
        None => "what the profile asks for",
    };
    judged(
        What::Listening,
        "",
        (asked, &seen),
        is_seen && strange.is_empty(),
    )
}

fn is_asked(wanted: &Wanted<'_>, socket: &Socket<'_>) -> bool {
    let (protocol, port) = (socket.protocol, socket.port);
    let is_in = |list: &[(&str, u16)]| list.contains(&(protocol, port));
    let has_nfs = wanted.installed().packages.iter().any(|p| p == "nfs-utils");
    let by_controller = wanted
        .changes
        .iter()
        .flat_map(|changes| changes.listening)
        .any(|asked| asked.protocol == protocol && asked.ports.contains(&port));
    // libvirt's own network for guests: names and addresses on a bridge of its own.
    let by_libvirt = libvirt::is_wanted(wanted) && socket.program == "dnsmasq";
    is_in(&BASE) || (has_nfs && is_in(&RPCBIND)) || by_controller || by_libvirt
}

/// A socket that waits for others.
struct Socket<'a> {
    protocol: &'a str,
    address: &'a str,
    port: u16,
    program: &'a str,
}

impl<'a> Socket<'a> {
    /// `PROTOCOL ADDRESS:PORT PROGRAM`, as ss has it.
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (protocol, local) = (words.next()?, words.next()?);
        let (address, port) = local.rsplit_once(':')?;
        Some(Self {
            protocol,
            address,
            port: port.parse().ok()?,
            program: words.next().unwrap_or("?"),
        })
    }

    fn is_local(&self) -> bool {
        self.address.starts_with("127.") || self.address == "[::1]"
    }

    fn shown(&self) -> String {
        format!("{}/{} ({})", self.protocol, self.port, self.program)
    }
}
