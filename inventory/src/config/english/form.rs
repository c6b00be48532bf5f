//! Faults of form as sentences.

use super::meant;
use crate::config::problem::{Form, Shape};

pub(super) fn wrong(problem: &Form) -> String {
    match problem {
        Form::Syntax { detail } => format!("this is not TOML: {detail}"),
        Form::Version { found } => {
            format!("this program does not know rack files of format {found}")
        }
        Form::UnknownKey { key, table, .. } => {
            format!("`{}` means nothing in {table}", key.escape_debug())
        }
        Form::MissingKey { key, table } => format!("{table} has no `{key}`"),
        Form::OneOf {
            keys: [one, other],
            table,
        } => {
            format!("{table} needs exactly one of `{one}` and `{other}`")
        }
        Form::WrongType { key, found, .. } => {
            format!("`{}` is {}", key.escape_debug(), shape(*found))
        }
    }
}

pub(super) fn mend(problem: &Form) -> String {
    match problem {
        Form::Syntax { .. } => {
            "write KEY = VALUE, text in quotes, and each [header] once".to_owned()
        }
        Form::Version { .. } => "write version = 1".to_owned(),
        Form::UnknownKey { near, known, .. } => meant(near.as_deref(), known),
        Form::MissingKey { key, .. } => {
            format!("add `{key}`; docs/rack-file.md says what it means")
        }
        Form::OneOf {
            keys: [one, other], ..
        } => {
            format!("write `{one}` or `{other}`; docs/rack-file.md says what each means")
        }
        Form::WrongType { want, .. } => format!("write {}", wanted(*want)),
    }
}

fn shape(shape: Shape) -> &'static str {
    match shape {
        Shape::String => "text",
        Shape::Integer => "a whole number",
        Shape::Float => "a number with a point",
        Shape::Boolean => "true or false",
        Shape::Datetime => "a date or time",
        Shape::Array => "a list",
        Shape::Table => "a table",
        Shape::Size => "a size",
    }
}

fn wanted(shape: Shape) -> &'static str {
    match shape {
        Shape::String => "text in quotes",
        Shape::Integer => "a whole number, without quotes or point",
        Shape::Float => "a number with a point",
        Shape::Boolean => "true or false, without quotes",
        Shape::Datetime => "a date or time",
        Shape::Array => "a list, as [a, b]",
        Shape::Table => "a table: a [header] with lines below it, or { key = value }",
        Shape::Size => "whole MiB, or text as \"20 GiB\"",
    }
}
