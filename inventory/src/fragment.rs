//! The operator's own part of a kickstart. What it may hold is checked when the rack file is: a kickstart that does not parse
//! leaves a machine standing with its screen dark, and nobody is told.
//!
//! It cannot touch what the appliance answers for: disks, network, boot, reports, the gate before the first write. What a
//! script does while it runs, nobody can check; the installer's deadline ends one that hangs.

use serde::{Deserialize, Serialize};

use crate::word::{Alphabet, kind};

/// Commands that a fragment may have, with their options; those without a list take words of their own.
const COMMANDS: [(&str, &[&str]); 6] = [
    ("authselect", &[]),
    ("group", &["--name", "--gid"]),
    ("keyboard", &["--vckeymap", "--xlayouts", "--switch"]),
    ("lang", &["--addsupport"]),
    ("sshkey", &["--username"]),
    // No password: see `User` of the rack.
    (
        "user",
        &[
            "--name",
            "--groups",
            "--gecos",
            "--homedir",
            "--uid",
            "--gid",
            "--shell",
        ],
    ),
];

/// Options of `%post`. `--erroronfail` is not among them: on EL 9 it waits for somebody to press a key.
const POST_OPTIONS: [&str; 3] = ["--nochroot", "--log", "--interpreter"];

/// A checked part of a kickstart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fragment {
    text: String,
    /// Lines before the first section.
    commands: String,
    /// The sections.
    sections: String,
}

/// What is wrong in a line of a fragment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadLine {
    /// From 1 on.
    pub line: usize,
    /// What.
    pub why: Why,
}

/// What can be wrong in a line of a fragment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// A command that a fragment has no business with, or that no kickstart has.
    #[error("`{0}` is not a command that a fragment may have")]
    Command(String),
    /// An option that the command or section does not have here.
    #[error("`{0}` is not an option that it may have here")]
    Option(String),
    /// A section other than `%packages` and `%post`.
    #[error("`{0}` is not a section that a fragment may have")]
    Section(String),
    /// Text from somewhere else, which nobody has checked.
    #[error("`{0}` brings in text that nobody has checked")]
    Include(String),
    /// A section begins inside another, or the text ends in one.
    #[error("the section {0} has no %end")]
    NoEnd(String),
    /// `%end` outside a section.
    #[error("%end ends nothing")]
    EndAlone,
    /// A quote is left open.
    #[error("a quote is left open")]
    Quote,
    /// Not a package.
    #[error("`{0}` is not a package")]
    Package(String),
}

impl Fragment {
    /// Reads one, or says what is wrong in each line.
    pub fn read(text: &str) -> Result<Self, Vec<BadLine>> {
        let mut reader = Reader::default();
        let mut bad = Vec::new();
        for (line, content) in (1..).zip(text.lines()) {
            let whys = reader.line(content);
            bad.extend(whys.into_iter().map(|why| BadLine { line, why }));
        }
        if let Some(open) = reader.section {
            let (line, why) = (text.lines().count(), Why::NoEnd(open.name().to_owned()));
            bad.push(BadLine { line, why });
        }
        if !bad.is_empty() {
            return Err(bad);
        }
        let (commands, sections) = (reader.commands, reader.sections);
        Ok(Self {
            text: text.to_owned(),
            commands,
            sections,
        })
    }

    /// Its commands, each line ended.
    pub fn commands(&self) -> &str {
        &self.commands
    }

    /// Its sections, each line ended.
    pub fn sections(&self) -> &str {
        &self.sections
    }
}

impl TryFrom<String> for Fragment {
    type Error = BadLine;
    fn try_from(text: String) -> Result<Self, BadLine> {
        let empty = BadLine {
            line: 0,
            why: Why::EndAlone,
        };
        Self::read(&text).map_err(|bad| bad.into_iter().next().unwrap_or(empty))
    }
}

impl From<Fragment> for String {
    fn from(fragment: Fragment) -> Self {
        fragment.text
    }
}

#[derive(Clone, Copy)]
enum Section {
    Packages,
    Post,
}

impl Section {
    fn name(self) -> &'static str {
        match self {
            Self::Packages => "%packages",
            Self::Post => "%post",
        }
    }
}

#[derive(Default)]
struct Reader {
    section: Option<Section>,
    commands: String,
    sections: String,
}

impl Reader {
    fn line(&mut self, line: &str) -> Vec<Why> {
        let first = line.split_whitespace().next().unwrap_or_default();
        if matches!(first, "%include" | "%ksappend") {
            return vec![Why::Include(first.to_owned())];
        }
        let whys = match self.section {
            None if first.starts_with('%') => return self.open(line, first),
            None => command(line),
            Some(_) if first == "%end" => {
                self.section = None;
                Vec::new()
            }
            Some(section) if opens(first) => {
                self.section = None;
                let mut whys = vec![Why::NoEnd(section.name().to_owned())];
                whys.extend(self.open(line, first));
                return whys;
            }
            Some(Section::Packages) => package(line),
            Some(Section::Post) => Vec::new(),
        };
        let is_command = self.section.is_none() && first != "%end";
        let text = if is_command {
            &mut self.commands
        } else {
            &mut self.sections
        };
        text.push_str(line);
        text.push('\n');
        whys
    }

