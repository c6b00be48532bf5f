//! Faults of values as sentences.

use super::{Words, meant};
use crate::config::problem::Value;

pub(super) fn words(problem: &Value) -> Words {
    match problem {
        Value::Bad { what, text } => (
            format!("`{}` is not {}", text.escape_debug(), what.noun()),
            format!("write {}", what.rule()),
        ),
        Value::OutOfRange {
            what,
            text,
            min,
            max,
        } => (
            format!("{text} is out of range for {}", what.noun()),
            format!("write {min} to {max}"),
        ),
        Value::Unknown {
            what,
            text,
            near,
            known,
        } => (
            format!("`{}` is not {}", text.escape_debug(), what.noun()),
            meant(near.as_deref(), known),
        ),
        Value::Twice { what, text, also } => (
            format!(
                "`{text}` is given to two as {} (also at line {also})",
                what.noun()
            ),
            "only one can have it: correct one of the two lines".to_owned(),
        ),
        Value::Placeholder { what, text } => (
            format!("`{text}` is what vendors write who know no {}", what.code()),
            "leave the line out; the node is told by its other marks".to_owned(),
        ),
        Value::LongHostName { name, length } => (
            format!("the host name `{name}` has {length} characters; Linux takes 64"),
            "shorten the node's name or the domain of [site]".to_owned(),
        ),
        Value::OurArgument { argument } => (
            format!("`{argument}` is an argument that the appliance writes itself"),
            "take it out".to_owned(),
        ),
    }
}
