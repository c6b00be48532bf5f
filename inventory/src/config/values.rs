//! Reading single values out of a [`Section`]: each is given with its place, or reported and left out.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use jiff::civil::Date;
use serde_spanned::Spanned;
use toml::de::DeValue;

use super::problem::{Shape, Value};
use super::section::{Section, Written, nearest};
use super::what::What;
use crate::id::Name;

impl<'r> Section<'r> {
    /// The text under `key` as `parse` reads it.
    pub(super) fn parse<T>(
        &mut self,
        key: &'static str,
        what: What,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Spanned<T>> {
        let value = self.value(key)?;
        let text = self.text(key, value)?;
        let parsed = parse(text.get_ref());
        if parsed.is_none() {
            self.bad(what, text.span().start, text.get_ref());
        }
        Some(Spanned::new(text.span(), parsed?))
    }

    /// The text under `key` as a `T`.
    pub(super) fn word<T: FromStr>(&mut self, key: &'static str, what: What) -> Option<Spanned<T>> {
        self.parse(key, what, |text| text.parse().ok())
    }

    /// The texts of the array under `key`, those that are a `T`.
    pub(super) fn words<T: FromStr>(&mut self, key: &'static str, what: What) -> Vec<Spanned<T>> {
        let mut words = Vec::new();
        for text in self.texts(key) {
            match text.get_ref().parse() {
                Ok(word) => words.push(Spanned::new(text.span(), word)),
                Err(_) => self.bad(what, text.span().start, text.get_ref()),
            }
        }
        words
    }

    /// The texts of the table under `key`, by the names that the operator chose, those that are a `T`.
    pub(super) fn by_name<K, T: FromStr>(
        &mut self,
        key: &'static str,
        what: What,
    ) -> Vec<(Spanned<Name<K>>, Spanned<T>)> {
        let mut found = Vec::new();
        for (name, value) in self.entries(key) {
            let Some(text) = self.text(key, value) else {
                continue;
            };
            match text.get_ref().parse() {
                Ok(word) => found.push((name, Spanned::new(text.span(), word))),
                Err(_) => self.bad(what, text.span().start, text.get_ref()),
            }
        }
        found
    }

    /// The choices that the array under `key` names.
    pub(super) fn choices<T: Copy>(
        &mut self,
        key: &'static str,
        what: What,
        choices: &[(&str, T)],
    ) -> Vec<Spanned<T>> {
        let texts = self.texts(key).into_iter();
        texts
            .filter_map(|text| self.chosen(what, &text, choices))
            .collect()
    }

    /// The one of `choices` whose name stands under `key`.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        what: What,
        choices: &[(&str, T)],
    ) -> Option<Spanned<T>> {
        let value = self.value(key)?;
        let text = self.text(key, value)?;
        self.chosen(what, &text, choices)
    }

    fn chosen<T: Copy>(
        &self,
        what: What,
        text: &Spanned<&str>,
        choices: &[(&str, T)],
    ) -> Option<Spanned<T>> {
        let chosen = choices.iter().find(|(name, _)| name == text.get_ref());
        let Some((_, choice)) = chosen else {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            let problem = Value::Unknown {
                what,
                text: text.get_ref().to_string(),
                near: nearest(text.get_ref(), names.iter().copied()),
                known: names.join(", "),
            };
            self.report.add(text.span().start, problem);
            return None;
        };
        Some(Spanned::new(text.span(), *choice))
    }

    /// The whole number under `key`.
    pub(super) fn integer(&mut self, key: &'static str, what: What) -> Option<Spanned<u32>> {
        let value = self.value(key)?;
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(key, Shape::Integer, value);
            return None;
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok();
        if number.is_none() {
            self.bad(what, value.span().start, integer.as_str());
        }
        Some(Spanned::new(value.span(), number?))
    }

    /// Whether `true` stands under `key`.
    pub(super) fn flag(&mut self, key: &'static str) -> Option<Spanned<bool>> {
        let value = self.value(key)?;
        let Some(flag) = value.get_ref().as_bool() else {
            self.wrong_type(key, Shape::Boolean, value);
            return None;
        };
        Some(Spanned::new(value.span(), flag))
    }

    /// Reports a number outside `range`.
    pub(super) fn in_range(&self, what: What, number: &Spanned<u32>, range: RangeInclusive<u32>) {
        if range.contains(number.get_ref()) {
            return;
        }
        let problem = Value::OutOfRange {
            what,
            text: number.get_ref().to_string(),
            min: *range.start(),
            max: *range.end(),
        };
        self.report.add(number.span().start, problem);
    }

    /// An address with a port; `usual` where none is written.
    pub(super) fn service(&mut self, key: &'static str, usual: u16) -> Option<Spanned<SocketAddr>> {
        self.parse(key, What::Service, |text| {
            let bare = text.parse::<IpAddr>().ok();
            bare.map(|address| SocketAddr::new(address, usual))
                .or_else(|| text.parse().ok())
                .filter(|service| service.port() != 0 && !service.ip().is_unspecified())
        })
    }

    /// An absolute path.
    pub(super) fn folder(&mut self, key: &'static str) -> Option<Spanned<PathBuf>> {
        self.parse(key, What::Folder, |text| {
            let inside = !text.split('/').any(|part| part == "..");
            let plain = text.starts_with('/') && inside && !text.chars().any(char::is_control);
            plain.then(|| PathBuf::from(text))
        })
    }

    /// A day, as TOML writes one or in quotes.
    pub(super) fn date(&mut self, key: &'static str) -> Option<Spanned<Date>> {
        let value = self.value(key)?;
        let text = match value.get_ref() {
            DeValue::Datetime(day) => day.to_string(),
            _ => (*self.text(key, value)?.get_ref()).to_owned(),
        };
        match text.parse() {
            Ok(day) if text.len() == "2032-05-31".len() => Some(Spanned::new(value.span(), day)),
            Ok(_) | Err(_) => {
                self.bad(What::Day, value.span().start, &text);
                None
            }
        }
    }

    /// The texts of the array under `key`.
    fn texts(&mut self, key: &'static str) -> Vec<Spanned<&'r str>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, Shape::Array, value);
            return Vec::new();
        };
        let items = items.iter();
        items.filter_map(|item| self.text(key, item)).collect()
    }

    /// The text of `value`.
    fn text(&self, key: &str, value: Written<'r>) -> Option<Spanned<&'r str>> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, Shape::String, value);
            return None;
        };
        Some(Spanned::new(value.span(), text))
    }
}