    fn open(&mut self, line: &str, first: &str) -> Vec<Why> {
        let options: &[&str] = match first {
            "%packages" => {
                self.section = Some(Section::Packages);
                &[]
            }
            "%post" => {
                self.section = Some(Section::Post);
                &POST_OPTIONS
            }
            "%end" => return vec![Why::EndAlone],
            other => {
                // Its lines are no commands: what is wrong with them is that they are here.
                self.section = opens(other).then_some(Section::Post);
                return vec![Why::Section(other.to_owned())];
            }
        };
        self.sections.push_str(line);
        self.sections.push('\n');
        line.split_whitespace()
            .skip(1)
            .filter_map(|word| strange(word, options))
            .collect()
    }
}

/// Whether a word begins a section of a kickstart.
fn opens(word: &str) -> bool {
    const SECTIONS: [&str; 9] = [
        "%packages",
        "%post",
        "%pre",
        "%pre-install",
        "%onerror",
        "%traceback",
        "%addon",
        "%anaconda",
        "%certificate",
    ];
    SECTIONS.contains(&word)
}

fn command(line: &str) -> Vec<Why> {
    let trimmed = line.trim();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return Vec::new();
    }
    let Some(words) = words(trimmed) else {
        return vec![Why::Quote];
    };
    let mut words = words.iter();
    let name = words.next().map_or("", String::as_str);
    let Some((_, options)) = COMMANDS.iter().find(|(its, _)| *its == name) else {
        return vec![Why::Command(name.to_owned())];
    };
    if options.is_empty() {
        return Vec::new();
    }
    words.filter_map(|word| strange(word, options)).collect()
}

/// An option that is not among `options`.
fn strange(word: &str, options: &[&str]) -> Option<Why> {
    let name = word.split('=').next().unwrap_or_default();
    let is_strange = word.starts_with('-') && !options.contains(&name);
    is_strange.then(|| Why::Option(word.to_owned()))
}

fn package(line: &str) -> Vec<Why> {
    let name = line.split('#').next().unwrap_or_default().trim();
    let plain = name.strip_prefix('-').unwrap_or(name);
    let is_good = name.is_empty() || kind::Package::holds(plain);
    if is_good {
        return Vec::new();
    }
    vec![Why::Package(name.to_owned())]
}

/// The words of a command as the installer splits them (shlex of Python), without the quotes; `None` if one is left open.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (Some('"') | None, '\\') => word.push(letters.next()?),
            (Some(_), letter) => word.push(letter),
            (None, '"' | '\'') => quote = Some(letter),
            (None, '#') if word.is_empty() => break,
            (None, letter) if letter.is_whitespace() => words.push(std::mem::take(&mut word)),
            (None, letter) => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_site_adds_is_taken_and_taken_apart() {
        let text = "group --name=ops\n# people\nuser --name=li --groups=ops --gecos=\"Li Wei\"\n%packages\n# tools\n@core\ntmux # for people\n-firewalld\n%end\n%post --log=/root/site.log\n#!/bin/bash\nclearpart=1 # no command here\necho '%end of it'\n%end\n";
        let fragment = Fragment::read(text).unwrap();
        assert!(fragment.commands().ends_with("\"Li Wei\"\n"));
        assert!(fragment.sections().starts_with("%packages\n"));
        assert_eq!(
            fragment.commands().len() + fragment.sections().len(),
            text.len()
        );
        let json = serde_json::to_string(&fragment).unwrap();
        assert_eq!(serde_json::from_str::<Fragment>(&json).unwrap(), fragment);
    }

    #[test]
    fn what_would_override_the_appliance_or_stop_the_installer_is_refused() {
        for (text, line, why) in [
            ("clearpart --all", 1, "`clearpart` is not a command"),
            ("\n  zerombr", 2, "`zerombr` is not a command"),
            ("part / --size=1", 1, "`part` is not a command"),
            ("ignoredisk --drives=sda", 1, "`ignoredisk` is"),
            ("reboot", 1, "`reboot` is"),
            ("network --device=eno1", 1, "`network` is"),
            ("gruop --name=ops", 1, "`gruop` is"),
            (
                "user --name=li --plaintext --password=x",
                1,
                "`--plaintext` is not an option",
            ),
            ("user --name=li \"--gecos=Li", 1, "a quote is left open"),
            ("%pre\ntrue\n%end", 1, "`%pre` is not a section"),
            ("%onerror\n%end", 1, "`%onerror` is"),
            ("%end", 1, "%end ends nothing"),
            ("%post\ntrue", 2, "the section %post has no %end"),
            (
                "%post\ntrue\n%packages\n%end",
                3,
                "the section %post has no %end",
            ),
            (
                "%post --erroronfail\n%end",
                1,
                "`--erroronfail` is not an option",
            ),
            ("%packages --ignoremissing\n%end", 1, "`--ignoremissing` is"),
            (
                "%packages\nvim; reboot\n%end",
                2,
                "`vim; reboot` is not a package",
            ),
            ("%include /tmp/x", 1, "`%include` brings in text"),
            (
                "%post\n%ksappend http://x/y\n%end",
                2,
                "`%ksappend` brings in text",
            ),
        ] {
            let bad = Fragment::read(text).unwrap_err();
            assert_eq!(bad[0].line, line, "{text}");
            assert!(
                bad[0].why.to_string().starts_with(why),
                "{text}: {}",
                bad[0]
            );
        }
    }

    #[test]
    fn every_bad_line_is_told() {
        let bad = Fragment::read("reboot\n%packages\n;\n%end\nzerombr\n").unwrap_err();
        let lines: Vec<_> = bad.iter().map(|bad| bad.line).collect();
        assert_eq!(lines, [1, 3, 5]);
    }
}
