//! The files that a kickstart writes to the installed system, read out of its own text: what is listed for a node is what
//! was served to it, an operator's own sections with it.

use std::collections::BTreeMap;

use inventory::id::Sha256;

/// A file that `%post` writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where.
    pub path: String,
    /// Sum of what it is given; none where the text does not tell (it is appended to, or a program makes it).
    pub content: Option<Sha256>,
}

/// The files of every `%post` section of `kickstart`, by path; each once, as it is written last.
pub fn written(kickstart: &str) -> Vec<Written> {
    let mut files = BTreeMap::new();
    let mut variables = Vec::new();
    let mut lines = kickstart.lines();
    let mut in_post = false;
    while let Some(line) = lines.next() {
        let line = line.trim();
        match line {
            "%end" => in_post = false,
            _ if line.starts_with("%post") => in_post = true,
            _ if !in_post => {}
            _ => {
                variables.extend(assignment(line));
                let Some(redirect) = Redirect::parse(line) else {
                    continue;
                };
                let body = redirect.end.map(|end| {
                    let body = lines.by_ref().take_while(|line| *line != end);
                    body.flat_map(|line| [line, "\n"]).collect::<String>()
                });
                let path = expanded(redirect.path, &variables);
                // Devices, and the installer's own places, are no files of the system.
                if path.starts_with('/') && !path.starts_with("/dev/") && !path.starts_with("/tmp/")
                {
                    files.insert(path, redirect.content(body));
                }
            }
        }
    }
    let files = files.into_iter();
    files
        .map(|(path, content)| Written { path, content })
        .collect()
}

/// `NAME=/PATH`.
fn assignment(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let is_path = value.starts_with('/') && !value.contains([' ', '$', '(', ';']);
    (is_name && is_path).then(|| (format!("${name}/"), format!("{value}/")))
}

fn expanded(path: &str, variables: &[(String, String)]) -> String {
    let path = path.trim_matches(['"', '\'']);
    let known = variables
        .iter()
        .rev()
        .find(|(name, _)| path.starts_with(name.as_str()));
    match known {
        Some((name, value)) => path.replacen(name.as_str(), value, 1),
        None => path.to_owned(),
    }
}

/// A command whose output goes to a file.
struct Redirect<'a> {
    command: &'a str,
    appends: bool,
    path: &'a str,
    /// The word that ends its here-document, if it has one.
    end: Option<&'a str>,
}

impl<'a> Redirect<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        if line.starts_with('#') {
            return None;
        }
        let at = line.rfind(" > ").or_else(|| line.rfind(" >> "))?;
        let (command, rest) = line.split_at(at);
        let rest = rest.trim_start();
        let appends = rest.starts_with(">>");
        let mut words = rest.trim_start_matches('>').split_whitespace();
        let path = words.next()?;
        let end = words.find_map(|word| word.strip_prefix("<<"));
        Some(Self {
            command,
            appends,
            path,
            end: end.map(|end| end.trim_matches('\'')),
        })
    }

    fn content(&self, body: Option<String>) -> Option<Sha256> {
        let text = body.or_else(|| said(self.command))?;
        (!self.appends).then(|| Sha256::of(text.as_bytes()))
    }
}

/// What `echo WORD`, `echo 'TEXT'` and `printf 'TEXT'` say, if it stands there as it is.
fn said(command: &str) -> Option<String> {
    let quoted = |text: &str| {
        let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
        (!inner.contains('\'')).then(|| inner.to_owned())
    };
    if let Some(text) = command.strip_prefix("printf ") {
        let text = quoted(text)?.replace("\\n", "\n");
        return (!text.contains(['%', '\\'])).then_some(text);
    }
    let text = command.strip_prefix("echo ")?;
    let is_word = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    let text = if is_word {
        text.to_owned()
    } else {
        quoted(text)?
    };
    Some(text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = include_str!("../golden/el9-mirrored.ks");

    fn sum(files: &[Written], path: &str) -> Option<Sha256> {
        let file = files.iter().find(|file| file.path == path);
        file.unwrap_or_else(|| panic!("no {path} in {files:#?}"))
            .content
    }

    #[test]
    fn a_kickstart_s_files_are_found_with_their_sums() {
        let files = written(GOLDEN);
        let of = |text: &str| Some(Sha256::of(text.as_bytes()));
        assert_eq!(sum(&files, "/etc/hostname"), of("kvm-01.tyo1.example.jp\n"));
        assert_eq!(sum(&files, "/etc/tuned/profile_mode"), of("manual\n"));
        let modules = sum(&files, "/etc/modules-load.d/hinode.conf");
        assert_eq!(modules, of("br_netfilter\n"));
        let keyfile = "/etc/NetworkManager/system-connections/bond0.nmconnection";
        let text = include_str!("../golden/sixteen-bond0.nmconnection");
        assert_eq!(sum(&files, keyfile), of(&format!("{text}\n")));
        assert_eq!(sum(&files, "/root/.ssh/authorized_keys"), None);
        assert!(
            files
                .iter()
                .all(|file| !file.path.contains(['$', '"', '*']))
        );
    }

    #[test]
    fn no_redirection_of_a_post_section_is_missed() {
        let (mut in_post, mut in_file, mut count) = (false, None, 0);
        for line in GOLDEN.lines().map(str::trim) {
            match (&in_file, line) {
                (Some(end), line) if line == *end => in_file = None,
                (Some(_), _) => {}
                (None, "%end") => in_post = false,
                (None, line) if line.starts_with("%post") => in_post = true,
                (None, line) => {
                    let to_file = line.contains("> /") && !line.contains("> /dev/");
                    let goes_on = to_file || line.contains("> \"$");
                    count += usize::from(in_post && goes_on && !line.starts_with('#'));
                    in_file = line.contains("<<'END_OF_FILE'").then_some("END_OF_FILE");
                }
            }
        }
        assert_eq!(written(GOLDEN).len(), count);
    }

    #[test]
    fn what_the_text_does_not_tell_has_no_sum() {
        let text = "%post\nhostname -f > /etc/full\nprintf '%s' \"$x\" > /etc/x\necho \"$y\" > /etc/y\necho z >> /etc/z\n%end\n\
                    %pre\necho a > /etc/a\n%end\n";
        let files = written(text);
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["/etc/full", "/etc/x", "/etc/y", "/etc/z"]);
        assert!(files.iter().all(|file| file.content.is_none()));
    }
}
