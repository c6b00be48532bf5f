//! The examples pass; each fault is found where it is.

mod any;
mod form;
mod golden;
mod host;
mod layer2;
mod manual;
mod nodes;
mod storage;
mod subnets;
mod values;

use super::{Fault, Place, check};

/// The rack that the tests break.
const GOOD: &str = include_str!("good.toml");
/// The virtual rack.
const VIRTUAL: &str = include_str!("../../../../docs/examples/virtual-rack.toml");
/// The realistic rack.
const SIXTEEN: &str = include_str!("../../../../docs/examples/rack-16.toml");

/// Faults as `hinode check` shows them.
fn shown(faults: &[Fault]) -> String {
    let lines = faults.iter().map(|fault| {
        let (place, code) = (fault.place, fault.problem.code());
        format!(
            "{place}: {code}: {}\n  mend: {}\n",
            fault.english(),
            fault.mend()
        )
    });
    lines.collect()
}

#[test]
fn both_examples_are_without_fault() {
    for text in [GOOD, VIRTUAL, SIXTEEN] {
        let rack = check(text).map_err(|faults| shown(&faults));
        assert!(rack.is_ok(), "{}", rack.unwrap_err());
    }
}

#[test]
fn the_rack_is_what_the_file_says() {
    let rack = check(GOOD).unwrap();
    assert_eq!((rack.nodes.len(), rack.networks.len()), (2, 4));
    let node = &rack.nodes[&"kvm-01".parse().unwrap()];
    assert_eq!(node.network, "management".parse().unwrap());
    assert_eq!(node.bmc.address.to_string(), "10.77.9.11:443");
    assert_eq!(node.bmc.console, None);
    let cloud = &rack.clouds[&"cloudstack".parse().unwrap()];
    assert_eq!(
        cloud.login_from,
        ["10.77.10.5".parse::<std::net::IpAddr>().unwrap()]
    );
    assert_eq!(rack.profiles[&"kvm".parse().unwrap()].disk.root_mib, 3072);
}

#[test]
fn a_console_is_read_where_the_file_says_so() {
    let rack = check(VIRTUAL).unwrap();
    let node = &rack.nodes[&"kvm-02".parse().unwrap()];
    assert_eq!(node.bmc.console, Some(crate::rack::ConsoleDriver::Ipmi));
}

/// A way to break the good rack, as the files in `cases/` write it: `CODE: SENTENCE`, then edits as in a diff, `- ` what
/// is replaced (where it is first found) and `+ ` by what. `«` marks where the one fault must be.
struct Case {
    code: String,
    sentence: String,
    edits: Vec<(String, String)>,
}

const MARK: char = '«';

impl Case {
    fn parse(text: &str) -> Self {
        let (title, rest) = text.split_once('\n').unwrap();
        let (code, sentence) = title.split_once(": ").unwrap();
        let mut edits: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
        for line in rest.lines() {
            let (sign, words) = line.split_at(line.len().min(2));
            let fresh = edits.last().is_none_or(|(_, new)| !new.is_empty());
            match sign {
                "- " if fresh => edits.push((vec![words], Vec::new())),
                "- " => edits.last_mut().unwrap().0.push(words),
                "+ " => edits.last_mut().unwrap().1.push(words),
                _ => panic!("{sentence}: `{line}` is neither - nor +"),
            }
        }
        let joined = |(old, new): (Vec<&str>, Vec<&str>)| (old.join("\n"), new.join("\n"));
        Self {
            code: code.to_owned(),
            sentence: sentence.to_owned(),
            edits: edits.into_iter().map(joined).collect(),
        }
    }

    /// The broken text, and the place of its fault.
    fn broken(&self) -> (String, Place) {
        let mut text = GOOD.to_owned();
        for (old, new) in &self.edits {
            assert!(text.contains(old), "{}: no `{old}`", self.sentence);
            text = text.replacen(old, new, 1);
        }
        let at = text.find(MARK).expect(&self.sentence);
        text.remove(at);
        (text.clone(), Place::of(&text, at))
    }
}

/// Each case gives its one fault at its place.
fn each_is_found(cases: &str) {
    for case in cases.split("\n\n").map(Case::parse) {
        let (text, place) = case.broken();
        let Err(faults) = check(&text) else {
            panic!("{}: not found", case.sentence);
        };
        let found: Vec<_> = faults
            .iter()
            .map(|fault| (fault.problem.code(), fault.place))
            .collect();
        let wanted = [(case.code, place)];
        assert_eq!(found, wanted, "{}:\n{}", case.sentence, shown(&faults));
        assert!(!faults[0].english().is_empty() && !faults[0].mend().is_empty());
    }
}
