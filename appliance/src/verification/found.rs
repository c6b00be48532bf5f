//! What a look into an installed system found.

use std::collections::BTreeMap;

/// What a system said of itself: `KEY=VALUE` lines, a key as often as there are things of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found(BTreeMap<String, Vec<String>>);

impl Found {
    /// Reads the lines that the look printed.
    pub fn parse(text: &str) -> Self {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
            found
                .entry(key.to_owned())
                .or_default()
                .push(value.trim().to_owned());
        }
        Self(found)
    }

    /// The first value of a key; empty if there is none.
    pub(super) fn one(&self, key: &str) -> &str {
        self.all(key).first().map_or("", String::as_str)
    }

    /// All values of a key.
    pub(super) fn all(&self, key: &str) -> &[String] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    /// What stands behind `name` in the values of a key whose first word is a name.
    pub(super) fn of<'a>(&'a self, key: &str, name: &str) -> Option<&'a str> {
        self.all(key).iter().find_map(|value| {
            let (first, rest) = value.split_once(' ').unwrap_or((value, ""));
            (first == name).then_some(rest)
        })
    }
}

#[cfg(test)]
impl Found {
    /// All of it, for breaking on purpose.
    pub(super) fn values(&mut self) -> &mut BTreeMap<String, Vec<String>> {
        &mut self.0
    }
}
