//! A table of the file while it is read: it knows its name for people, and which keys were asked for. What nobody asked
//! for is an unknown key; it is reported when the section goes out of scope, so that no reader can forget to.

use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Form, Shape, Value};
use super::report::Report;
use super::what::What;
use crate::id::Name;

/// A value as written, with its place.
pub(super) type Written<'r> = &'r Spanned<DeValue<'r>>;

/// The name of the outermost table.
const ROOT: &str = "the file";

pub(super) struct Section<'r> {
    /// For people, for example `[network.storage]`.
    pub(super) name: String,
    /// The byte where it begins.
    pub(super) at: usize,
    pub(super) report: &'r Report<'r>,
    table: &'r DeTable<'r>,
    known: Vec<&'static str>,
    /// Its keys are names that the operator chose, or nobody will read it: no key is unknown.
    names: bool,
}

impl<'r> Section<'r> {
    pub(super) fn root(report: &'r Report<'r>, table: &'r DeTable<'r>) -> Self {
        Self {
            name: ROOT.to_owned(),
            at: 0,
            report,
            table,
            known: Vec::new(),
            names: false,
        }
    }

    fn child(&self, name: String, at: usize, table: &'r DeTable<'r>) -> Self {
        Self {
            name,
            at,
            report: self.report,
            table,
            known: Vec::new(),
            names: false,
        }
    }

    /// The value of `key`, if it is there.
    pub(super) fn value(&mut self, key: &'static str) -> Option<Written<'r>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.table.get(key)
    }

    /// Nobody can say which keys should be here: none is unknown.
    pub(super) fn anything(&mut self) {
        self.names = true;
    }

    /// Whether `key` is there, be it right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Reports each of `keys` that is not there.
    pub(super) fn require(&self, keys: &[&'static str]) {
        for key in keys.iter().filter(|key| !self.table.contains_key(**key)) {
            let table = self.name.clone();
            self.report.add(self.at, Form::MissingKey { key, table });
        }
    }

    /// The table under `key`, if it is there and a table.
    pub(super) fn section(&mut self, key: &'static str) -> Option<Section<'r>> {
        let value = self.value(key)?;
        let name = match self.name.as_str() {
            ROOT => format!("[{key}]"),
            parent => format!("`{key}` of {parent}"),
        };
        self.as_section(key, name, value)
    }

    /// The tables in the array under `key`.
    pub(super) fn sections(&mut self, key: &'static str) -> Vec<Section<'r>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, Shape::Array, value);
            return Vec::new();
        };
        let name = match self.name.as_str() {
            ROOT => format!("[[{key}]]"),
            parent => format!("an entry of `{key}` of {parent}"),
        };
        let items = items.iter();
        items
            .filter_map(|item| self.as_section(key, name.clone(), item))
            .collect()
    }

    /// The tables `[key.NAME]` in the order of the file, each with its name.
    pub(super) fn named<K>(&mut self, key: &'static str) -> Vec<(Spanned<Name<K>>, Section<'r>)> {
        let Some(mut outer) = self.section(key) else {
            return Vec::new();
        };
        outer.names = true;
        let mut found = Vec::new();
        for (name, value) in outer.table {
            let title = format!("[{key}.{}]", name.get_ref().escape_debug());
            let Some(mut section) = outer.as_section(name.get_ref(), title, value) else {
                continue;
            };
            if let Ok(parsed) = name.get_ref().parse() {
                found.push((Spanned::new(name.span(), parsed), section));
            } else {
                section.names = true;
                outer.bad(What::Name, name.span().start, name.get_ref());
            }
        }
        found.sort_by_key(|(name, _)| name.span().start);
        found
    }

    /// The entries `NAME = value` of the table under `key` in the order of the file.
    pub(super) fn entries<K>(&mut self, key: &'static str) -> Vec<(Spanned<Name<K>>, Written<'r>)> {
        let Some(mut inner) = self.section(key) else {
            return Vec::new();
        };
        inner.names = true;
        let mut found = Vec::new();
        for (name, value) in inner.table {
            match name.get_ref().parse() {
                Ok(parsed) => found.push((Spanned::new(name.span(), parsed), value)),
                Err(_) => inner.bad(What::Name, name.span().start, name.get_ref()),
            }
        }
        found.sort_by_key(|(name, _)| name.span().start);
        found
    }

    fn as_section(&self, key: &str, name: String, value: Written<'r>) -> Option<Section<'r>> {
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, Shape::Table, value);
            return None;
        };
        Some(self.child(name, value.span().start, table))
    }

    pub(super) fn wrong_type(&self, key: &str, want: Shape, value: Written<'r>) {
        let (key, found) = (key.to_owned(), shape(value.get_ref()));
        self.report
            .add(value.span().start, Form::WrongType { key, want, found });
    }

    pub(super) fn bad(&self, what: What, at: usize, text: &str) {
        let text = text.to_owned();
        self.report.add(at, Value::Bad { what, text });
    }
}

impl Drop for Section<'_> {
    fn drop(&mut self) {
        for key in self.table.keys() {
            if self.names || self.known.contains(&key.get_ref().as_ref()) {
                continue;
            }
            let problem = Form::UnknownKey {
                key: key.get_ref().to_string(),
                table: self.name.clone(),
                near: nearest(key.get_ref(), self.known.iter().copied()),
                known: self.known.join(", "),
            };
            self.report.add(key.span().start, problem);
        }
    }
}

fn shape(value: &DeValue<'_>) -> Shape {
    match value {
        DeValue::String(_) => Shape::String,
        DeValue::Integer(_) => Shape::Integer,
        DeValue::Float(_) => Shape::Float,
        DeValue::Boolean(_) => Shape::Boolean,
        DeValue::Datetime(_) => Shape::Datetime,
        DeValue::Array(_) => Shape::Array,
        DeValue::Table(_) => Shape::Table,
    }
}

/// How alike two names must be, from 0 to 1, for one to be offered in place of the other. With 0.6 one slip in three
/// letters is still recognised, and `port` is not offered for `root`.
const ALIKE: f64 = 0.6;

/// The one of `known` that was probably meant by `text`.
pub(super) fn nearest<'k>(text: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    let likeness = |name: &str| strsim::normalized_damerau_levenshtein(text, name);
    known
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        // Of two that are as near, the first: a `subnets` is a `subnet` rather than a `subnet6`.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, name)| name.to_owned())
}
