//! What a look into an installed system found, and how it differs from what was wanted. Pure.

use std::collections::BTreeMap;

use inventory::rack::{Family, Node, Os, Rack};

/// What a system said of itself: `KEY=VALUE` lines, a key as often as there are things of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found(BTreeMap<String, Vec<String>>);

/// What it should say.
#[derive(Debug, Clone)]
pub(super) struct Wanted<'a> {
    pub(super) rack: &'a Rack,
    pub(super) node: &'a Node,
    /// Product serial number as recognised.
    pub(super) serial: Option<String>,
    /// Boot id of the installer's kernel: the system must run another one.
    pub(super) installer_boot: Option<String>,
}

impl Found {
    pub(super) fn parse(text: &str) -> Self {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
            found
                .entry(key.to_owned())
                .or_default()
                .push(value.trim().to_owned());
        }
        Self(found)
    }

    fn one(&self, key: &str) -> &str {
        self.all(key).first().map_or("", String::as_str)
    }

    fn all(&self, key: &str) -> &[String] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }
}

impl Wanted<'_> {
    /// Every difference, with both sides.
    pub(super) fn faults(&self, found: &Found) -> Vec<String> {
        let mut faults = Vec::new();
        self.system(found, &mut faults);
        self.disk(found, &mut faults);
        self.network(found, &mut faults);
        if found.one("kvm") != "yes" {
            faults
                .push("/dev/kvm is not there; switch virtualisation on in the firmware".to_owned());
        }
        if found.one("time").is_empty() {
            faults.push("the clock is not synchronised yet (chronyc sources)".to_owned());
        }
        faults
    }

    fn system(&self, found: &Found, faults: &mut Vec<String>) {
        let mut same = |what: &str, is: &str, want: &str| {
            if !is.eq_ignore_ascii_case(want) {
                faults.push(format!("{what} is `{is}`, wanted `{want}`"));
            }
        };
        if let Some(os) = self.os() {
            same("OS", found.one("id"), os_id(os.family));
            same("OS version", found.one("version"), &os.version);
        }
        let fqdn = format!("{}.{}", self.node.name, self.rack.site.domain);
        same("host name", found.one("fqdn"), &fqdn);
        if let Some(serial) = &self.serial {
            same("serial number", found.one("serial"), serial.trim());
        }
        let boot = found.one("boot_id");
        if boot.is_empty() || self.installer_boot.as_deref() == Some(boot) {
            faults.push("it still runs the installer, not the system on its disk".to_owned());
        }
    }

    fn os(&self) -> Option<&Os> {
        let profile = self.rack.profiles.get(&self.node.profile)?;
        self.rack.oses.get(&profile.os)
    }

    /// The root file system lies on each disk that the rack file names.
    fn disk(&self, found: &Found, faults: &mut Vec<String>) {
        for disk in self.node.disks.all() {
            Self::root_on(disk.as_str(), found, faults);
        }
    }

    fn root_on(name: &str, found: &Found, faults: &mut Vec<String>) {
        let path = found.all("disk").iter().find_map(|line| {
            let (id, path) = line.split_once(' ')?;
            (id == name).then_some(path)
        });
        match path {
            None => faults.push(format!("disk {name} is not there")),
            Some(path) if found.all("rootdisk").iter().any(|root| root == path) => {}
            Some(path) => {
                let root = found.all("rootdisk").join(", ");
                faults.push(format!("/ is on {root}, wanted {path} ({name})"));
            }
        }
    }

    fn network(&self, found: &Found, faults: &mut Vec<String>) {
        let Some(profile) = self.rack.profiles.get(&self.node.profile) else {
            return;
        };
        for bridge in &profile.bridges {
            let line = found.all("bridge").iter().find_map(|line| {
                let (name, rest) = line.split_once(' ')?;
                (name == bridge.name.as_str()).then_some(rest)
            });
            // CARRIER PORT...: a bridge without a port still answers for its address, so ports are looked at.
            let is_up = line.is_some_and(|rest| {
                let mut words = rest.split_whitespace();
                words.next() == Some("1") && words.next().is_some()
            });
            if !is_up {
                let line = line.unwrap_or("not there");
                faults.push(format!(
                    "bridge {} has no port with carrier ({line})",
                    bridge.name
                ));
            }
        }
        self.offloads(found, faults);
        let address = format!("{}/", self.node.address);
        if !found
            .all("address")
            .iter()
            .any(|line| line.contains(&address))
        {
            faults.push(format!("no interface has {}", self.node.address));
        }
    }

    /// Large receive offloads break guests' traffic behind a bridge (`rocky-install.md` C).
    fn offloads(&self, found: &Found, faults: &mut Vec<String>) {
        let mac = self.node.mac.to_string();
        let line = found.all("nic").iter().find_map(|line| {
            let (shown, rest) = line.split_once(' ')?;
            (shown == mac).then_some(rest)
        });
        match line {
            None => faults.push(format!("no network port has the MAC {mac}")),
            Some(rest) if rest.split_whitespace().count() > 1 => {
                faults.push(format!("offloads are on that break bridges: {rest}"));
            }
            Some(_) => {}
        }
    }
}

/// `ID` of os-release.
fn os_id(family: Family) -> &'static str {
    match family {
        Family::Rocky => "rocky",
        Family::Alma => "almalinux",
        Family::Rhel => "rhel",
        Family::Standin => "hinode-standin",
    }
}
