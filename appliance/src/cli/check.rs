//! `hinode check`: shows every fault of a rack file, or what a good one holds. Reads one file and writes standard output;
//! needs no appliance and changes nothing.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use inventory::config::{self, Fault};
use inventory::rack::Rack;
use serde::Serialize;

/// Checks the rack file at `path` and prints the outcome; `json` prints one object a line. Gives whether it is good.
///
/// # Errors
/// If the file cannot be read or standard output cannot be written.
pub fn run(path: &Path, json: bool) -> io::Result<bool> {
    let outcome = config::check(&text(path)?);
    let file = path.display().to_string();
    let shown = match &outcome {
        Ok(rack) if json => line(&Good::of(&file, rack))?,
        Ok(rack) => summary(&file, rack),
        Err(faults) if json => {
            let lines = faults.iter().map(|fault| line(&Bad::of(&file, fault)));
            lines.collect::<io::Result<String>>()?
        }
        Err(faults) => listing(&file, faults),
    };
    io::stdout().write_all(shown.as_bytes())?;
    Ok(outcome.is_ok())
}

/// Longest file that is read: a rack of a hundred nodes has 40 kB, so more than this is another file given by mistake.
const LONGEST: u64 = 4 * 1024 * 1024;

fn text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut file = File::open(path)?.take(LONGEST + 1);
    if file.read_to_end(&mut bytes)? as u64 > LONGEST {
        let why = "longer than 4 MiB: this is no rack file";
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let place = config::Place::of(&String::from_utf8_lossy(error.as_bytes()), good);
        let why = format!("{place}: not UTF-8; save the file in UTF-8");
        io::Error::new(io::ErrorKind::InvalidData, why)
    })
}

/// A good file, as `--json` shows it.
#[derive(Serialize)]
struct Good<'a> {
    file: &'a str,
    site: &'a str,
    nodes: usize,
    networks: usize,
    switches: usize,
    firewalls: usize,
    clouds: usize,
}

impl<'a> Good<'a> {
    fn of(file: &'a str, rack: &'a Rack) -> Self {
        Self {
            file,
            site: rack.site.name.as_str(),
            nodes: rack.nodes.len(),
            networks: rack.networks.len(),
            switches: rack.switches.len(),
            firewalls: rack.firewalls.len(),
            clouds: rack.clouds.len(),
        }
    }
}

/// A fault, as `--json` shows it.
#[derive(Serialize)]
struct Bad<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    code: String,
    text: String,
    mend: String,
}

impl<'a> Bad<'a> {
    fn of(file: &'a str, fault: &Fault) -> Self {
        Self {
            file,
            line: fault.place.line,
            column: fault.place.column,
            code: fault.problem.code(),
            text: fault.english(),
            mend: fault.mend(),
        }
    }
}

fn line(value: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(value)? + "\n")
}

fn listing(file: &str, faults: &[Fault]) -> String {
    let mut shown = String::new();
    for fault in faults {
        let Bad {
            code, text, mend, ..
        } = Bad::of(file, fault);
        // Writing to a String cannot fail.
        let _ = writeln!(
            shown,
            "{file}:{}: {code}: {text}\n    mend: {mend}",
            fault.place
        );
    }
    let _ = writeln!(shown, "{file}: {}", count(faults.len(), "fault"));
    shown
}

fn summary(file: &str, rack: &Rack) -> String {
    let good = Good::of(file, rack);
    let mut shown = format!(
        "{file}: no faults\n{}: {}, {}, {}, {}, {}\n",
        good.site,
        count(good.nodes, "node"),
        count(good.networks, "network"),
        count(good.switches, "switch"),
        count(good.firewalls, "firewall"),
        count(good.clouds, "cloud"),
    );
    for node in rack.nodes.values() {
        let identity = match (&node.serial, node.uuid) {
            (Some(serial), _) => format!("serial {serial}"),
            (None, Some(uuid)) => format!("UUID {uuid}"),
            (None, None) => "serial to be confirmed once".to_owned(),
        };
        let (name, address, mac, port) = (&node.name, node.address, node.mac, &node.port);
        let _ = writeln!(shown, "  {name}  {address}  {mac}  {port}  {identity}");
    }
    shown
}

/// `1 switch`, `2 switches`.
fn count(number: usize, of: &str) -> String {
    let plural = if of.ends_with("ch") { "es" } else { "s" };
    let ending = if number == 1 { "" } else { plural };
    format!("{number} {of}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../../../docs/examples/virtual-rack.toml");

    /// The example with two faults, and the line of the first.
    fn broken() -> (Vec<Fault>, usize) {
        let text = GOOD
            .replace("vlan = 10\n", "vlan = 5000\n")
            .replace("tor0:kvm-02", "tor1:kvm-02");
        let line = text.lines().position(|line| line == "vlan = 5000");
        (config::check(&text).unwrap_err(), line.unwrap() + 1)
    }

    #[test]
    fn a_good_rack_is_summed_up() {
        let shown = summary("r.toml", &config::check(GOOD).unwrap());
        assert!(
            shown.starts_with("r.toml: no faults\nVirtual rack: 2 nodes, 4 networks, 1 switch, ")
        );
        assert!(
            shown
                .contains("  kvm-02  10.77.10.22  52:54:00:77:00:02  tor0:kvm-02  serial HN0002\n")
        );
    }

    #[test]
    fn faults_are_listed_with_their_places_and_counted() {
        let (faults, line) = broken();
        let shown = listing("r.toml", &faults);
        let first = format!("r.toml:{line}:8: bad-vlan: `5000` is not a VLAN\n    mend: write 2 ");
        assert!(shown.starts_with(&first), "{shown}");
        let second = ":8: unknown-switch: `tor1` is not a switch\n    mend: did you mean `tor0`?";
        assert!(shown.contains(second), "{shown}");
        assert!(shown.ends_with("\nr.toml: 2 faults\n"), "{shown}");
    }

    #[test]
    fn a_fault_as_json_has_the_same_words() {
        let (faults, at) = broken();
        let json = line(&Bad::of("r.toml", &faults[0])).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["line"], at);
        assert_eq!(json["code"], "bad-vlan");
        assert_eq!(json["text"], "`5000` is not a VLAN");
    }

    #[test]
    fn a_file_that_is_not_there_not_utf8_or_too_long_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.toml");
        assert!(run(&path, false).is_err());
        std::fs::write(&path, b"a = 1\nb = \"\xff\"").unwrap();
        assert!(
            run(&path, false)
                .unwrap_err()
                .to_string()
                .starts_with("2:6: not UTF-8")
        );
        std::fs::write(&path, " ".repeat(5 << 20)).unwrap();
        assert!(run(&path, true).is_err());
        std::fs::write(&path, GOOD).unwrap();
        assert!(run(&path, true).unwrap());
    }
}
