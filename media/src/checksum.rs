//! Checksum lists, as distributions put them beside their images: `CHECKSUM`, `SHA256SUMS`, `NAME.iso.CHECKSUM`.
//!
//! Lines in BSD's form (`SHA256 (NAME) = HEX`) or GNU's (`HEX  NAME`, `HEX *NAME`), and Rocky's line with the size before
//! them (`# NAME: N bytes`). Lines with other digests are passed over. Who signed the list: [`crate::signature`].

use inventory::id::Sha256;

/// What a list says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The file's name, without folder.
    pub name: String,
    /// Its digest.
    pub sha256: Sha256,
    /// Its size in bytes, if the list says so.
    pub size: Option<u64>,
}

/// Why a list says nothing of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No line is a SHA-256 sum.
    #[error("the list has no SHA-256 sum at all; give the CHECKSUM file that belongs to the image")]
    Empty,
    /// None is of this file.
    #[error("the list has no sum of {name}; it has {others}: was the image renamed?")]
    Unlisted {
        /// The file.
        name: String,
        /// What the list has, at most five names.
        others: String,
    },
    /// Two lines say different things.
    #[error("the list has two different sums of {name}; get it again from its maker")]
    TwoSums {
        /// The file.
        name: String,
    },
}

/// What `list` says of the file `name`.
pub fn of(list: &str, name: &str) -> Result<Sum, Fault> {
    let sums = parse(list);
    let mut ours = sums.iter().filter(|sum| sum.name == name);
    let Some(first) = ours.next() else {
        let others: Vec<_> = sums.iter().take(5).map(|sum| sum.name.as_str()).collect();
        return Err(match others.is_empty() {
            true => Fault::Empty,
            false => Fault::Unlisted {
                name: name.to_owned(),
                others: others.join(", "),
            },
        });
    };
    match ours.all(|sum| sum.sha256 == first.sha256) {
        true => Ok(first.clone()),
        false => Err(Fault::TwoSums {
            name: name.to_owned(),
        }),
    }
}

fn parse(list: &str) -> Vec<Sum> {
    let mut sizes = Vec::new();
    let mut sums = Vec::new();
    for line in list.lines().map(str::trim) {
        sizes.extend(size(line));
        if let Some((name, sha256)) = bsd(line).or_else(|| gnu(line)) {
            let size = sizes.iter().find(|(sized, _)| *sized == name);
            sums.push(Sum {
                name: name.to_owned(),
                sha256,
                size: size.map(|(_, size)| *size),
            });
        }
    }
    sums
}

fn size(line: &str) -> Option<(&str, u64)> {
    let (name, size) = line
        .strip_prefix("# ")?
        .strip_suffix(" bytes")?
        .rsplit_once(": ")?;
    Some((name, size.parse().ok()?))
}

fn bsd(line: &str) -> Option<(&str, Sha256)> {
    let (name, digest) = line.strip_prefix("SHA256 (")?.rsplit_once(") = ")?;
    Some((name, digest.parse().ok()?))
}

fn gnu(line: &str) -> Option<(&str, Sha256)> {
    let (digest, name) = line.split_once(' ')?;
    let name = name.strip_prefix([' ', '*'])?;
    Some((name, digest.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "a3b1c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091";
    const B: &str = "00b1c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091";

    #[test]
    fn both_forms_are_read_and_sizes_belong_to_names() {
        let rocky = format!(
            "# Rocky-9.8-x86_64-boot.iso: 1480048640 bytes\nSHA256 (Rocky-9.8-x86_64-boot.iso) = {A}\n\
             # Rocky-9.8-x86_64-dvd.iso: 15194259456 bytes\nSHA256 (Rocky-9.8-x86_64-dvd.iso) = {B}\n"
        );
        let sum = of(&rocky, "Rocky-9.8-x86_64-dvd.iso").unwrap();
        assert_eq!(
            (sum.size, sum.sha256.to_string().as_str()),
            (Some(15_194_259_456), B)
        );
        for line in [
            format!("{A}  x.iso"),
            format!("{A} *x.iso\r"),
            format!("SHA256 (x.iso) = {A}"),
        ] {
            let sum = of(&line, "x.iso").unwrap();
            assert_eq!(
                (sum.size, sum.sha256.to_string().as_str()),
                (None, A),
                "{line}"
            );
        }
    }

    #[test]
    fn what_a_list_does_not_say_is_told() {
        let list = format!("SHA256 (a.iso) = {A}\nSHA256 (a.iso) = {B}\nSHA512 (b.iso) = {A}{A}\n");
        let said = |name: &str, list: &str| of(list, name).unwrap_err();
        assert_eq!(said("x.iso", "MD5 (x.iso) = 00"), Fault::Empty);
        assert_eq!(
            said("a.iso", &list),
            Fault::TwoSums {
                name: "a.iso".to_owned()
            }
        );
        assert!(
            said("b.iso", &list)
                .to_string()
                .contains("it has a.iso, a.iso")
        );
    }
}
